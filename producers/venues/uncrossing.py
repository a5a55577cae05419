"""A book that is never crossed, for venues whose sources see different orders and therefore send crossed levels.

Documented by dYdX ("How to uncross the orderbook", 2026): each level remembers the message that set it last, and of two
that cross, the older one goes; where one message set both, the smaller one goes and the larger one loses its size.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

Pairs = Iterable[tuple[float, float]]
"""Price and size; a size of 0 removes the level."""
Changes = dict[float, float]
"""Price → new size; 0 where the level is gone."""
MOST_LEVELS = 20_000
"""Of one book, both sides together, against a venue that never removes any."""


class _Side:
    """Sizes by price, each with the message that set it, and the prices in rising order."""

    def __init__(self) -> None:
        self.prices: list[float] = []
        self.levels: dict[float, tuple[float, int]] = {}

    def set(self, price: float, size: float, message: int, changed: Changes) -> None:
        """Set or remove a level, and note it."""
        changed[price] = size
        if size:
            if price not in self.levels:
                insort(self.prices, price)
            self.levels[price] = (size, message)
        elif self.levels.pop(price, None) is not None:
            del self.prices[bisect_left(self.prices, price)]


class UncrossedBook:
    """Both sides of one market, kept to know which of two crossing levels is the older one.

    >>> book = UncrossedBook()
    >>> book.change([([(26854.0, 0.556)], [(26900.0, 1.0)])])
    ({26854.0: 0.556}, {26900.0: 1.0})
    >>> book.change([([], [(26826.0, 0.0027)])])
    ({26854.0: 0.0}, {26826.0: 0.0027})
    """

    def __init__(self) -> None:
        self._bids = _Side()
        self._asks = _Side()
        self._messages = 0

    def __len__(self) -> int:
        return len(self._bids.prices) + len(self._asks.prices)

    def change(self, messages: Iterable[tuple[Pairs, Pairs]]) -> tuple[Changes, Changes]:
        """What messages that came together change, in their order, and what has to go for it: bids, asks."""
        changed_bids: Changes = {}
        changed_asks: Changes = {}
        for bids, asks in messages:
            self._messages += 1
            for price, size in bids:
                self._bids.set(price, size, self._messages, changed_bids)
            for price, size in asks:
                self._asks.set(price, size, self._messages, changed_asks)
        self._uncross(changed_bids, changed_asks)
        return changed_bids, changed_asks

    def best_first(self) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """The whole book, best level first."""
        bids = [(price, self._bids.levels[price][0]) for price in reversed(self._bids.prices)]
        asks = [(price, self._asks.levels[price][0]) for price in self._asks.prices]
        return bids, asks

    def _uncross(self, changed_bids: Changes, changed_asks: Changes) -> None:
        bids, asks = self._bids, self._asks
        while bids.prices and asks.prices and bids.prices[-1] >= asks.prices[0]:
            bid, ask = bids.prices[-1], asks.prices[0]
            (bid_size, bid_message), (ask_size, ask_message) = bids.levels[bid], asks.levels[ask]
            is_tie = bid_message == ask_message
            if bid_message < ask_message or (is_tie and bid_size <= ask_size):
                bids.set(bid, 0.0, bid_message, changed_bids)
            if bid_message > ask_message or (is_tie and bid_size >= ask_size):
                asks.set(ask, 0.0, ask_message, changed_asks)
            if is_tie and bid_size > ask_size:
                bids.set(bid, bid_size - ask_size, bid_message, changed_bids)
            if is_tie and bid_size < ask_size:
                asks.set(ask, ask_size - bid_size, ask_message, changed_asks)


class UncrossedBooks:
    """The books of all markets. One that is lost, or begins anew, passes changes over until a whole one has come."""

    def __init__(self) -> None:
        self._books: dict[str, UncrossedBook | None] = {}

    def await_whole(self, symbol: str) -> None:
        """A whole book is under way: nothing is lost with the changes before it."""
        self._books[symbol] = None

    def forget(self, symbol: str) -> None:
        """Changes of this market could not be read: the next one finds no book."""
        self._books.pop(symbol, None)

    def take(
        self, symbol: str, messages: Iterable[tuple[Pairs, Pairs]], *, whole: bool
    ) -> tuple[Pairs, Pairs] | str | None:
        """Bids and asks of a whole book, or what has changed of them; once, why the book is lost; then nothing."""
        if whole:
            self._books[symbol] = UncrossedBook()
        book = self._books.get(symbol)
        if book is None and symbol in self._books:
            return None
        if book is None:
            self._books[symbol] = None
            return "changes of a book that was not seen"
        bids, asks = book.change(messages)
        if len(book) > MOST_LEVELS:
            self._books[symbol] = None
            return f"a book of more than {MOST_LEVELS} levels"
        return book.best_first() if whole else (bids.items(), asks.items())
