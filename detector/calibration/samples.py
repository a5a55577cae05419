"""Samples in bounded memory: an even choice of a long series, and the largest of very many minutes."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappush, heappushpop

import msgspec

MOST = 1_024
"""Values kept of one series: 21 quantiles need no more."""
LARGEST = 64
"""Minutes kept of one market: the P99.9 of six weeks."""


class Thinned(msgspec.Struct):
    """Every value until there are `MOST`, then every second one, every fourth, and so on: evenly over the whole time.

    >>> few = Thinned(most=4)
    >>> for value in range(9):
    ...     few.offer(float(value))
    >>> few.values, few.count
    ([0.0, 4.0, 8.0], 9)
    """

    most: int = MOST
    values: list[float] = []
    every: int = 1
    count: int = 0
    """Values offered."""

    def offer(self, value: float) -> None:
        """Take a value if it is its turn."""
        if self.count % self.every == 0:
            if len(self.values) == self.most:
                self.values = self.values[::2]
                self.every *= 2
            if self.count % self.every == 0:
                self.values.append(value)
        self.count += 1


class Busiest(msgspec.Struct):
    """The 99.9th percentile of minutes, exactly up to 64,000 of them, and a little more than that beyond."""

    count: int = 0
    largest: list[float] = []
    """A heap: the least of them comes first."""

    def offer(self, value: float) -> None:
        """Take a minute."""
        self.count += 1
        if len(self.largest) < LARGEST:
            heappush(self.largest, value)
        else:
            heappushpop(self.largest, value)

    @property
    def value(self) -> float:
        """What one minute in a thousand exceeds."""
        falling = sorted(self.largest, reverse=True)
        return falling[min(self.count // 1_000, len(falling) - 1)] if falling else 0.0


def quantile(ordered: Sequence[float], share: float) -> float:
    """A quantile of rising values, linear between two of them.

    >>> quantile([1.0, 2.0, 4.0], 0.75)
    3.0
    """
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def rounded(value: float) -> float:
    """To six digits, as a file has them.

    >>> rounded(1234567.0), rounded(0.000123456789)
    (1234570.0, 0.000123457)
    """
    return float(f"{value:.6g}")
