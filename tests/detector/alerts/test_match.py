"""Which alerts are meant by a route or a silence."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from detector.alerts.match import EVERYTHING, Match, venues
from tests.kit.alerts import an_alert

BTC = {"scope": "BTC"}


@pytest.mark.parametrize(
    ("match", "alert", "meant"),
    [
        ({}, {}, True),
        ({"level": ("HIGH",)}, {"level": "HIGH"}, True),
        ({"level": ("HIGH",)}, {"level": "CRITICAL"}, False),
        ({"stage": ("S3", "S6")}, {"stages": ("S2", "S3")}, True),
        ({"stage": ("S6",)}, {"stages": ("S2", "S3")}, False),
        ({"asset": ("BTC",)}, BTC, True),
        ({"asset": ("1000*",)}, {"scope": "1000PEPE"}, True),
        ({"asset": ("BTC",)}, {}, False),
        ({"asset": ("BTC", "market")}, {}, True),
        ({"venue": ("binance-*",)}, BTC, True),
        ({"venue": ("okx",)}, BTC, False),
        ({"label": ("microstructure",)}, {}, True),
        ({"label": ("macro",)}, {}, False),
        ({"label": ("macro", "microstructure")}, BTC, False),
        ({"about": ("data",)}, {"scope": "okx", "stages": ("D",)}, True),
        ({"about": ("market", "asset")}, {"scope": "okx", "stages": ("D",)}, False),
        ({"level": ("HIGH",), "asset": ("ETH",)}, BTC, False),
    ],
)
def test_every_field_that_is_given_must_agree(match: dict[str, Any], alert: dict[str, Any], meant: bool) -> None:
    """A route would send what was not asked for, or keep what was."""
    assert Match(**match).matches(an_alert(**alert)) is meant


def test_a_venue_whose_data_are_in_doubt_is_the_venue_of_the_alert() -> None:
    """Whoever trades there alone would not hear that nobody sees it."""
    assert venues(an_alert(scope="okx", stages=("D",))) == {"okx"}


@pytest.mark.parametrize("asset", ["", "x" * 65])
def test_names_are_bounded(asset: str) -> None:
    """A pattern of any length costs any time."""
    with pytest.raises(ValueError, match="1 to 64 letters"):
        Match(asset=(asset,))


def test_what_is_written_is_read_again_and_unknown_keys_are_refused() -> None:
    """A typing error in a configuration would match everything."""
    match = Match(level=("HIGH",), asset=("BTC",))
    assert msgspec.json.decode(msgspec.json.encode(match), type=Match) == match
    with pytest.raises(msgspec.ValidationError, match="aset"):
        msgspec.convert({"aset": ["BTC"]}, Match)
    assert EVERYTHING.is_everything
    assert not match.is_everything
