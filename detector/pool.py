"""The pooled order flow of every connected market: the input of the market-wide shock signals."""

from __future__ import annotations

import msgspec

from detector.bars import Tally
from detector.stats.branching import BranchingRatio
from detector.stats.rolling_median import RollingMedian

LEAST_RATE = 0.2
"""Orders a second below which a multiple means nothing: one order would be a burst."""


class Pool(msgspec.Struct):
    """Orders a second over all markets, by side, with their self-excitation and their usual rate."""

    buys: BranchingRatio = msgspec.field(default_factory=BranchingRatio)
    sells: BranchingRatio = msgspec.field(default_factory=BranchingRatio)
    ten_seconds: Tally = msgspec.field(default_factory=lambda: Tally.of(10))
    minute: Tally = msgspec.field(default_factory=lambda: Tally.of(60))
    usual_rate: RollingMedian = msgspec.field(default_factory=RollingMedian)
    rate_ratio_10s: float | None = None
    rate_ratio_60s: float | None = None

    def close_second(self, now_s: int, buys: int, sells: int, learn: bool) -> None:
        """Account for the orders of the second that ends now."""
        self.buys.close_second(now_s, buys)
        self.sells.close_second(now_s, sells)
        self.ten_seconds.put(now_s, buys + sells)
        self.minute.put(now_s, buys + sells)
        if learn and self.minute.total:  # a minute without any order is our silence, not the market's
            self.usual_rate.offer(now_s, self.minute.total / 60.0)
        usual = self.usual_rate.value
        if usual is None or usual < LEAST_RATE:
            self.rate_ratio_10s = self.rate_ratio_60s = None
            return
        self.rate_ratio_10s = self.ten_seconds.total / 10.0 / usual
        self.rate_ratio_60s = self.minute.total / 60.0 / usual
