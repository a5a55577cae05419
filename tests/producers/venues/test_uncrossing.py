import random

import pytest

from producers.venues.uncrossing import Pairs, UncrossedBook, UncrossedBooks


def test_of_two_crossing_levels_the_older_one_goes() -> None:
    """The newer message is nearer to what can be traded against."""
    book = UncrossedBook()
    book.change([([(100.0, 5.0), (99.0, 1.0)], [(101.0, 1.0)])])
    assert book.change([([], [(99.5, 0.1)])]) == ({100.0: 0.0}, {99.5: 0.1})
    assert book.change([([(102.0, 2.0)], [])]) == ({102.0: 2.0}, {99.5: 0.0, 101.0: 0.0})
    assert book.best_first() == ([(102.0, 2.0), (99.0, 1.0)], [])


@pytest.mark.parametrize(
    ("bid_size", "ask_size", "bids", "asks"),
    [(3.0, 1.0, [(100.0, 2.0)], []), (1.0, 3.0, [], [(99.0, 2.0)]), (1.0, 1.0, [], [])],
)
def test_of_two_that_one_message_set_the_larger_one_loses_the_size_of_the_smaller(
    bid_size: float, ask_size: float, bids: list[tuple[float, float]], asks: list[tuple[float, float]]
) -> None:
    """As the venue's own guide has it: they would have traded."""
    book = UncrossedBook()
    book.change([([(100.0, bid_size)], [(99.0, ask_size)])])
    assert book.best_first() == (bids, asks)


def test_equal_prices_cross() -> None:
    """Depth on both sides of one price is depth counted twice."""
    book = UncrossedBook()
    book.change([([(100.0, 1.0)], [])])
    assert book.change([([], [(100.0, 1.0)])]) == ({100.0: 0.0}, {100.0: 1.0})


def test_a_crossing_that_ends_within_a_batch_costs_no_level() -> None:
    """What came together is one state: nobody saw the crossed one between."""
    book = UncrossedBook()
    book.change([([], [(101.0, 1.0)])])
    batch: list[tuple[Pairs, Pairs]] = [([(102.0, 1.0)], []), ([(102.0, 0.0), (100.0, 1.0)], [])]
    assert book.change(batch) == ({102.0: 0.0, 100.0: 1.0}, {})
    assert book.best_first() == ([(100.0, 1.0)], [(101.0, 1.0)])


def test_a_level_that_is_removed_twice_is_gone_once() -> None:
    """The venue removes again what was uncrossed here."""
    book = UncrossedBook()
    book.change([([(100.0, 1.0)], [])])
    book.change([([(100.0, 0.0)], [])])
    book.change([([(100.0, 0.0)], [])])
    assert (len(book), book.best_first()) == (0, ([], []))


def test_whoever_applies_the_changes_never_sees_a_crossed_book() -> None:
    """The published changes, not the book kept here, are what others build theirs from."""
    chance = random.Random(7)
    book, bids, asks = UncrossedBook(), dict[float, float](), dict[float, float]()
    for _ in range(2_000):
        sides = [
            [(100.0 + chance.randint(-9, 9), float(chance.choice((0, 1, 2)))) for _ in range(chance.randint(0, 2))]
            for _ in range(2)
        ]
        changed_bids, changed_asks = book.change([(sides[0], sides[1])])
        bids |= changed_bids
        asks |= changed_asks
        bids, asks = ({price: size for price, size in side.items() if size} for side in (bids, asks))
        assert not (bids and asks and max(bids) >= min(asks))
        assert book.best_first() == (sorted(bids.items(), reverse=True), sorted(asks.items()))


def test_a_book_that_was_not_seen_is_lost_once_and_found_with_a_whole_one() -> None:
    """Levels put onto nothing would be a book that looks whole."""
    books, change = UncrossedBooks(), list[tuple[Pairs, Pairs]]([([(1.0, 2.0)], [])])
    assert books.take("A", change, whole=False) == "changes of a book that was not seen"
    assert books.take("A", change, whole=False) is None
    assert books.take("A", [([], [(3.0, 1.0)])], whole=True) == ([], [(3.0, 1.0)])
    taken = books.take("A", change, whole=False)
    assert isinstance(taken, tuple)
    assert [list(side) for side in taken] == [[(1.0, 2.0)], []]
    books.await_whole("A")
    assert books.take("A", change, whole=False) is None
    books.forget("A")
    assert isinstance(books.take("A", change, whole=False), str)
