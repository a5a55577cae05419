"""How much busier this time of day usually is than the rest of the day: funding settlements, openings, closes."""

from __future__ import annotations

from statistics import median

import msgspec

DAY_S = 86_400
SLOT_S = 300
SLOTS = DAY_S // SLOT_S
DAYS = 7
LEAST_DAYS = 3
"""On fewer days a busy slot was chance."""

MOST = 10.0
"""No hour excuses more than that."""


class TimeOfDay(msgspec.Struct):
    """A factor of at least 1 for each five minutes of the day: the median, over up to seven days, of the slot's peak,
    over the median slot's. It only ever forgives: a quiet hour makes nothing more sensitive.

    >>> habit = TimeOfDay()
    >>> for second in range(0, 4 * 86_400, 60):
    ...     habit.offer(second, 6.0 if second % 28_800 < 60 else 1.5)
    >>> habit.factor(5 * 86_400), habit.factor(5 * 86_400 + 3_600)
    (4.0, 1.0)
    """

    peaks: list[list[float]] = msgspec.field(default_factory=lambda: [[] for _ in range(SLOTS)])
    usual: float = 0.0
    """The median slot's peak; 0 until enough is known."""
    slot: int = -1
    high: float = 0.0

    def offer(self, now_s: int, value: float) -> None:
        """Take a ratio to the trailing hour; only what is calm should be offered."""
        slot = now_s // SLOT_S
        if slot != self.slot:
            if self.slot >= 0:
                self._close(self.slot % SLOTS)
            self.slot, self.high = slot, 0.0
        if value > self.high:
            self.high = value

    def factor(self, now_s: int) -> float:
        """How much busier than the median slot this one usually is; 1.0 where that is not known."""
        known = self.peaks[now_s // SLOT_S % SLOTS]
        if len(known) < LEAST_DAYS or not self.usual > 0:
            return 1.0
        return min(max(median(known) / self.usual, 1.0), MOST)

    def _close(self, slot: int) -> None:
        self.peaks[slot] = [*self.peaks[slot][1 - DAYS :], self.high]
        known = [median(peaks) for peaks in self.peaks if len(peaks) >= LEAST_DAYS]
        self.usual = median(known) if len(known) >= SLOTS // 2 else 0.0
