"""How late a market's stream arrives, over what is usual for it, free of the clocks' offset."""

from __future__ import annotations

from math import nan

import msgspec

from detector.bars import Ring, Tally
from detector.stats.rolling_median import RollingMedian

NS = 1_000_000_000
AHEAD_NS = 2 * NS
"""A stamp further ahead of its receipt is a fault of one message; as a floor it would make all others look late."""
SAMPLES = 64
"""Delays kept a second: enough for a median, bounded in a burst."""


class Delay(msgspec.Struct):
    """Receive time minus event time of one market's events.

    The offset between two clocks is unknown but steady: the smallest difference seen in ten minutes or so stands for
    "no delay". The typical delay of a second is its median, which one straggler does not move.
    """

    samples: list[int] = []
    floor_ns: int | None = None
    floor_minute_ns: int | None = None
    floor_minutes: list[int] = []
    newest_ns: int = 0
    last_event_ns: int = 0
    """Engine time of the last event."""
    arrivals: int = 0
    medians: Ring = msgspec.field(default_factory=lambda: Ring.of(10))
    weights: Tally = msgspec.field(default_factory=lambda: Tally.of(10))
    usual: RollingMedian = msgspec.field(default_factory=RollingMedian)
    delay_s: float | None = None
    """Typical delay of the events received in the last ten seconds, less the floor; None without events."""

    def on_event(self, ts_event_ns: int, ts_recv_ns: int, now_ns: int) -> None:
        """Account for an arrival; an event without a time of its own (event = receive) says nothing about delay."""
        self.last_event_ns = now_ns
        if ts_recv_ns == ts_event_ns or ts_event_ns > ts_recv_ns + AHEAD_NS or ts_event_ns < self.newest_ns - NS:
            return  # no time of its own, an impossible one, or history that was sent again
        self.newest_ns = max(self.newest_ns, ts_event_ns)
        self.arrivals += 1
        if len(self.samples) < SAMPLES:
            self.samples.append(ts_recv_ns - ts_event_ns)
        elif self.arrivals % SAMPLES == 0:
            # A stalled feed empties itself in one burst, oldest first: the tail must be heard too.
            self.samples[self.arrivals // SAMPLES % SAMPLES] = ts_recv_ns - ts_event_ns

    def close_second(self, now_s: int, learn: bool) -> None:
        """Refresh `delay_s`; the floor is the least of the last ten minutes' least."""
        if self.samples:
            self.samples.sort()
            least = self.samples[0]
            if self.floor_minute_ns is None or least < self.floor_minute_ns:
                self.floor_minute_ns = least
            if self.floor_ns is None or least < self.floor_ns:
                self.floor_ns = least
            self.medians.put(now_s, (self.samples[len(self.samples) // 2] - self.floor_ns) / NS)
        else:
            self.medians.put(now_s, nan)
        self.weights.put(now_s, self.arrivals)
        self.samples.clear()
        self.arrivals = 0
        if now_s % 60 == 0 and self.floor_minute_ns is not None:
            self.floor_minutes = [*self.floor_minutes[-9:], self.floor_minute_ns]
            self.floor_minute_ns = None
            if learn:
                self.floor_ns = min(self.floor_minutes)
        self.delay_s = self._typical()
        if learn and self.delay_s is not None:
            self.usual.offer(now_s, self.delay_s)

    def _typical(self) -> float | None:
        """Median of the seconds' medians, each weighted by its arrivals: a burst after a stall outweighs quiet
        seconds.
        """
        half = self.weights.total / 2
        if not half:
            return None
        passed = 0
        for median, weight in sorted((m, w) for m, w in zip(self.medians.cells, self.weights.cells, strict=True) if w):
            passed += weight
            if passed >= half:
                return median
        return None

    @property
    def ratio(self) -> float | None:
        """Delay over its usual, with a floor of ten milliseconds; None until both are known."""
        usual = self.usual.value
        return self.delay_s / max(usual, 0.01) if self.delay_s is not None and usual is not None else None
