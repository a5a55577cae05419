"""The waiting room: one order for every delivery, late events counted and used, time from events and from ticks."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from typing import Any

import msgspec

from detector.ordering import RANK, Reorder
from schemas.base import Event
from schemas.clock import Tick
from schemas.codec import EVENTS
from schemas.health import Gap, VenueStatus
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, DerivativeState, Trade

MS = 1_000_000
T0 = 1_760_000_000_000 * MS
LEVELS = msgspec.Raw(b"[]")


def header(ms: int, *, venue: str = "north", instrument: str = "BTC-USDT-PERP", recv_ms: int = 50) -> dict[str, Any]:
    """Where and when; received 50 ms later unless told."""
    ts_ns = T0 + ms * MS
    return {"venue": venue, "instrument": instrument, "ts_event_ns": ts_ns, "ts_recv_ns": ts_ns + recv_ms * MS}


def trade(ms: int, trade_id: int | str | None = None, **where: Any) -> Trade:
    """A trade at a millisecond."""
    return Trade(**header(ms, **where), price=1.0, qty=1.0, notional_usd=1.0, taker="buy", trade_id=trade_id)


def definition(ms: int) -> Instrument:
    """The definition of the market."""
    names: dict[str, Any] = {"symbol": "BTCUSDT", "base": "BTC", "quote": "USDT"}
    return Instrument(**header(ms), **names, market="perp", contract="linear", contract_value=1.0)


def room() -> Reorder:
    """A waiting room with the usual lateness of half a second."""
    return Reorder(500 * MS, 2_000 * MS)


def out(reorder: Reorder, *events: Event) -> list[tuple[int, Event]]:
    """What leaves, with its time in milliseconds."""
    return in_ms(one for event in events for one in reorder.take(event))


def in_ms(found: Iterable[tuple[int, Event]]) -> list[tuple[int, Event]]:
    """Times in milliseconds."""
    return [((ts_ns - T0) // MS, event) for ts_ns, event in found]


def test_every_kind_of_event_has_its_rank() -> None:
    """A new kind would end the stream with a KeyError."""
    assert set(RANK) == set(EVENTS) - {Instrument, Tick}
    assert len(set(RANK.values())) == len(RANK)


def test_an_event_waits_until_nothing_can_precede_it() -> None:
    """Bars would be closed before their last trade is known."""
    reorder = room()
    first, second = trade(0), trade(500)
    assert out(reorder, first) == []
    assert out(reorder, second) == []
    assert out(reorder, trade(501)) == [(0, first)]


def test_events_within_the_lateness_leave_in_the_order_of_their_times() -> None:
    """Two collectors would see two histories."""
    events = [trade(0), trade(100, venue="south"), trade(300), trade(499)]
    for order in permutations(events):
        reorder = room()
        assert [event for _, event in out(reorder, *order, trade(2_000))] == events
        assert reorder.late == 0


def test_equal_times_have_one_order_too() -> None:
    """A snapshot could be applied after its deltas, or a gap after the snapshot that ends it."""
    gap = Gap(**header(0), channel="book", since_ns=T0, reason="hole")
    snapshot = BookSnapshot(**header(0), bids=LEVELS, asks=LEVELS, last_id=9)
    deltas = [BookDelta(**header(0), bids=LEVELS, asks=LEVELS, last_id=last) for last in (9, 10)]
    marks = [DerivativeState(**header(0), mark=price) for price in (1.0, 2.0)]
    trades = [trade(0, 99), trade(0, 100)]
    right = [gap, snapshot, *deltas, *trades, *marks, trade(0, 1, venue="south")]
    for shift in range(len(right)):
        mixed = [*right[shift:], *right[:shift]][::-1]
        assert [event for _, event in out(room(), *mixed, trade(2_000))] == right


def test_a_definition_precedes_what_waits_and_moves_no_time() -> None:
    """The first trades of a market would be thrown away, or a list fetched late would make everything late."""
    reorder = room()
    early = trade(0)
    assert out(reorder, early) == []
    assert [event for _, event in out(reorder, definition(90_000))] == [definition(90_000)]
    assert reorder.newest_ns == early.ts_event_ns
    assert out(reorder, trade(501)) == [(0, early)]


def test_a_late_event_leaves_at_once_at_the_time_that_was_reached() -> None:
    """Late data is the normal case when it matters: dropping it would blind the detector in the crash."""
    reorder = room()
    late = trade(400)
    assert out(reorder, trade(1_000), late) == [(500, late)]
    assert reorder.late == 1


def test_asking_for_what_is_due_changes_nothing() -> None:
    """What counts as late would depend on how often a process looks."""
    times = [0, 700, 100, 650, 1_500, 900, 1_001, 20, 1_600, 1_099, 3_000, 2_499, 2_500]
    events = [trade(ms, number) for number, ms in enumerate(times)]
    calm, curious = room(), room()
    expected = out(calm, *events)
    found: list[tuple[int, Event]] = []
    for event in events:
        found += out(curious, event)
        assert list(curious.release()) == []
    assert found == expected
    assert curious.dump() == calm.dump()
    assert calm.late == 5


def test_an_event_without_a_time_of_its_own_cannot_be_late() -> None:
    """A venue that stamps nothing would be called late whenever another one is ahead of us."""
    reorder = room()
    stampless = trade(100, recv_ms=0)
    assert out(reorder, trade(1_000), stampless) == [(500, stampless)]
    assert reorder.late == 0


def test_what_our_own_clock_says_moves_no_time() -> None:
    """A gap stamped by a clock that runs ahead would make a venue's own events late, or wait for ever."""
    reorder = room()
    first = trade(0)
    status = VenueStatus(**header(60_000), state="up", session="public-0")
    gap = Gap(**header(70_000), channel="all", since_ns=T0, reason="closed")
    assert out(reorder, first, status, gap) == []
    assert reorder.newest_ns == first.ts_event_ns
    assert out(reorder, trade(1_001)) == [(0, first), (500, status), (500, gap)]


def test_a_clock_far_ahead_counts_at_its_receipt() -> None:
    """One venue with a wrong clock would make everybody else's events late."""
    reorder = room()
    assert out(reorder, trade(0), trade(60_000, recv_ms=-60_000), trade(200)) == []
    assert (reorder.newest_ns, reorder.late) == (T0 + 200 * MS, 0)
    out(reorder, trade(1_270, recv_ms=-1_270))
    assert reorder.newest_ns == T0 + 1_270 * MS


def test_before_the_first_tick_any_time_is_believed() -> None:
    """A worker that starts in the middle of the log would throw its first events away."""
    reorder = room()
    first, leap = trade(0), trade(3_600_000)
    assert out(reorder, first, leap) == [(0, first)]
    assert reorder.ahead == 0


def test_what_the_clock_of_the_stream_has_not_come_near_is_dropped_and_counted() -> None:
    """An event of the next second would be counted in this one, by an hour where its stamp is wrong."""
    reorder = room()
    reorder.tick(T0 + 500 * MS)
    assert out(reorder, trade(1_500), trade(3_600_000)) == []
    assert (reorder.ahead, reorder.newest_ns) == (2, T0 + 500 * MS)
    last = trade(1_499)
    assert out(reorder, last) == []
    reorder.tick(T0 + 1_500 * MS)
    assert in_ms(reorder.until(T0 + 1_000 * MS)) == []
    assert in_ms(reorder.until(T0 + 1_500 * MS)) == [(1_499, last)]
    assert reorder.ahead == 2


def test_the_ticks_of_a_clock_release_what_waits() -> None:
    """The last trades before a silence would never be seen."""
    reorder = room()
    waiting = trade(0)
    out(reorder, waiting)
    reorder.tick(T0 + 500 * MS)
    assert in_ms(reorder.release()) == []
    reorder.tick(T0 + 1_500 * MS)
    reorder.tick(T0 + 500 * MS)
    assert in_ms(reorder.release()) == [(0, waiting)]
    assert reorder.newest_ns == T0 + 1_500 * MS


def test_a_second_takes_what_happened_before_its_end() -> None:
    """A trade would be counted in the second after its own."""
    reorder = room()
    first, second = trade(999), trade(1_000)
    assert out(reorder, second, first) == []
    assert in_ms(reorder.until(T0 + 1_000 * MS)) == [(999, first)]
    assert in_ms(reorder.until(T0 + 500 * MS)) == []
    assert in_ms(reorder.until(T0 + 1_001 * MS)) == [(1_000, second)]


def test_what_waits_survives_a_restart() -> None:
    """Half a second of events would be lost at every restart."""
    whole, first = room(), room()
    events = [trade(ms, ms) for ms in (0, 300, 800, 750, 100)]
    rest = [trade(ms, ms) for ms in (900, 1_400, 1_499, 2_000)]
    for reorder in (whole, first):
        reorder.tick(T0)
        out(reorder, *events)
    second = room()
    out(second, trade(5))
    second.load(first.dump())
    assert second.dump() == whole.dump()
    assert out(second, *rest) == out(whole, *rest)
    assert second.dump() == whole.dump()
