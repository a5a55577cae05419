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


_AROUND_ONE_PERCENT = tuple(slice(side * len(BANDS) + HALF_PERCENT, (side + 1) * len(BANDS)) for side in (BID, ASK))
"""A side's bands of 0.5, 1 and 2 % in the lists of `Quotes`."""


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
    fault_s: int = 0
    """For how many seconds on end it has been the same one."""
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
    messages: int = 0
    """Books and changes of books, since the start."""
    refused: int = 0
    """Book messages with impossible numbers. They changed nothing; after a delta the book is unknown as in a gap."""
    bands: list[BandCoverage] = msgspec.field(default_factory=lambda: [BandCoverage() for _ in CELLS])
    usual_depth: list[RollingMedian] = msgspec.field(default_factory=lambda: [RollingMedian() for _ in CELLS])
    usual_spread: RollingMedian = msgspec.field(default_factory=RollingMedian)
    least_spread: float = 0.0
    """The market's own floor, by a calibration: what is seen in the calm is no withdrawal."""
    depth_usd: list[float] = msgspec.field(default_factory=lambda: [nan for _ in CELLS])
    depth_ratio: list[float | None] = msgspec.field(default_factory=lambda: [None for _ in CELLS])
    spread: float | None = None
    spread_ratio: float | None = None

    def on_snapshot(self, event: BookSnapshot) -> None:
        """Take a whole book."""
        if self.book is None:
            return
        self.messages += 1
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
        self.messages += 1
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
        before, self.fault = self.fault, self._fault(book, last_price, traded)
        self.fault_s = (self.fault_s + 1 if self.fault == before else 1) if self.fault else 0
        known = not self.fault
        if known:
            self.spread = book.spread
            if learn and now_s >= self.usual_spread.next_s:
                self.usual_spread.offer(now_s, self.spread)
            usual = self.usual_spread.value
            self.spread_ratio = self.spread / usual if usual else None
        else:
            self.spread = self.spread_ratio = None
        self._close_bands(now_s, book if known else None, learn)

    def confirmed_ratio(self, side: int) -> float | None:
        """The 1 % ratio confirmed by a neighbour: one order moves one band, makers move all. None: not evaluable."""
        half, one, two = self.depth_ratio[_AROUND_ONE_PERCENT[side]]
        if one is None or (half is None and two is None):
            return None
        neighbour = half if two is None or (half is not None and half < two) else two
        return one if neighbour is None or one > neighbour else neighbour

    def _close_bands(self, now_s: int, book: Book | None, learn: bool) -> None:
        """Depth of each band over its usual; a book that is not known has none."""
        depths, ratios, learns = self.depth_usd, self.depth_ratio, self.learns
        reaches = (book.proven(BID), book.proven(ASK)) if book is not None else (0.0, 0.0)
        for i, (side, band) in enumerate(CELLS):
            depth = nan if book is None else book.depth(side, band)
            proven = reaches[side] >= BANDS[band]
            if not self.bands[i].close_second(now_s, known=book is not None, proven=proven, depth=depth, learns=learns):
                depths[i], ratios[i] = nan, None
                continue
            usual = self.usual_depth[i]
            if learn and now_s >= usual.next_s:
                usual.offer(now_s, depth)
            depths[i] = depth
            ratios[i] = depth / usual.value if usual.value else None

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
