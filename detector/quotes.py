"""The book side of a market: depth in bands, spread, and whether the book can be believed at all."""

from __future__ import annotations

from decimal import Decimal
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


def _edge(price: float | None, qty: int) -> bytes:
    """One level, or none, as a venue would write it."""
    return b"[]" if price is None else f'[["{Decimal(repr(price)):f}","{qty}"]]'.encode()


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
    anchored: bool = False
    """Whether a snapshot came since the start and since the last gap."""
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
            self.anchored = True
            self.learns = self.learns or event.keeps_far_levels
        except ValueError:
            self.refused += 1

    def on_keyframe(self, event: BookSnapshot) -> None:
        """Begin with a copy of the book where none is known; whoever followed the book learns nothing new from it."""
        book = self.book
        if book is None or self.anchored:
            return
        try:
            # A snapshot of two levels that are gone at once: it proves so much as the venue's last one did. All levels
            # come as changes, because beyond it they are known from changes alone.
            book.apply_snapshot(_edge(event.proven_bid, 1), _edge(event.proven_ask, 1), False)
            book.apply_delta(_edge(event.proven_bid, 0), _edge(event.proven_ask, 0))
            book.apply_delta(bytes(event.bids), bytes(event.asks))
        except ValueError:
            self.refused += 1
            return
        self.in_gap = False
        self.anchored = True
        self.learns = event.keeps_far_levels

    def on_delta(self, event: BookDelta) -> None:
        """Take changed levels, already in sequence. Without any snapshot the book is learnt from deltas alone."""
        if self.book is None:
            return
        try:
            self.book.apply_delta(bytes(event.bids), bytes(event.asks))
            self.learns = True
        except ValueError:
            self.refused += 1
            self.on_gap()  # what it would have changed is not known

    def on_top(self, event: BookTop) -> None:
        """Take the best bid and ask."""
        self.top_bid = event.bid if event.bid is not None else nan
        self.top_ask = event.ask if event.ask is not None else nan

    def on_gap(self) -> None:
        """From here to the next snapshot the book is unknown."""
        self.in_gap = True
        self.anchored = False

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
