"""A book behind a loss: never a wrong one, a gap as soon as it shows, a whole book as soon as it is answered."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import msgspec

from producers.injection.chain import BETWEEN_NS, Chain
from schemas.health import Gap
from schemas.market import BookDelta, BookSnapshot
from tests.producers.injection.scenes import BTC, MS, NORTH, T0, S, delta, read_book, snapshot


def chain(*, reach: float = 0.0025, answer_s: float = 1.0) -> Chain:
    """A book that has begun."""
    made = Chain((NORTH, BTC), reach=reach, answer_s=answer_s, touched=Counter())
    made.hear(snapshot(0), T0)
    return made


def at(ms: float) -> int:
    """A moment of the stream."""
    return T0 + round(ms * MS)


def test_without_a_loss_everything_goes_on_as_it_is() -> None:
    """The injection itself would be a fault."""
    event = delta(100, 2, ("bid", 99.5, 1))
    assert chain().hear(event, at(100)) == [event]


def test_a_lost_change_shows_with_the_next_one_and_a_whole_book_follows() -> None:
    """A reader would go on with a wrong book, or without any for ever."""
    book = chain()
    book.lose(delta(100, 2, ("bid", 99.99, 0)))
    (gap,) = book.hear(delta(200, 3), at(200))
    assert isinstance(gap, Gap)
    assert (gap.channel, gap.ts_event_ns, gap.since_ns) == ("book", at(200), at(0))
    assert book.hear(delta(300, 4, ("ask", 100.02, 9)), at(300)) == []
    (whole,) = book.hear(last := delta(11 * S, 5), at(11 * S))
    assert isinstance(whole, BookSnapshot)
    assert (whole.ts_event_ns, whole.last_id, whole.keeps_far_levels) == (last.ts_event_ns, 5, True)
    bids, asks = read_book([whole]) or ({}, {})
    assert 99.99 not in bids
    assert (max(bids), asks[100.02]) == (99.98, 9.0)
    assert min(bids) >= 100 * (1 - 0.0026)
    assert max(asks) <= 100 * (1 + 0.0026)
    after = delta(12 * S, 6)
    assert book.hear(after, at(12 * S)) == [after]


def test_the_answer_is_waited_for() -> None:
    """A book would be whole again before anybody could have asked for it."""
    book = chain(answer_s=20)
    book.lose(delta(100, 2))
    book.hear(delta(200, 3), at(200))
    assert book.hear(delta(20 * S, 4), at(20 * S)) == []
    assert len(book.hear(delta(20_200, 5), at(20_200))) == 1


def test_books_are_fetched_no_more_often_than_sessions_do() -> None:
    """A lossy line would look as if its book came back every second."""
    book = chain(answer_s=0)
    wholes: list[int] = []
    for number in range(2, 1_000):
        event = delta(number * 100, number)
        if number % 3:
            wholes += [one.ts_event_ns for one in book.hear(event, event.ts_event_ns) if isinstance(one, BookSnapshot)]
        else:
            book.lose(event)
    assert len(wholes) > 5
    assert min(later - earlier for earlier, later in pairwise(wholes)) >= BETWEEN_NS


def test_what_bears_no_number_is_lost_without_a_sign() -> None:
    """A gap would be told that no session could have seen."""
    book = chain()
    book.lose(msgspec.structs.replace(delta(100, 2), first_id=None, last_id=None, prev_id=None))
    event = msgspec.structs.replace(delta(200, 3), first_id=None, last_id=None, prev_id=None)
    assert book.hear(event, at(200)) == [event]


def test_where_every_message_is_a_whole_book_the_next_one_ends_it() -> None:
    """Such a venue would stay blind though it has told all that it has."""
    book = Chain((NORTH, BTC), reach=0.0025, answer_s=1, touched=Counter())
    first, lost, third = (snapshot(ms, last_id=number, keeps_far_levels=False) for number, ms in enumerate((0, 50, 90)))
    assert book.hear(first, at(0)) == [first]
    book.lose(lost)
    assert book.hear(third, at(90)) == [third]
    book.cut(at(100), at(100), at(200), "closed")
    assert book.hear(third, at(110)) == [third]


def test_a_book_that_nobody_ever_knew_is_not_made_up() -> None:
    """A book with holes in it would be called whole."""
    book = Chain((NORTH, BTC), reach=0.0025, answer_s=0, touched=Counter())
    book.hear(delta(0, 1, ("bid", 99, 1), ("ask", 101, 1)), at(0))
    book.lose(delta(100, 2))
    book.hear(delta(200, 3), at(200))
    assert book.hear(delta(20 * S, 4), at(20 * S)) == []
    recorded = snapshot(21 * S)
    assert book.hear(recorded, at(21 * S)) == [recorded]


def test_after_a_gap_of_the_recording_its_own_book_is_waited_for() -> None:
    """Levels from before the gap would be told as known."""
    book = chain(answer_s=0)
    book.hear_gap()
    book.lose(delta(100, 2))
    book.hear(delta(200, 3), at(200))
    assert book.hear(delta(20 * S, 4), at(20 * S)) == []


def test_a_keyframe_is_no_new_book_to_a_reader_who_lost_it() -> None:
    """A copy of what was lost would end the gap."""
    book = chain()
    book.cut(at(100), at(105), at(30 * S), "closed")
    assert book.hear(snapshot(200, keyframe=True), at(200)) == []
    assert isinstance(book.hear(delta(31 * S, 3), at(31 * S))[0], BookSnapshot)
    event = delta(32 * S, 4)
    assert isinstance(event, BookDelta)
    assert book.hear(event, at(32 * S)) == [event]
