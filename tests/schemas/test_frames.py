"""Frames: several events as one record."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from schemas.base import Event
from schemas.clock import Tick
from schemas.frames import decode_frame, encode_frame, salvage_frame
from schemas.market import BookDelta, Trade

AT: dict[str, Any] = {"venue": "v", "instrument": "BTC-USDT-PERP", "ts_event_ns": 1, "ts_recv_ns": 2}
LEVELS = msgspec.Raw(b'[["1.50","2"],[3,"0.000"]]')
EVENTS: list[Event] = [
    Trade(**AT, price=1.5, qty=2.0, notional_usd=None, taker="sell", trade_id=7),
    BookDelta(**AT, bids=LEVELS, asks=LEVELS, last_id=3),
    Tick(**AT),
]


def test_a_frame_keeps_its_events_and_their_order() -> None:
    """A distributed run would see another stream than an embedded one."""
    assert decode_frame(encode_frame(EVENTS)) == EVENTS


def test_levels_stay_as_the_venue_wrote_them() -> None:
    """A price that is parsed and printed again is another price, and costs more than all the rest."""
    assert bytes(LEVELS) in encode_frame(EVENTS)
    delta = decode_frame(encode_frame(EVENTS))[1]
    assert isinstance(delta, BookDelta)
    assert bytes(delta.bids) == bytes(LEVELS)


def test_a_frame_without_events_is_a_frame() -> None:
    """A writer that flushes nothing would poison the log."""
    assert decode_frame(encode_frame([])) == []


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'[{"kind":"lunch"}]', b'[{"kind":"trade"}]', b"\xff", b"null"])
def test_what_is_no_frame_raises_one_kind_of_error(data: bytes) -> None:
    """A reader that catches the documented error would die of another, and start again at the same record."""
    with pytest.raises(msgspec.DecodeError):
        decode_frame(data)


def test_the_readable_events_of_a_damaged_frame_are_saved() -> None:
    """One event that a newer writer invented would cost 255 others, liquidations among them."""
    good = encode_frame(EVENTS)
    damaged = good[:-1] + b',{"kind":"lunch"},{"kind":"trade"}]'
    events, faults = salvage_frame(damaged)
    assert events == EVENTS
    assert [fault.split(":")[0] for fault in faults] == ["event 3", "event 4"]


@pytest.mark.parametrize("data", [b"", b"[", b"{}", b"\xff\xfe", b'[{"kind":"trade"', b"[1"])
def test_bytes_that_are_no_array_are_one_fault(data: bytes) -> None:
    """A record of garbage would stop its partition."""
    events, faults = salvage_frame(data)
    assert events == []
    assert len(faults) == 1
    assert faults[0].startswith("not an array of events: ")


@pytest.mark.parametrize("item", [b"1", b"null", b'"text"', b"[]", b'{"kind":"trade","venue":"\xff"}'])
def test_an_item_that_is_no_event_is_one_fault(item: bytes) -> None:
    """As above, for what only looks like a frame."""
    events, faults = salvage_frame(b"[" + item + b"]")
    assert events == []
    assert len(faults) == 1
