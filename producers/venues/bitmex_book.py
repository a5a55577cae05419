"""BitMEX books by the ids of their levels: rows name a level by its id, and need not repeat its price."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from producers.errors import DecodeError
from producers.venues import bitmex_wire as wire
from producers.venues import events
from producers.venues.bitmex_wire import Level, Side
from producers.venues.decoding import FAILURES
from schemas.base import Event
from schemas.instrument import Instrument

Sides = tuple[msgspec.Raw, msgspec.Raw]
"""Bids and asks as the book reads them."""


class IdBook:
    """The side and price of each level of a market, begun from a whole table."""

    def __init__(self, rows: Sequence[Level]) -> None:
        self._levels: dict[int, tuple[Side, float]] = {}
        sides: dict[Side, list[tuple[float, float]]] = {"Buy": [], "Sell": []}
        for row in rows:
            if row.price is None or row.size is None:
                raise DecodeError("bad_shape", "a whole book has a level without price or size")
            self._levels[row.id] = (row.side, row.price)
            sides[row.side].append((row.price, row.size))
        self.whole: Sides = (events.levels(sorted(sides["Buy"], reverse=True)), events.levels(sorted(sides["Sell"])))

    def change(self, action: str, rows: Sequence[Level]) -> Sides | None:
        """The changed levels; None where a row is of a level that is not known: one before it was lost."""
        levels = self._levels
        sides: dict[Side, list[tuple[float, float]]] = {"Buy": [], "Sell": []}
        for row in rows:
            before = levels.get(row.id)
            price = row.price or (before[1] if before else None)
            size = 0.0 if action == "delete" else row.size
            if price is None or (before is None and action != "insert"):
                return None
            if size is None:
                continue  # nothing that a book shows
            if before is not None and before != (row.side, price):
                sides[before[0]].append((before[1], 0.0))  # the level has changed sides
            levels[row.id] = (row.side, price)
            if action == "delete":
                del levels[row.id]
            sides[row.side].append((price, size))
        return events.levels(sides["Buy"]), events.levels(sides["Sell"])


class IdBooks:
    """The books of all markets. One that was lost, or begins anew, passes rows over until its whole table has come."""

    def __init__(self) -> None:
        self._books: dict[str, IdBook | None] = {}

    def await_whole(self, symbol: str) -> None:
        """The whole table was announced: nothing can be made of the rows before it, and nothing is lost with them."""
        self._books[symbol] = None

    def read(self, message: wire.Frame, instrument_of: Callable[[str], Instrument], ts_recv_ns: int) -> Iterator[Event]:
        """The whole books or the changes in a message, for each market."""
        whole = message.action == "partial"
        by_symbol: dict[str, list[Level]] = {}
        if whole and message.filter is not None and message.filter.symbol:
            by_symbol[message.filter.symbol] = []  # a book may be empty
        for row in self._rows(message):
            by_symbol.setdefault(row.symbol, []).append(row)
        # All that can be wrong with a row is found before the first book changes.
        found = [(instrument_of(symbol), rows) for symbol, rows in by_symbol.items()]
        times = [row.timestamp for rows in by_symbol.values() for row in rows]
        # The time of a whole book is that of the receipt: a level's own is when it changed last.
        at_ns = ts_recv_ns if whole else wire.event_ns(ts_recv_ns, *times)
        for instrument, rows in found:
            told = self._told(instrument, message.action, rows, at_ns, ts_recv_ns)
            if told is not None:
                yield told

    def _rows(self, message: wire.Frame) -> Sequence[Level]:
        try:
            return wire.decode_levels(message.data)
        except FAILURES:
            # The next change of these markets finds no book to put it on, and says so.
            for about in wire.decode_filters(message.data):
                self._books.pop(about.symbol, None)
            raise

    def _told(
        self, instrument: Instrument, action: str, rows: Sequence[Level], at_ns: int, ts_recv_ns: int
    ) -> Event | None:
        """The whole book or its change; once, that the book is lost: rows without a table are all that there is."""
        symbol = instrument.symbol
        if action == "partial":
            self._books.pop(symbol, None)
            self._books[symbol] = book = IdBook(rows)
            return events.snapshot(instrument, at_ns, ts_recv_ns, bids=book.whole[0], asks=book.whole[1])
        known = self._books.get(symbol)
        if known is None and symbol in self._books:
            return None
        changed = None if known is None else known.change(action, rows)
        if changed is None:
            self._books[symbol] = None
            what = "a book whose whole table was not seen" if known is None else "a level that is not known"
            return events.lost_book(instrument, ts_recv_ns, f"{action} of {what}")
        return events.delta(instrument, at_ns, ts_recv_ns, bids=changed[0], asks=changed[1])
