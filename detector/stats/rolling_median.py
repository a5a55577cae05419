"""The median of the last hour, exactly, of a series looked at every half minute."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from statistics import median

import msgspec

MAD_TO_SIGMA = 1.4826
"""Median absolute deviation to the σ of a normal distribution."""

LONGEST_FREEZE_S = 7_200
"""No baseline stands still for more than two hours: the crash of 10 October 2025 took one. What lasts longer is the new
usual, or nothing ever would be."""


class RollingMedian(msgspec.Struct):
    """Exact median of the last `size` accepted samples, one at most every `every_s` seconds.

    A median of 120 half-minute samples needs half an hour of a new regime to follow it, so that a shock does not become
    its own baseline; callers stop feeding it while an episode is open. Cost: one insertion into a short sorted list per
    half minute.

    >>> baseline = RollingMedian(size=3, every_s=1, warm=2)
    >>> for second, value in enumerate([5.0, 1.0, 9.0, 100.0]):
    ...     baseline.offer(second, value)
    >>> baseline.value
    9.0
    """

    size: int = 120
    every_s: int = 30
    warm: int = 20
    """Samples before `value` is known: ten minutes at the default spacing."""
    next_s: int = 0
    recent: list[float] = []
    ordered: list[float] = []
    value: float | None = None
    """The median, or None until warm."""

    def seed(self, values: Sequence[float]) -> None:
        """Begin with what is usual by an earlier measurement; live samples take its place one by one. Fewer values than
        `warm` are none.

        >>> baseline = RollingMedian(size=5, every_s=1, warm=3)
        >>> baseline.seed([1.0, 2.0, 9.0])
        >>> baseline.value
        2.0
        """
        if len(values) < self.warm:
            return
        ordered = sorted(values)
        # The extremes leave first, in pairs: what is left of the seed keeps its median.
        self.recent = [ordered[-1 - place // 2] if place % 2 else ordered[place // 2] for place in range(len(ordered))]
        self.ordered = ordered
        self.value = median(ordered)

    def offer(self, now_s: int, value: float) -> None:
        """Take `value` if the spacing allows; a NaN is no sample."""
        if now_s < self.next_s or value != value:
            return
        self.next_s = now_s + self.every_s
        if len(self.recent) == self.size:
            oldest = self.recent.pop(0)
            del self.ordered[bisect_left(self.ordered, oldest)]
        self.recent.append(value)
        insort(self.ordered, value)
        n = len(self.ordered)
        if n >= self.warm:
            middle = n // 2
            self.value = self.ordered[middle] if n % 2 else (self.ordered[middle - 1] + self.ordered[middle]) / 2

    def percentile(self, value: float) -> float | None:
        """Share of the samples, in percent, that are no larger than `value`; None until warm.

        >>> RollingMedian(warm=2, recent=[1.0, 3.0], ordered=[1.0, 3.0], value=2.0).percentile(2.5)
        50.0
        """
        return None if self.value is None else 100.0 * bisect_right(self.ordered, value) / len(self.ordered)

    def sigmas(self, value: float) -> float | None:
        """Robust z: distance from the median in 1.4826 × the median absolute deviation; None until warm, or where all
        samples are alike. Costs a sort: for alerts, not for every second.

        >>> RollingMedian(warm=3, recent=[], ordered=[1.0, 2.0, 4.0], value=2.0).sigmas(10.0)
        5.396
        """
        if self.value is None:
            return None
        spread = MAD_TO_SIGMA * median(abs(sample - self.value) for sample in self.ordered)
        return round((value - self.value) / spread, 3) if spread > 0 else None
