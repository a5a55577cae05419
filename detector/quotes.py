"""The book side of a market: depth in bands, spread, and whether the book can be believed at all."""

from __future__ import annotations

from math import nan

import msgspec

from detector.coverage import BandCoverage
from detector.kernel import BANDS, Book
from detector.stats.rolling_median import RollingMedian
from schemas.market import BookDelta, BookSnapshot, BookTop

BID, ASK = 0, 1
HALF_PERCENT, ONE_PERCENT, TWO_PERCENT = 1, 2, 3
"""Positions in `BANDS`."""
CELLS = tuple((side, band) for side in (BID, ASK) for band in range(len(BANDS)))
"""The order of the eight bands in every list here: bid 0.1, 0.5, 1, 2 %, then ask."""

FROZEN_S = 10
"""Unchanged for ten seconds while trades print."""
GHOST_S = 2
GHOST_BEYOND = 0.001
"""A best price more than ten basis points through the last trade is an order that nobody removes."""


_LEVELS: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])
_LEVEL: msgspec.json.Decoder[list[float]] = msgspec.json.Decoder(list[float], strict=False)


def _split(levels: msgspec.Raw, proven: float | None, *, best_is_high: bool) -> tuple[bytes, bytes]:
    """Levels as far as a snapshot proved them, and those beyond; raises `msgspec.DecodeError`."""
    parts: tuple[list[msgspec.Raw], list[msgspec.Raw]] = ([], [])
    for level in _LEVELS.decode(levels):
        price = _LEVEL.decode(level)[0]
        near = proven is not None and (price >= proven if best_is_high else price <= proven)
        parts[0 if near else 1].append(level)
    return msgspec.json.encode(parts[0]), msgspec.json.encode(parts[1])


def cell(side: int, band: int) -> int:
    """Position of a band in the lists of `Quotes`.

    >>> cell(ASK, 2)
    6
    """
    return side * len(BANDS) + band


class Quotes(msgspec.Struct):
    """State and features of one market's book. A ratio is None where its band cannot be evaluated."""

    book: Book | None = None
    fault: str = "no book"
    """Why the book is unknown; empty when it can be believed."""
    in_gap: bool = False
    learns: bool = False
    """Whether deltas teach this book what lies beyond a snapshot; where every message is a whole book nothing does."""
    top_bid: float = nan
    top_ask: float = nan
    crossed_total_s: int = 0
    ghost_s: int = 0
    quiet_s: int = 0
    quiet_trades: int = 0
    changes: int = 0
    refused: int = 0
    """Book messages with impossible numbers. They changed nothing; after a delta the book is unknown as in a gap."""
    bands: list[BandCoverage] = msgspec.field(default_factory=lambda: [BandCoverage() for _ in CELLS])
    usual_depth: list[RollingMedian] = msgspec.field(default_factory=lambda: [RollingMedian() for _ in CELLS])
    usual_spread: RollingMedian = msgspec.field(default_factory=RollingMedian)
    depth_usd: list[float] = msgspec.field(default_factory=lambda: [nan for _ in CELLS])
    depth_ratio: list[float | None] = msgspec.field(default_factory=lambda: [None for _ in CELLS])
    spread: float | None = None
    spread_ratio: float | None = None

    def on_snapshot(self, event: BookSnapshot) -> None:
        """Take a whole book."""
        if self.book is None:
            return
        try:
            self.book.apply_snapshot(bytes(event.bids), bytes(event.asks), event.keeps_far_levels)
            self.in_gap = False
            self.learns = self.learns or event.keeps_far_levels
        except ValueError:
            self.refused += 1

    def on_keyframe(self, event: BookSnapshot) -> None:
        """Begin with a copy of the book where there is none that can be followed; else it says nothing new."""
        if self.book is None or (not self.in_gap and (self.book.levels(BID) or self.book.levels(ASK))):
            return
        try:
            bids, far_bids = _split(event.bids, event.proven_bid, best_is_high=True)
            asks, far_asks = _split(event.asks, event.proven_ask, best_is_high=False)
            # Beyond what a snapshot proved, levels are known from deltas alone, and so they stay.
            self.book.apply_snapshot(bids, asks, False)
            self.book.apply_delta(far_bids, far_asks)
            self.in_gap = False
            self.learns = event.keeps_far_levels
        except (ValueError, msgspec.DecodeError):
            self.refused += 1

    def on_delta(self, event: BookDelta) -> None:
        """Take changed levels, already in sequence. Without any snapshot the book is learnt from deltas alone."""
        if self.book is None:
            return
        try:
            self.book.apply_delta(bytes(event.bids), bytes(event.asks))
            self.learns = True
        except ValueError:
            self.refused += 1
            self.in_gap = True  # what it would have changed is not known

    def on_top(self, event: BookTop) -> None:
        """Take the best bid and ask."""
        self.top_bid = event.bid if event.bid is not None else nan
        self.top_ask = event.ask if event.ask is not None else nan

    def on_gap(self) -> None:
        """From here to the next snapshot the book is unknown."""
        self.in_gap = True

    def close_second(self, now_s: int, *, last_price: float, traded: int, learn: bool) -> None:
        """Refresh the fault and the features; `traded` is the number of trades in the second."""
        book = self.book
        if book is None:
            return
        self.fault = self._fault(book, last_price, traded)
        known = not self.fault
        if known:
            self.spread = book.spread
            if learn:
                self.usual_spread.offer(now_s, self.spread)
            usual = self.usual_spread.value
            self.spread_ratio = self.spread / usual if usual else None
        else:
            self.spread = self.spread_ratio = None
        for i, (side, band) in enumerate(CELLS):
            depth = book.depth(side, band) if known else nan
            coverage = self.bands[i]
            proven = known and book.proven(side) >= BANDS[band]
            coverage.close_second(now_s, known=known, proven=proven, depth=depth, learns=self.learns)
            self.depth_usd[i] = depth if coverage.evaluable else nan
            if not coverage.evaluable:
                self.depth_ratio[i] = None
                continue
            if learn:
                self.usual_depth[i].offer(now_s, depth)
            usual = self.usual_depth[i].value
            self.depth_ratio[i] = depth / usual if usual else None

    def confirmed_ratio(self, side: int) -> float | None:
        """The 1 % ratio confirmed by a neighbour: one order moves one band, makers move all. None: not evaluable."""
        one = self.depth_ratio[cell(side, ONE_PERCENT)]
        if one is None:
            return None
        ratios = (self.depth_ratio[cell(side, band)] for band in (HALF_PERCENT, TWO_PERCENT))
        neighbours = [ratio for ratio in ratios if ratio is not None]
        return max(one, min(neighbours)) if neighbours else None

    def _fault(self, book: Book, last_price: float, traded: int) -> str:
        if self.in_gap:
            return "gap"
        if book.levels(BID) == 0 or book.levels(ASK) == 0:
            return "one side empty" if book.levels(BID) != book.levels(ASK) else "no levels"
        if book.crossed:
            self.crossed_total_s += 1
            return "crossed"
        if book.changes != self.changes:
            self.changes, self.quiet_s, self.quiet_trades = book.changes, 0, 0
        else:
            self.quiet_s += 1
            self.quiet_trades += traded
        if self.quiet_s >= FROZEN_S and self.quiet_trades >= FROZEN_S:
            return "frozen"
        through = last_price == last_price and (
            book.best_bid > last_price * (1 + GHOST_BEYOND) or book.best_ask < last_price * (1 - GHOST_BEYOND)
        )
        self.ghost_s = self.ghost_s + 1 if through and traded else (0 if not through else self.ghost_s)
        if self.ghost_s > GHOST_S:
            return "ghost"
        return ""
