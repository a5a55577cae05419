"""What Gate's futures do not tell again, and what becomes of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from producers.errors import DecodeError
from producers.venues.gate import Gate
from producers.venues.gate_states import CALM_AFTER_NS, States, halt
from producers.venues.gate_v4 import Frame
from producers.venues.gate_wire import Listed
from schemas.base import Event
from schemas.health import VenueStatus
from schemas.market import AdlState

NOW = 1_789_456_335_000_000_000
BTC = Gate().infer_instrument("BTC_USDT", NOW)
assert BTC is not None
ROW = {"contract": "BTC_USDT", "settle": "usdt", "state": "warning", "update_time": NOW // 10**6}


def states() -> States:
    """Of one market."""
    assert BTC is not None
    return States("gate", {"BTC_USDT": BTC})


def frame(result: Any) -> Frame:
    """A frame of warnings."""
    return Frame(channel="futures.adl_warning", event="update", result=msgspec.Raw(msgspec.json.encode(result)))


def levels(told: list[Event]) -> list[str]:
    """What was said of ADL."""
    return [event.level for event in told if isinstance(event, AdlState)]


def test_a_warning_whose_end_was_missed_is_over_when_it_is_not_repeated() -> None:
    """The normal state is told once: whoever reconnects at that moment would warn for good."""
    of = states()
    assert levels(of.warnings(frame(ROW), NOW)) == ["elevated"]
    assert levels(of.warnings(frame([ROW | {"state": "adl_risk"}]), NOW + 10**9)) == ["imminent"]
    assert of.calmed(NOW + CALM_AFTER_NS) == []
    assert levels(of.calmed(NOW + 10**9 + CALM_AFTER_NS)) == ["normal"]
    assert of.calmed(NOW + 2 * CALM_AFTER_NS) == []


def test_a_warning_that_is_called_off_ends_once() -> None:
    """Told twice it would look like two."""
    of = states()
    of.warnings(frame(ROW), NOW)
    assert levels(of.warnings(frame(ROW | {"state": "normal"}), NOW)) == ["normal"]
    assert of.calmed(NOW + CALM_AFTER_NS) == []


@pytest.mark.parametrize("strange", [{"state": "adl_running"}, {"update_time": -5}, {"contract": "X_USDT", "state": 5}])
def test_a_strange_row_costs_no_other(strange: dict[str, Any]) -> None:
    """A new word for one market would hide the warnings of all."""
    of = states()
    assert levels(of.warnings(frame([ROW | strange, ROW]), NOW)) == ["elevated"]
    with pytest.raises(DecodeError):
        of.warnings(frame([ROW | strange]), NOW)


def test_a_contract_that_is_not_yet_complete_hides_no_halt() -> None:
    """New contracts are listed before their numbers are known."""
    of = states()
    rows = [{"name": "NEW_USDT", "quanto_multiplier": ""}, {"name": "BTC_USDT", "in_delisting": True}]
    (event,) = of.changed(msgspec.json.encode(rows), NOW)
    assert isinstance(event, VenueStatus)
    assert (event.instrument, event.state, event.reason) == ("BTC-USDT-PERP", "halted", "in delisting")
    with pytest.raises(DecodeError):
        of.changed(msgspec.json.encode(rows[:1]), NOW)


def test_a_contract_trades_unless_something_else_is_told() -> None:
    """The status was not told before 2023."""
    assert halt(Listed(name="A_USDT")) is None
    assert halt(Listed(name="A_USDT", status="prelaunch")) == "prelaunch"
    assert halt(Listed(name="A_USDT", in_delisting=True)) == "in delisting"
