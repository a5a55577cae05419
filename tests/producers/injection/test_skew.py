"""A venue whose clock is off."""

from __future__ import annotations

from pathlib import Path

import msgspec

from producers.tables.replay import TableReplay
from schemas.market import BookDelta, BookSnapshot, Trade
from tests.kit.binance_archive import BEGINS_MS, saved
from tests.producers.injection.scenes import MS, NORTH, SOUTH, S, quiet, struck, top, trade

QUIET = quiet(20)


def test_event_times_are_off_and_receive_times_are_not() -> None:
    """A wrong clock would look like a slow line."""
    out = struck("skew:north", QUIET)
    for before, after in zip(QUIET, out, strict=True):
        assert after.ts_recv_ns == before.ts_recv_ns
        off = 1_270 * MS if after.venue == NORTH and before.ts_event_ns != before.ts_recv_ns else 0
        assert after.ts_event_ns - before.ts_event_ns == off


def test_what_the_venue_did_not_date_has_no_wrong_date() -> None:
    """Our own clock would be blamed on the venue."""
    undated = msgspec.structs.replace(top(100), ts_recv_ns=top(100).ts_event_ns)
    assert struck("skew,by_s=-5", [undated]) == [undated]


def test_a_table_without_times_of_receipt_has_its_venues_times(tmp_path: Path) -> None:
    """The wrong clock would touch nothing, and a goal that asks for calm under it would prove nothing."""
    rows = [f"{n},100,1,{n},{n},{BEGINS_MS + 300 * n},true" for n in range(1, 20)]
    batches = list(TableReplay([saved(tmp_path, "um/BTCUSDT-aggTrades-2025-10-10.csv", rows)], batch_events=7))
    events = [event for batch in batches for event in batch if isinstance(event, Trade)]
    out = struck("skew", events)
    assert {after.ts_event_ns - before.ts_event_ns for before, after in zip(events, out, strict=True)} == {1_270 * MS}
    assert [event.ts_recv_ns for event in out] == [event.ts_recv_ns for event in events]


def test_a_clock_that_jumps_back_stops_the_books_time() -> None:
    """Changes would be sorted before those that they follow."""
    out = struck("skew@21:00:05+10:south,by_s=-5", QUIET)
    books = [e.ts_event_ns for e in out if isinstance(e, BookDelta | BookSnapshot) and e.venue == SOUTH]
    assert books == sorted(books)
    assert 50 <= max(books.count(ns) for ns in set(books)) <= 52
    trades = [event.ts_event_ns for event in out if isinstance(event, Trade) and event.venue == SOUTH]
    assert trades != sorted(trades)


def test_by_how_much_is_told_in_seconds_of_either_sign() -> None:
    """A clock behind would be one ahead."""
    (ahead,), (behind,) = (struck(f"skew,by_s={by_s}", [trade(100, 1)]) for by_s in (5, -5))
    assert (ahead.ts_event_ns - behind.ts_event_ns) == 10 * S * MS
