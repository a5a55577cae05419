"""What OKX tells only as it changes, and what becomes of it when nothing is told."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from producers.errors import DecodeError
from producers.venues.okx_states import CALM_AFTER_NS, States
from producers.venues.okx_wire import named
from schemas.base import Event
from schemas.health import VenueStatus
from schemas.market import AdlState

NOW = 1_789_669_900_000_000_000
SWAP = named("okx", "BTC-USDT-SWAP", NOW)
assert SWAP is not None
ROW = {"instType": "SWAP", "instFamily": "BTC-USDT", "state": "warning", "ts": str(NOW // 10**6)}


def states() -> States:
    """Of one market."""
    assert SWAP is not None
    return States({SWAP.symbol: SWAP}, {("SWAP", "BTC-USDT"): {SWAP.symbol: SWAP}})


def raw(*rows: dict[str, Any]) -> msgspec.Raw:
    """Rows as they come."""
    return msgspec.Raw(msgspec.json.encode(rows))


def levels(told: list[Event]) -> list[str]:
    """What was said of ADL."""
    return [event.level for event in told if isinstance(event, AdlState)]


def test_warnings_hold_while_they_are_repeated() -> None:
    """A second without one is a delay, five are the end."""
    of = states()
    for second in range(0, 12, 4):
        assert levels(of.warnings(raw(ROW), NOW + second * 10**9)) == ["elevated"]
        assert of.calmed(NOW + second * 10**9 + CALM_AFTER_NS - 1) == []
    assert levels(of.calmed(NOW + 8 * 10**9 + CALM_AFTER_NS)) == ["normal"]


def test_a_warning_that_is_called_off_ends_once() -> None:
    """The normal state was told until 2026-06-09."""
    of = states()
    of.warnings(raw(ROW), NOW)
    assert levels(of.warnings(raw(ROW | {"state": "normal"}), NOW + 1)) == ["normal"]
    assert of.calmed(NOW + 2 * CALM_AFTER_NS) == []


def test_families_that_nobody_follows_are_not_remembered() -> None:
    """What is not known cannot be called normal, and must not be kept."""
    of = states()
    assert of.warnings(raw(ROW | {"instFamily": "ETH-USDT"}), NOW) == []
    assert of.calmed(NOW + CALM_AFTER_NS) == []


def test_a_state_that_nobody_documented_costs_no_other_row() -> None:
    """A new word for one family would hide the warnings of all."""
    of, strange = states(), ROW | {"state": "pre_warning"}
    assert levels(of.warnings(raw(strange, ROW | {"state": "adl", "bal": "-100"}), NOW)) == ["active"]
    with pytest.raises(DecodeError):
        of.warnings(raw(strange), NOW)


def test_only_changes_of_a_state_are_told() -> None:
    """The list is asked for every minute, and would bury everything else."""
    of, told = states(), list[Event]()
    for state in ("live", "suspend", "suspend", "post_only", "live", "live"):
        rows = ({"instId": "BTC-USDT-SWAP", "state": state}, {"instId": "NEW-USDT-SWAP"})
        told += of.changed([msgspec.Raw(msgspec.json.encode(row)) for row in rows], NOW)
    assert [(event.state, event.reason) for event in told if isinstance(event, VenueStatus)] == [
        ("halted", "suspend"),
        ("halted", "post_only"),
        ("up", "live"),
    ]
