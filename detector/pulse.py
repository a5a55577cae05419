"""A venue's pulse: when it last traded anywhere, and how long its pauses usually are.

A pause of the *whole* venue tells a feed gap from fills that did not print: when every stream of a venue has a hole
over the
same second of silence, the messages were lost, not the prints.
"""

from __future__ import annotations

import msgspec

NS = 1_000_000_000

PAUSE_NS = NS // 2
"""Silence of all markets of a venue that may hide a reconnect. Busy venues print many times in half a second."""

MINUTES = 60
"""Memory of usual pauses: an hour of minutes."""


class Pulse(msgspec.Struct):
    """The last trade of any market of a venue, the end of its last pause, and its longest pauses."""

    last_ns: int = 0
    pause_end_ns: int = 0
    longest_ns: int = 0
    seconds: int = 0
    minutes: list[int] = []

    def on_trade(self, now_ns: int) -> None:
        """Account for a trade on any of the venue's markets."""
        pause = now_ns - self.last_ns
        if pause >= PAUSE_NS:
            self.pause_end_ns = now_ns
        if self.last_ns and pause > self.longest_ns:
            self.longest_ns = pause
        self.last_ns = now_ns

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
