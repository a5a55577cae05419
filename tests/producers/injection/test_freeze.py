"""A book that stands still while its market trades."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest

from schemas.base import Event
from schemas.market import BookDelta, BookSnapshot, BookTop, Trade
from tests.producers.injection.scenes import (
    BTC,
    NORTH,
    S,
    between,
    definition,
    delta,
    quiet,
    read_book,
    snapshot,
    struck,
    told,
    top,
    trade,
)

QUIET = quiet(20)


def of_book(events: list[Event]) -> list[Event]:
    """Messages of the book of one market."""
    kinds = (BookDelta, BookSnapshot, BookTop)
    return [event for event in events if (event.venue, event.instrument) == (NORTH, BTC) and isinstance(event, kinds)]


def test_messages_come_as_ever_and_say_nothing_new() -> None:
    """A frozen book would be seen by its silence alone."""
    out = struck("freeze@21:00:05+4:north", QUIET)
    frozen = of_book(between(out, 5 * S, 9 * S))
    assert len(frozen) == len(of_book(between(QUIET, 5 * S, 9 * S)))
    changes = [event for event in frozen[2:-2] if isinstance(event, BookDelta)]
    assert {(bytes(event.bids), bytes(event.asks)) for event in changes} == {(b"[]", b"[]")}
    tops = [event for event in frozen[2:-2] if isinstance(event, BookTop)]
    assert len({(event.bid, event.bid_qty, event.ask, event.ask_qty) for event in tops}) == 1
    assert read_book(between(out, 0, 5_050)) == read_book(between(out, 0, 8_950))


def test_trades_go_on() -> None:
    """A frozen book in a frozen market is no fault."""
    out, calm = (
        [event for event in events if isinstance(event, Trade)]
        for events in (struck("freeze@21:00:05+4:north", QUIET), QUIET)
    )
    assert out == calm


@pytest.mark.parametrize("how", ["", ",withhold=1"])
def test_one_change_brings_the_book_up_to_date(how: str) -> None:
    """The reader's book would be wrong for good."""
    out = struck(f"freeze@21:00:05+4:north{how}", QUIET)
    assert read_book(between(out, 0, 9_200)) == read_book(between(QUIET, 0, 9_200))
    assert told(between(out, 9_300, 20 * S)) == told(between(QUIET, 9_300, 20 * S))


def test_withheld_messages_do_not_come_and_the_chain_of_ids_stays_whole() -> None:
    """Continuity would find a hole where a venue only came late."""
    out = struck("freeze@21:00:05+4:north,withhold=1", QUIET)
    assert of_book(between(out, 5_150, 8_900)) == []
    changes = [event for event in of_book(out) if isinstance(event, BookDelta)]
    assert all(later.prev_id == earlier.last_id for earlier, later in pairwise(changes))


def test_where_every_message_is_a_whole_book_the_last_one_is_repeated() -> None:
    """Such a venue's book would go on moving."""
    books = [snapshot(ms, mid=100 + ms / 1000, last_id=None, keeps_far_levels=False) for ms in range(0, 9_000, 500)]
    out = of_book(struck("freeze@21:00:05+2", [definition(), *books]))
    sides = [bytes(event.bids) for event in out if isinstance(event, BookSnapshot)]
    assert len(sides) == len(books)
    assert len(set(sides[9:14])) == 1
    assert len(set(sides)) == len(books) - 4
    assert read_book(out) == read_book(books)


def test_a_resync_in_the_middle_is_kept_back_and_comes_before_what_followed_it() -> None:
    """Changes from before it would be applied to the new book."""
    events: list[Event] = [
        definition(),
        snapshot(0),
        delta(100, 2, ("bid", 99.5, 1)),
        delta(5_100, 3, ("bid", 99.4, 7)),
        snapshot(5_200, mid=101, last_id=4),
        delta(5_300, 5, ("bid", 99.3, 2)),
        trade(7_000, 1),
        top(7_050),
        delta(7_100, 6, ("ask", 103, 3)),
    ]
    out = struck("freeze@21:00:05+2", events)
    assert read_book(out) == read_book(events)
    times = [event.ts_event_ns for event in out if isinstance(event, BookDelta | BookSnapshot)]
    assert times == sorted(times)


def test_a_whole_book_at_the_end_needs_nothing_of_what_was_kept_back() -> None:
    """Old levels would come back into a book that the venue has just told anew."""
    whole = snapshot(7_100, mid=101, keeps_far_levels=False)
    events = [definition(), snapshot(0), delta(100, 2), delta(5_100, 3, ("bid", 99.4, 7)), trade(7_000, 1), whole]
    out = struck("freeze@21:00:05+2", events)
    assert told(out[-1:]) == told([whole])


def test_a_message_that_no_book_reads_goes_on() -> None:
    """A damaged recording would lose its books to the fault and not to its damage."""
    damaged = msgspec.structs.replace(delta(7_100, 4), bids=msgspec.Raw(b"[[1]]"))
    events = [definition(), snapshot(0), delta(100, 2), delta(5_100, 3, ("bid", 99.4, 7)), trade(7_000, 1), damaged]
    assert told(struck("freeze@21:00:05+2", events)[-1:]) == told([damaged])
