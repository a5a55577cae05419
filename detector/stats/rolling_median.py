"""The median of the last hour, exactly, of a series looked at every half minute."""

from __future__ import annotations

from bisect import bisect_left, insort

import msgspec


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
