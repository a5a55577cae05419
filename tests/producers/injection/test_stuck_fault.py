"""When an order appears in a book, and when it goes."""

from __future__ import annotations

import msgspec

from schemas.base import Event
from schemas.health import Gap
from tests.producers.injection.scenes import (
    T0,
    definition,
    delta,
    injected,
    read_book,
    snapshot,
    struck,
    told,
    trade,
    where,
)


def events(*between: Event) -> list[Event]:
    """A book before, and one change after two seconds of the fault."""
    first = [definition(), snapshot(0), delta(100, 2), trade(200, 1)]
    return [*first, *between, trade(7_000, 99), delta(7_100, 9, ("bid", 99.5, 3))]


def test_it_appears_in_a_known_book_only() -> None:
    """A ghost would stand where nobody sees a book at all."""
    gap = Gap(**where(300), channel="book", since_ns=T0, reason="hole")
    out, (report,) = injected("ghost@21:00:05+2", events(gap, delta(5_100, 3), delta(5_200, 4)))
    assert "touched nothing" in report
    assert told(out) == told(events(gap, delta(5_100, 3), delta(5_200, 4)))


def test_a_resync_after_the_end_does_not_leave_it_behind() -> None:
    """A snapshot that reaches less far than the order would carry it for ever."""
    near = snapshot(7_050, last_id=8)
    true = [*events(delta(5_100, 3))[:-1], near, delta(7_100, 9)]
    out = struck("ghost@21:00:05+2,beyond_bp=100", true)
    assert read_book(out[:-1]) != read_book(true[:-1])
    assert read_book(out) == read_book(true)


def test_a_keyframe_in_the_stream_is_left_alone() -> None:
    """A copy for other readers is no message of the venue."""
    copy = snapshot(5_200, keyframe=True)
    out = struck("ghost@21:00:05+2", events(delta(5_100, 3), copy))
    assert told([copy]) == told(event for event in out if msgspec.structs.asdict(event).get("keyframe"))


def test_without_a_tick_the_price_is_as_fine_as_those_of_the_book() -> None:
    """The kernel would learn a grid that the market does not have."""
    untold = msgspec.structs.replace(definition(), tick_size=None)
    out = struck("ghost@21:00:05+2", [untold, *events(delta(5_100, 3))[1:]])
    book = read_book(out[:-1])
    assert book is not None
    assert max(book[0]) == 100.2
