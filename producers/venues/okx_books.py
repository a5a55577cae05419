"""Books of OKX: chained by ids today, proven by a checksum where there are none (2022)."""

from __future__ import annotations

import msgspec

from producers.errors import DecodeError
from producers.venues import events
from producers.venues.checksum import ChecksumBook
from producers.venues.decoding import check_levels, event_ns
from producers.venues.okx_wire import Book, read_levels
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot


class Books:
    """Remembers the books that have no ids, and nothing of the others."""

    def __init__(self) -> None:
        self._sums: dict[str, ChecksumBook] = {}

    def read(self, book: Book, action: str, one: Instrument, now: int) -> BookSnapshot | BookDelta | Gap:
        """A whole book, its changes, or the word that it is not what OKX has."""
        check_levels(book.bids, book.asks)
        at_ns = event_ns(book.ts, now)
        # One id without the other is no chain.
        seq_id, prev_id = (book.seq_id, book.prev_seq_id) if book.prev_seq_id is not None else (None, None)
        if action not in ("snapshot", "update"):
            raise DecodeError("bad_shape", f"books with the action {action[:20]!r}")
        if seq_id is None and book.checksum and not self._agrees(book, action, one.symbol):
            return events.lost_book(one, now, "the checksum is not that of the book")
        if action == "snapshot":
            return events.snapshot(one, at_ns, now, bids=book.bids, asks=book.asks, last_id=seq_id)
        # A reset counts on from a lower id, and a sign of life repeats its own: both name the id before.
        return events.delta(one, at_ns, now, bids=book.bids, asks=book.asks, last_id=seq_id, prev_id=prev_id)

    def _agrees(self, book: Book, action: str, symbol: str) -> bool:
        """Whether OKX's sum is that of the book; changes of a book whose beginning is unknown cannot be judged."""
        bids, asks = _texts(book.bids), _texts(book.asks)
        if action == "snapshot":
            self._sums[symbol] = ChecksumBook()
            self._sums[symbol].replace(bids, asks)
        elif symbol not in self._sums:
            return True
        else:
            self._sums[symbol].change(bids, asks)
        if self._sums[symbol].agrees(book.checksum):
            return True
        del self._sums[symbol]
        return False


def whole(book: Book, one: Instrument, now: int) -> BookSnapshot:
    """A book told by REST."""
    check_levels(book.bids, book.asks)
    return events.snapshot(one, event_ns(book.ts, now), now, bids=book.bids, asks=book.asks)


def _texts(side: msgspec.Raw) -> list[tuple[str, str]]:
    return [(price, size) for price, size, _, _ in read_levels(side)]
