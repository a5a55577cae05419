"""`cascade venues` as a user sees it."""

from __future__ import annotations

import json

import pytest

from detector.commands.venues import show
from producers.errors import UsageError
from producers.venues.registry import VENUES


def test_the_table_names_every_venue_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A group and its member are not two rows."""
    show(["binance", "binance-usdm"], as_json=False, with_notes=False)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["venue", "binance-usdm", "binance-coinm", "binance-spot"]
    assert "1/s sampled" in lines[1]


def test_without_names_all_venues_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """The first thing that a newcomer asks."""
    show([], as_json=False, with_notes=True)
    out = capsys.readouterr().out
    assert all(venue_id in out for venue_id in VENUES)
    assert "hyperliquid liquidations: fills of watched addresses" in out


def test_json_lines_hold_the_declarations(capsys: pytest.CaptureFixture[str]) -> None:
    """A program reads rows and seconds, not words."""
    show(["hyperliquid"], as_json=True, with_notes=False)
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert line["channels"]["book"]["every_s"] == 5.0


def test_an_unknown_name_says_which_there_are() -> None:
    """A typing error should cost one look."""
    with pytest.raises(UsageError, match="binance-usdm"):
        show(["binanse"], as_json=False, with_notes=False)
