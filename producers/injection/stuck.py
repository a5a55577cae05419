"""An order that stays in a book though its venue has removed it, or never had it; and the true book beneath.

It comes with the book's own messages: one places it, those that would remove it lose that level, and the first one
afterwards takes it away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

import msgspec

from producers.injection.levels import Row, price_of, quantity_of, read_sides, write_side
from schemas.market import BookDelta, BookSnapshot

Side = Literal["bid", "ask"]
Book = tuple[dict[float, float], dict[float, float]]
"""Quantities by price: bids, asks."""

_Message = TypeVar("_Message", BookDelta, BookSnapshot)


class StuckOrder:
    """One order in one book.

    Parameters
    ----------
    book
        The true book when the order appears; it is followed from there.
    hides
        Whether the levels of the other side that it stands in front of are not shown, as where something matched them.
    follow
        Where the order stands when the best price of the other side is this: asked whenever it would not be crossed.
    """

    def __init__(
        self,
        side: Side,
        price: float,
        quantity: float,
        book: Book,
        *,
        hides: bool = False,
        follow: Callable[[float], float] | None = None,
    ) -> None:
        self.price = price
        self._is_bid = side == "bid"
        self._quantity = quantity
        self._own, self._other = book if self._is_bid else book[::-1]
        self._hides = hides
        self._follow = follow
        self._placed = False

    def changed(self, event: BookDelta) -> BookDelta:
        """A change as it comes while the order stays."""
        sides = read_sides(event)
        if sides is None:
            return event
        own, other = self._learnt(sides)
        left = self._moved()
        own = [row for row in own if price_of(row) != self.price] + left
        other = [row for row in other if not self._covers(row)]
        if not self._placed:
            own.append([self.price, self._quantity])
            # Those, too, that this very change removes: its own rows of them were left out.
            other += [[price, 0] for price in self._other if self._covers([price])]
            self._placed = True
        return self._written(event, own, other)

    def whole(self, event: BookSnapshot) -> BookSnapshot:
        """A whole book as it comes while the order stays."""
        sides = read_sides(event)
        if sides is None:
            return event
        self._forget(sides, event.keeps_far_levels)
        own, other = self._learnt(sides)
        left = self._moved() if event.keeps_far_levels else []
        own = [row for row in own if price_of(row) != self.price] + [*left, [self.price, self._quantity]]
        other = [row for row in other if not self._covers(row)]
        self._placed = True
        own.sort(key=price_of, reverse=self._is_bid)
        return self._written(event, own, other)

    def released(self, event: BookDelta) -> BookDelta:
        """The change that shows the book as it is."""
        sides = read_sides(event)
        if sides is None or not self._placed:
            return event
        own, other = self._learnt(sides)
        own.append([self.price, self._own.get(self.price, 0.0)])
        other += [[price, quantity] for price, quantity in self._other.items() if quantity and self._covers([price])]
        return self._written(event, own, other)

    def _learnt(self, sides: tuple[list[Row], list[Row]]) -> tuple[list[Row], list[Row]]:
        own, other = sides if self._is_bid else sides[::-1]
        self._own.update((price_of(row), quantity_of(row)) for row in own)
        self._other.update((price_of(row), quantity_of(row)) for row in other)
        return own, other

    def _forget(self, sides: tuple[list[Row], list[Row]], keeps_far_levels: bool) -> None:
        """What a whole book denies: all that is better than its worst price, or all."""
        own, other = sides if self._is_bid else sides[::-1]
        for levels, rows, is_bid in ((self._own, own, self._is_bid), (self._other, other, not self._is_bid)):
            prices = [price_of(row) for row in rows if quantity_of(row)]
            if not keeps_far_levels or not prices:
                levels.clear()
                continue
            worst = min(prices) if is_bid else max(prices)
            for price in [price for price in levels if (price >= worst if is_bid else price <= worst)]:
                del levels[price]

    def _moved(self) -> list[Row]:
        """The level that it leaves, where the other side has gone beyond it and it follows."""
        if self._follow is None:
            return []
        prices = [price for price, quantity in self._other.items() if quantity]
        if not prices:
            return []
        best = min(prices) if self._is_bid else max(prices)
        if self._through(best):
            return []
        left: list[Row] = [[self.price, self._own.get(self.price, 0.0)]] if self._placed else []
        self.price, self._placed = self._follow(best), False
        return left

    def _through(self, price: float) -> bool:
        """Whether a price of the other side is at the order or behind it."""
        return price <= self.price if self._is_bid else price >= self.price

    def _covers(self, row: Row) -> bool:
        return self._hides and self._through(price_of(row))

    def _written(self, event: _Message, own: list[Row], other: list[Row]) -> _Message:
        bids, asks = (own, other) if self._is_bid else (other, own)
        return msgspec.structs.replace(event, bids=write_side(bids), asks=write_side(asks))
