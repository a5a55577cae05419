"""Ghosts: where they stand, and what of the book is left in sight."""

from __future__ import annotations

import pytest

from schemas.market import BookDelta, Trade
from tests.producers.injection.scenes import MARKETS, NORTH, S, between, quiet, read_book, struck

QUIET = quiet(20)


@pytest.mark.parametrize(("side", "sign"), [("bid", 1), ("ask", -1)])
def test_it_stands_through_the_last_trade_and_the_book_is_not_crossed(side: str, sign: int) -> None:
    """Another rule than that of ghosts would be tested."""
    out = struck(f"ghost@21:00:05+4,side={side},beyond_bp=15", QUIET)
    for venue, name, mid in MARKETS:
        book = read_book(between(out, 0, 8_500), (venue, name))
        assert book is not None
        best = max(book[0]) if sign > 0 else min(book[1])
        assert sign * (best / mid - 1) == pytest.approx(0.0015, abs=1e-4)
        assert max(book[0]) < min(book[1])


def test_it_may_cross_the_book_if_nothing_is_hidden() -> None:
    """The ghost of the record could not be had."""
    book = read_book(between(struck("ghost@21:00:05+4:north,hide=0", QUIET), 0, 8_500))
    assert book is not None
    assert max(book[0]) == 100.2
    assert 100.01 <= min(book[1]) < 100.1


def test_in_a_book_that_ends_before_it_nothing_is_hidden() -> None:
    """One side of the book would be empty, which is another fault."""
    book = read_book(between(struck("ghost@21:00:05+4:north,beyond_bp=90", QUIET), 0, 8_500))
    assert book is not None
    assert max(book[0]) == 100.9
    assert len(book[1]) > 20


def test_only_changes_of_the_book_are_touched() -> None:
    """Trades that nobody made would follow the ghost."""
    out = struck("ghost@21:00:05+4:north", QUIET)
    assert [event for event in out if isinstance(event, Trade)] == [
        event for event in QUIET if isinstance(event, Trade)
    ]
    changed = [a for a, b in zip(out, QUIET, strict=True) if a != b]
    assert all(isinstance(event, BookDelta) and event.venue == NORTH for event in changed)
    assert changed == between(changed, 5 * S, 9_200)
