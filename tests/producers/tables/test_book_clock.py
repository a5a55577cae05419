"""The times of a market's book in a file, and whether it can be followed."""

from __future__ import annotations

from producers.tables.book_clock import MAX_AHEAD_NS, BookClock
from tests.kit.moments import definition


def clock() -> BookClock:
    """Of one market."""
    return BookClock(definition(), keeps_far_levels=True)


def test_messages_of_one_microsecond_keep_their_order() -> None:
    """A change would be applied before the book that it changes."""
    book = clock()
    assert [book.at(5_000, 6_000), book.at(5_000, 6_000), book.at(4_000, 7_000)] == [5_000, 5_001, 5_002]


def test_one_bad_clock_does_not_push_all_later_times_ahead() -> None:
    """A stamp of next year would end the replay there."""
    book = clock()
    assert book.at(10**18, 1_000) == 1_000 + MAX_AHEAD_NS


def test_a_lost_book_is_unknown_since_its_last_message() -> None:
    """A gap that begins when it is noticed hides what happened before."""
    book = clock()
    book.following = True
    book.at(5_000, 6_000)
    gap = book.lost(9_000, "a row is damaged")
    assert (gap.channel, gap.since_ns, gap.ts_recv_ns, gap.reason) == ("book", 6_000, 9_000, "a row is damaged")
    assert not book.following
    assert gap.ts_event_ns > 5_000
