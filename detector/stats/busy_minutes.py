"""The 99.9th percentile of a week's minutes, exactly, from the largest few of each day."""

from __future__ import annotations

import msgspec

DAY_S = 86_400
DAYS = 7
KEEP = 12
"""Of a week's 10,080 minutes the eleventh largest is the 99.9th percentile; all of them may fall on one day."""


class Day(msgspec.Struct):
    """A day's minutes: how many, and the largest of them, in falling order."""

    number: int
    minutes: int = 0
    largest: list[float] = []


class BusyMinutes(msgspec.Struct):
    """What only one minute in a thousand exceeds. Until a thousand minutes are known it is the largest of them.

    Cost: nothing but a comparison a second, and an insertion into a dozen numbers a minute.

    >>> minutes = BusyMinutes()
    >>> for minute in range(2_000):
    ...     minutes.offer(60 * minute, float(minute % 500))
    >>> minutes.value
    499.0
    """

    days: list[Day] = []
    minute_s: int = 0
    high: float = 0.0
    """The largest value in the minute that has not ended."""
    value: float = 0.0

    def offer(self, now_s: int, value: float) -> None:
        """Take the second's value, such as a sum over the last sixty seconds; older days than seven are forgotten."""
        minute_s = now_s - now_s % 60
        if minute_s != self.minute_s:
            if self.minute_s:
                self._close(self.minute_s // DAY_S)
            self.minute_s, self.high = minute_s, 0.0
        if value > self.high:
            self.high = value

    def _close(self, number: int) -> None:
        if not self.days or self.days[-1].number != number:
            self.days = [day for day in self.days if day.number > number - DAYS] + [Day(number)]
        day = self.days[-1]
        day.minutes += 1
        if len(day.largest) < KEEP or self.high > day.largest[-1]:
            day.largest = sorted([*day.largest, self.high], reverse=True)[:KEEP]
        minutes = sum(day.minutes for day in self.days)
        everything = sorted((value for day in self.days for value in day.largest), reverse=True)
        self.value = everything[min(minutes // 1_000, KEEP - 1)]
