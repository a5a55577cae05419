"""The waiting room: one order for every delivery, late events counted and used, batches without effect."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import msgspec

from detector.ordering import RANK, Reorder
from schemas.base import Event
from schemas.codec import EVENTS
from schemas.health import Gap
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
    return [((ts_ns - T0) // MS, event) for ts_ns, event in reorder.take(events)]


def test_every_kind_of_event_has_its_rank() -> None:
    """A new kind would end the stream with a KeyError."""
    assert set(RANK) == set(EVENTS) - {Instrument}
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


def test_what_precedes_a_definition_does_not_depend_on_batches() -> None:
    """An undefined market's trades would be used or not, as the batches fall."""
    events = [trade(0), trade(1_000), definition(1_000), trade(1_100), trade(2_000)]
    single, batch = room(), room()
    assert out(batch, *events) == [one for event in events for one in out(single, event)]


def test_a_late_event_leaves_at_once_at_the_time_that_was_reached() -> None:
    """Late data is the normal case when it matters: dropping it would blind the detector in the crash."""
    reorder = room()
    late = trade(400)
    assert out(reorder, trade(1_000), late) == [(500, late)]
    assert reorder.late == 1


def test_batches_change_nothing() -> None:
    """What counts as late would depend on how busy the machine was."""
    times = [0, 700, 100, 650, 1_500, 900, 1_001, 20, 1_600, 1_099, 3_000, 2_499, 2_500]
    events = [trade(ms, number) for number, ms in enumerate(times)]
    single = room()
    expected = [one for event in events for one in out(single, event)]
    for size in (2, 3, 5, len(events)):
        reorder = room()
        batches = [events[at : at + size] for at in range(0, len(events), size)]
        assert [one for batch in batches for one in out(reorder, *batch)] == expected
        assert (reorder.late, reorder.dump()) == (single.late, single.dump())
    assert single.late == 5


def test_a_clock_far_ahead_counts_at_its_receipt() -> None:
    """One venue with a wrong clock would make everybody else's events late."""
    reorder = room()
    ahead = trade(60_000, recv_ms=-60_000)
    assert out(reorder, trade(0), ahead, trade(200)) == []
    assert (reorder.clamped, reorder.late) == (1, 0)
    assert reorder.newest_ns == T0 + 200 * MS
    behind = trade(1_270, recv_ms=-1_270)
    out(reorder, behind)
    assert reorder.clamped == 1


def test_a_leap_in_time_is_believed_when_five_events_agree() -> None:
    """One wrong stamp would make everything that follows late; or a real gap would never end."""
    reorder = room()
    out(reorder, trade(0))
    after = [trade(3_600_000 + n, n) for n in range(6)]
    assert [event for _, event in out(reorder, *after[:4])] == []
    assert reorder.newest_ns == T0
    assert [event for _, event in out(reorder, after[4])] == [trade(0)]
    assert [event for _, event in out(reorder, after[5], trade(3_601_000))] == after
    assert reorder.stray == 0


def test_a_stamp_that_nothing_confirms_is_dropped_and_counted() -> None:
    """It would wait for ever, or be used an hour too early."""
    reorder = room()
    out(reorder, trade(0), trade(3_600_000), trade(7_200_000), trade(100), trade(3_600_000))
    assert reorder.stray == 2
    reorder.end()
    assert reorder.stray == 3
    assert reorder.newest_ns == T0 + 100 * MS


def test_an_unconfirmed_leap_survives_a_restart() -> None:
    """The first events after a gap would be lost."""
    whole, first, second = room(), room(), room()
    events = [trade(0), *(trade(3_600_000 + n, n) for n in range(6)), trade(3_601_000)]
    expected = out(whole, *events)
    head = out(first, *events[:4])
    second.load(first.dump())
    assert head + out(second, *events[4:]) == expected
    assert second.dump() == whole.dump()


def test_a_clock_without_events_releases_what_waits() -> None:
    """The last trades before a silence would never be seen."""
    reorder = room()
    waiting = trade(0)
    out(reorder, waiting)
    assert list(reorder.advance(T0 + 500 * MS)) == []
    assert list(reorder.advance(T0 + 501 * MS)) == [(T0, waiting)]
    assert list(reorder.advance(T0)) == []
    assert reorder.newest_ns == T0 + 501 * MS


def test_what_waits_survives_a_restart() -> None:
    """Half a second of events would be lost at every restart."""
    whole, first = room(), room()
    events = [trade(ms, ms) for ms in (0, 300, 800, 750, 100)]
    rest = [trade(ms, ms) for ms in (900, 1_400, 2_000)]
    out(whole, *events)
    out(first, *events)
    second = room()
    out(second, trade(5))
    second.load(first.dump())
    assert second.dump() == whole.dump()
    assert out(second, *rest) == out(whole, *rest)
    assert second.dump() == whole.dump()
