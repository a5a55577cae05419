"""How far something has been away for how long: an excursion counts by its least distance in a window."""

from __future__ import annotations

from math import nan

import msgspec

from detector.bars import Ring, Tally


class Lasting(msgspec.Struct):
    """The distance of each of the last `Ring.size` seconds; a second that was not seen interrupts.

    >>> away = Lasting.of(60)
    >>> for second in range(10):
    ...     away.put(second, 0.03 if second else 0.01)
    >>> away.least(9, 9), away.least(9, 10)
    (0.03, 0.01)
    """

    recent: Ring
    traded: Tally
    last_trade_ns: int = 0

    @classmethod
    def of(cls, seconds: int) -> Lasting:
        """Of so many seconds."""
        return cls(Ring.of(seconds), Tally.of(seconds))

    def put(self, now_s: int, distance: float, last_trade_ns: int = 0) -> None:
        """Take the second's distance, NaN where nobody saw it, and when the market that shows it traded last."""
        self.recent.put(now_s, distance)
        self.traded.put(now_s, int(last_trade_ns != self.last_trade_ns))
        self.last_trade_ns = last_trade_ns

    def least(self, now_s: int, seconds: int) -> float:
        """The least distance of the last `seconds`; NaN where one of them was not seen."""
        found = [self.recent.ago(now_s, back) for back in range(seconds)]
        return nan if any(distance != distance for distance in found) else min(found)

    def traded_for(self, now_s: int, beyond: float) -> int:
        """Seconds between the first and the last trade since the distance was last less than `beyond`; 0 with only one.
        A price that nobody repeats is one odd print for as long as it stands.
        """
        ring = self.recent
        newest = oldest = -1
        for back in range(ring.size):
            if not ring.ago(now_s, back) >= beyond:
                break
            if self.traded.cells[(now_s - back) % ring.size]:
                oldest = back
                newest = back if newest < 0 else newest
        return oldest - newest
