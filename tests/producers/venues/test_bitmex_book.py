from __future__ import annotations

import orjson
import pytest

from producers.errors import DecodeError
from producers.venues.bitmex_book import IdBook, Sides
from producers.venues.bitmex_wire import Level, Side


def row(number: int, side: Side, size: float | None = None, price: float | None = None) -> Level:
    """A row."""
    return Level(symbol="XBTUSD", id=number, side=side, size=size, price=price)


def shown(sides: Sides | None) -> list[list[list[str]]]:
    """Bids and asks."""
    assert sides is not None
    return [orjson.loads(bytes(side)) for side in sides]


ROWS = [row(1, "Sell", 3.0, 11.0), row(2, "Sell", 2.0, 10.0), row(4, "Buy", 5.0, 8.0), row(3, "Buy", 4.0, 9.0)]


def test_a_whole_book_has_its_best_levels_first() -> None:
    """The venue writes them by price, highest first, on both sides."""
    assert shown(IdBook(ROWS).whole) == [[["9.0", "4.0"], ["8.0", "5.0"]], [["10.0", "2.0"], ["11.0", "3.0"]]]


def test_a_level_that_changes_sides_leaves_the_old_one() -> None:
    """It would stand on both, and the book be crossed for good."""
    book = IdBook(ROWS)
    assert shown(book.change("update", [row(2, "Buy", 6.0)])) == [[["10.0", "6.0"]], [["10.0", "0.0"]]]
    assert shown(book.change("delete", [row(2, "Buy")])) == [[["10.0", "0.0"]], []]


def test_an_inserted_level_may_be_there_already() -> None:
    """Then it is what the row says."""
    assert shown(IdBook(ROWS).change("insert", [row(3, "Buy", 1.0, 9.0)])) == [[["9.0", "1.0"]], []]


@pytest.mark.parametrize(
    ("action", "unknown"),
    [("update", row(7, "Buy", 1.0, 7.0)), ("delete", row(7, "Buy")), ("insert", row(7, "Buy", 1.0))],
)
def test_a_level_without_a_past_or_a_price_is_a_loss(action: str, unknown: Level) -> None:
    """What came before it was not received."""
    assert IdBook(ROWS).change(action, [unknown]) is None


def test_a_level_that_was_deleted_is_not_known_any_more() -> None:
    """A change of it shows that its new beginning was lost."""
    book = IdBook(ROWS)
    assert shown(book.change("delete", [row(3, "Buy")])) == [[["9.0", "0.0"]], []]
    assert book.change("update", [row(3, "Buy", 1.0)]) is None


def test_an_update_without_a_size_changes_nothing_that_a_book_shows() -> None:
    """Rows tell what changed: it may have been the time alone."""
    assert shown(IdBook(ROWS).change("update", [row(3, "Buy")])) == [[], []]


def test_a_whole_book_needs_prices_and_sizes() -> None:
    """A book with holes is none."""
    with pytest.raises(DecodeError, match="bad_shape"):
        IdBook([row(1, "Buy", 1.0)])
