"""A copy of one book as the readers of the log have it, kept cheaply, to begin anew from in the middle of the log.

Levels are applied in bulk, when enough of them wait or a keyframe is asked for. The rules are those of the reader's own
book: it refuses the same messages, and lets go of the same levels.
"""

from __future__ import annotations

from math import inf

import msgspec

from schemas.market import BookDelta, BookSnapshot

MOST_WAITING_BYTES = 32 * 1024
"""Of levels that wait to be applied: hundreds of books must not hold a minute of their feeds."""
MOST_LEVELS = 8_000
"""Of a side in a keyframe, best first: a record has its largest size, and far beyond any band nobody looks."""
FUTURE_NS = 2 * 10**9
"""A time further ahead of its receipt is not believed by the readers, who take the receipt's instead."""

PLAIN = b'0123456789.,"[]'

Side = dict[float, float]
Levels = list[tuple[float, float]]

_pairs: msgspec.json.Decoder[Levels] = msgspec.json.Decoder(Levels, strict=False)
_rows: msgspec.json.Decoder[list[list[float | str | bool | None]]] = msgspec.json.Decoder(
    list[list[float | str | bool | None]]
)
_encoder = msgspec.json.Encoder()


class BookMirror:
    """One market's book. A price is a double: exact for all that a book can hold, and so is a quantity."""

    def __init__(self) -> None:
        self.anchored = False
        """Whether a snapshot came since the start and since the last gap: only then the book is known."""
        self.learns = False
        """Whether deltas teach this book what lies beyond a snapshot."""
        self._bids: Side = {}
        self._asks: Side = {}
        self._proven: list[float | None] = [None, None]
        self._waiting: list[BookDelta | BookSnapshot] = []
        self._waiting_bytes = 0
        self._newest_ns = 0
        self._last_id: int | None = None

    def take(self, event: BookDelta | BookSnapshot) -> None:
        """A message of this book, in its order."""
        self._waiting.append(event)
        self._waiting_bytes += len(event.bids) + len(event.asks)
        if self._waiting_bytes > MOST_WAITING_BYTES:
            self._apply()

    def lose(self) -> None:
        """A gap: until the next snapshot the book is unknown."""
        self._apply()
        self.anchored = False

    def keyframe(self, venue: str, instrument: str) -> BookSnapshot | None:
        """The book now; None while it is unknown, crossed, or has an empty side."""
        self._apply()
        if not self.anchored:
            return None
        # What was removed is let go of here and not at each message.
        bids = self._bids = {price: qty for price, qty in self._bids.items() if qty}
        asks = self._asks = {price: qty for price, qty in self._asks.items() if qty}
        if not bids or not asks or max(bids) >= min(asks):
            return None
        return BookSnapshot(
            venue=venue,
            instrument=instrument,
            # Its place is after the last message that it holds; it has no delay of its own.
            ts_event_ns=self._newest_ns,
            ts_recv_ns=self._newest_ns,
            bids=_raw(sorted(bids.items(), reverse=True)[:MOST_LEVELS]),
            asks=_raw(sorted(asks.items())[:MOST_LEVELS]),
            last_id=self._last_id,
            keeps_far_levels=self.learns,
            keyframe=True,
            proven_bid=self._proven[0],
            proven_ask=self._proven[1],
        )

    def _apply(self) -> None:
        for event in self._waiting:
            ts_ns, recv_ns = event.ts_event_ns, event.ts_recv_ns
            self._newest_ns = max(self._newest_ns, ts_ns if ts_ns <= recv_ns + FUTURE_NS else recv_ns)
            self._last_id = event.last_id
            bids, asks = _read(event.bids), _read(event.asks)
            if isinstance(event, BookSnapshot):
                if bids is not None and asks is not None:
                    self._replace(dict(bids), dict(asks), event.keeps_far_levels)
            elif bids is None or asks is None:
                self.anchored = False  # what it would have changed is not known
            else:
                self._bids.update(bids)
                self._asks.update(asks)
                self.learns = True
                if 0.0 in self._bids or 0.0 in self._asks:  # no price, and looked for where it costs least
                    self._bids.pop(0.0, None)
                    self._asks.pop(0.0, None)
                    self.anchored = False
        self._waiting.clear()
        self._waiting_bytes = 0

    def _replace(self, bids: Side, asks: Side, keeps_far_levels: bool) -> None:
        if 0.0 in bids or 0.0 in asks:
            return
        worst_bid = min((price for price, qty in bids.items() if qty), default=None)
        worst_ask = max((price for price, qty in asks.items() if qty), default=None)
        # A side without levels says that there is nothing at all: nothing is carried.
        if keeps_far_levels and worst_bid is not None:
            bids = {price: qty for price, qty in self._bids.items() if price < worst_bid} | bids
        if keeps_far_levels and worst_ask is not None:
            asks = {price: qty for price, qty in self._asks.items() if price > worst_ask} | asks
        self._bids, self._asks = bids, asks
        self._proven = [worst_bid, worst_ask]
        self.anchored = True
        self.learns = self.learns or keeps_far_levels


def _read(raw: msgspec.Raw) -> Levels | None:
    """Prices and quantities; None where a book would refuse them."""
    try:
        levels = _pairs.decode(raw)
    except msgspec.DecodeError:
        # Some venues write more than price and quantity into a level.
        try:
            levels = [(float(level[0] or 0), float(level[1] or 0)) for level in _rows.decode(raw)]
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError, IndexError):
            return None
    except UnicodeDecodeError:
        return None
    # Signs, exponents and what is no number are rare: only with such letters each level is looked at.
    if bytes(raw).translate(None, PLAIN) and not all(0 < price < inf and 0 <= qty < inf for price, qty in levels):
        return None
    return levels


def _raw(levels: Levels) -> msgspec.Raw:
    return msgspec.Raw(_encoder.encode(levels))
