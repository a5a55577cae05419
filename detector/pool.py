"""The pooled order flow of every connected market: the input of the market-wide shock signals."""

from __future__ import annotations

import msgspec

from detector.bars import Tally
from detector.stats.branching import BranchingRatio
from detector.stats.rolling_median import LONGEST_FREEZE_S, RollingMedian
from detector.stats.time_of_day import TimeOfDay

LEAST_RATE = 0.2
"""Orders a second below which a multiple means nothing: one order would be a burst."""


class Pool(msgspec.Struct):
    """Orders a second over all markets, by side, with their self-excitation and their usual rate."""

    buys: BranchingRatio = msgspec.field(default_factory=BranchingRatio)
    sells: BranchingRatio = msgspec.field(default_factory=BranchingRatio)
    ten_seconds: Tally = msgspec.field(default_factory=lambda: Tally.of(10))
    minute: Tally = msgspec.field(default_factory=lambda: Tally.of(60))
    usual_rate: RollingMedian = msgspec.field(default_factory=RollingMedian)
    habit: TimeOfDay = msgspec.field(default_factory=TimeOfDay)
    """Settlements and openings are busy every day: their rate is held against that."""
    rate_ratio_10s: float | None = None
    rate_ratio_60s: float | None = None
    seconds: int = 0
    """How many were closed since the beginning, or since the last hole."""

    def restart(self, now_s: int) -> None:
        """Forget the last minutes: nothing at all was heard for a while, and what nobody heard was no calm. What was
        usual stays, unless it is older than baselines ever are.
        """
        self.buys, self.sells = BranchingRatio(), BranchingRatio()
        self.ten_seconds, self.minute = Tally.of(10), Tally.of(60)
        self.rate_ratio_10s = self.rate_ratio_60s = None
        self.seconds = 0
        if now_s - self.usual_rate.next_s > LONGEST_FREEZE_S:
            self.usual_rate = RollingMedian()
        self.usual_rate.next_s = now_s + self.minute.size  # the next minute is not over yet

    def close_second(self, now_s: int, buys: int, sells: int, learn: bool, stand_in: float | None = None) -> None:
        """Account for the orders of the second that ends now; `stand_in` is their usual rate until it is known here."""
        self.seconds += 1
        self.buys.close_second(now_s, buys)
        self.sells.close_second(now_s, sells)
        self.ten_seconds.put(now_s, buys + sells)
        self.minute.put(now_s, buys + sells)
        if learn and self.minute.total:  # a minute without any order is our silence, not the market's
            self.usual_rate.offer(now_s, self.minute.total / 60.0)
        usual = self.usual_rate.value if self.usual_rate.value is not None else stand_in
        if usual is None or usual < LEAST_RATE:
            self.rate_ratio_10s = self.rate_ratio_60s = None
            return
        ratio_60s = self.minute.total / 60.0 / usual
        if learn:
            self.habit.offer(now_s, ratio_60s)
        habit = self.habit.factor(now_s)
        self.rate_ratio_10s = self.ten_seconds.total / 10.0 / usual / habit if self.seconds >= 10 else None
        self.rate_ratio_60s = ratio_60s / habit if self.seconds >= 60 else None
