"""Second bars: fixed rings of what happened in each of the last seconds."""

from __future__ import annotations

from array import array
from math import nan
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    Doubles = array[float]
else:
    Doubles = array  # has no parameters at run time before Python 3.12


class Ring(msgspec.Struct):
    """One number a second for the last `size` seconds; a second that was never written reads as `empty`.

    >>> ring = Ring.of(3)
    >>> for second in range(5):
    ...     ring.put(second, float(second))
    >>> ring.ago(4, 1), ring.ago(4, 3)
    (3.0, nan)
    """

    size: int
    cells: Doubles
    """Bare doubles: a list would keep an object of 24 bytes for each, all over the memory."""
    seen: int = 0

    @classmethod
    def of(cls, size: int) -> Ring:
        """A ring of `size` seconds, all unknown."""
        return cls(size, array("d", [nan]) * size)

    def put(self, now_s: int, value: float) -> None:
        """Write the second that ends at `now_s`; callers write every second once, in order."""
        self.cells[now_s % self.size] = value
        self.seen += 1

    def push(self, now_s: int, value: float) -> float:
        """As `put`; return the oldest value that the ring now holds, of `size` - 1 seconds ago: NaN until it is full.

        >>> ring = Ring.of(3)
        >>> [ring.push(second, float(second)) for second in range(4)]
        [nan, nan, 0.0, 1.0]
        """
        cells, size = self.cells, self.size
        cells[now_s % size] = value
        self.seen += 1
        return cells[(now_s + 1) % size] if self.seen >= size else nan

    def ago(self, now_s: int, seconds: int) -> float:
        """The value `seconds` before `now_s`; NaN beyond the ring or before it began."""
        return self.cells[(now_s - seconds) % self.size] if seconds < self.size and seconds < self.seen else nan


class Tally(msgspec.Struct):
    """Whole numbers a second for the last `size` seconds, with their running sum: exact, because integers do not drift.

    >>> tally = Tally.of(3)
    >>> [tally.put(second, second) for second in range(5)]
    [0, 0, 0, 0, 1]
    >>> tally.total
    9
    """

    size: int
    cells: list[int]
    total: int = 0

    @classmethod
    def of(cls, size: int) -> Tally:
        """A tally of `size` seconds, all zero."""
        return cls(size, [0] * size)

    def put(self, now_s: int, value: int) -> int:
        """Write the second that ends at `now_s` and return the one that leaves; callers write every second once."""
        slot = now_s % self.size
        leaving = self.cells[slot]
        self.total += value - leaving
        self.cells[slot] = value
        return leaving
