from __future__ import annotations

import msgspec
import pytest

from schemas.base import EVERY_INSTRUMENT, Event
from schemas.codec import EVENTS
from schemas.market import BookTop


def test_an_event_cannot_be_changed_after_it_was_made() -> None:
    """One consumer could alter what the next one sees."""
    top = BookTop(
        venue="v", instrument="BTC-USDT-PERP", ts_event_ns=1, ts_recv_ns=2, bid=1.0, bid_qty=1.0, ask=None, ask_qty=None
    )
    with pytest.raises(AttributeError):
        top.bid = 2.0  # type: ignore[misc]


@pytest.mark.parametrize("event", EVENTS)
def test_every_kind_of_event_says_where_and_when(event: type[Event]) -> None:
    """An event without its venue or its two clocks could be neither routed nor ordered."""
    fields = {field.name: field.required for field in msgspec.structs.fields(event)}
    assert all(fields[name] for name in ("venue", "instrument", "ts_event_ns", "ts_recv_ns"))


def test_the_whole_venue_is_no_instrument_of_any_asset() -> None:
    """A venue's outage would be booked on one asset."""
    assert EVERY_INSTRUMENT == "*"
