"""A venue's pulse: when it last traded anywhere, and how long its pauses usually are."""

from __future__ import annotations

import msgspec

from schemas.clock import VenuePulse

NS = 1_000_000_000

MINUTES = 60
"""Memory of usual pauses: an hour of minutes."""


class Pulse(msgspec.Struct):
    """The last trade of any market of a venue, and its longest pauses."""

    last_ns: int = 0
    longest_ns: int = 0
    seconds: int = 0
    minutes: list[int] = []

    def take(self, pulse: VenuePulse) -> None:
        """Take what the stream's clock says."""
        self.last_ns = max(self.last_ns, pulse.last_trade_ns)
        self.longest_ns = max(self.longest_ns, pulse.longest_pause_ns)

    def close_second(self, now_s: int) -> None:
        """Once a minute, remember the longest pause so far in it, one that still lasts included."""
        self.seconds += 1
        if self.seconds % 60 == 0:
            lasting = now_s * NS - self.last_ns if self.last_ns else 0
            self.minutes = [*self.minutes[1 - MINUTES :], max(self.longest_ns, lasting)]
            self.longest_ns = 0

    @property
    def usual_longest_s(self) -> float | None:
        """Longest pause of the last hour, leaving out its three worst minutes; None before ten minutes."""
        if len(self.minutes) < 10:
            return None
        return sorted(self.minutes)[-4] / NS
