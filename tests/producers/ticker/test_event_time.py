"""What time it is: which stamps are believed."""

from __future__ import annotations

from typing import Any

from producers.ticker.event_time import HELD, JUMP_EVENTS, EventTime
from schemas.base import Event
from schemas.market import BookDelta, Trade
from tests.kit.moments import LEVELS, MS, T0, header, trade


def clock() -> EventTime:
    """A clock that believes stamps of up to two seconds ahead of their receipt."""
    return EventTime(future_ns=2_000 * MS)


def believed(time: EventTime, *events: Event) -> list[tuple[int, Event]]:
    """What goes on, with its time in milliseconds."""
    out: list[tuple[int, Event]] = []
    for event in events:
        ns = time.believe(event)
        out += time.confirmed() if ns == HELD else [(ns, event)]
    return [((ns - T0) // MS, event) for ns, event in out]


def test_the_newest_stamp_is_the_time() -> None:
    """An event that overtook another would turn time back."""
    time = clock()
    assert believed(time, trade(500), trade(200)) == [(500, trade(500)), (200, trade(200))]
    assert time.newest_ns == T0 + 500 * MS


def test_a_clock_far_ahead_counts_at_its_receipt() -> None:
    """One venue with a wrong clock would make everybody else's events late."""
    time = clock()
    ahead, a_bit_ahead = trade(60_000, recv_ms=-60_000), trade(1_270, recv_ms=-1_270)
    assert believed(time, trade(0), ahead, a_bit_ahead) == [(0, trade(0)), (0, ahead), (1_270, a_bit_ahead)]
    assert time.clamped == 1


def test_a_leap_in_time_is_believed_when_five_events_agree() -> None:
    """One wrong stamp would make everything that follows late; or a real gap would never end."""
    time = clock()
    after = [trade(3_600_000 + n, n) for n in range(JUMP_EVENTS + 1)]
    assert believed(time, trade(0), *after[:4]) == [(0, trade(0))]
    assert time.newest_ns == T0
    assert [event for _, event in believed(time, *after[4:])] == after
    assert time.newest_ns == after[-1].ts_event_ns
    assert time.stray == 0


def test_a_leap_of_a_minute_is_none() -> None:
    """Quiet markets would lose their events."""
    assert len(believed(clock(), trade(0), trade(60_000))) == 2


def test_stamps_that_nothing_confirms_are_dropped_and_counted() -> None:
    """They would wait for ever, or be used an hour too early."""
    time = clock()
    believed(time, trade(0), trade(3_600_000), trade(7_200_000), trade(100), trade(3_600_000))
    assert time.stray == 2
    time.end()
    assert time.stray == 3
    assert time.newest_ns == T0 + 100 * MS


def test_the_middle_of_five_says_where_time_has_come() -> None:
    """A stamp of next month among the first after a gap would make a month late."""
    time = clock()
    wild, after = trade(10**10), [trade(3_600_000 + n, n) for n in range(4)]
    assert [event for _, event in believed(time, trade(0), after[0], wild, *after[1:])] == [trade(0), *after]
    assert time.newest_ns == after[-1].ts_event_ns
    assert len(believed(time, trade(3_601_000))) == 1
    assert time.stray == 1


def test_a_clock_that_has_come_near_confirms_a_leap() -> None:
    """The first events after a machine slept would be lost."""
    time = clock()
    leap = trade(3_600_000)
    believed(time, trade(0), leap)
    time.advance(T0)
    assert list(time.confirmed()) == []
    time.advance(leap.ts_event_ns)
    assert list(time.confirmed()) == [(leap.ts_event_ns, leap)]
    assert time.stray == 0


def test_an_unconfirmed_leap_survives_a_restart() -> None:
    """The first events after a gap would be lost."""
    first, second = clock(), clock()
    book: dict[str, Any] = {"bids": LEVELS, "asks": LEVELS}
    after: list[Event] = [Trade(**header(3_600_000), price=1.0, qty=1.0, notional_usd=None, taker="buy")]
    after += [BookDelta(**header(3_600_000 + n), **book, last_id=n) for n in range(4)]
    believed(first, trade(0), *after[:3])
    second.load(first.dump())
    assert [event for _, event in believed(second, *after[3:])] == after
