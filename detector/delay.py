"""How late a market's stream arrives, over what is usual for it, free of the clocks' offset and of its leaps."""

from __future__ import annotations

from math import nan

import msgspec

from detector.bars import Ring, Tally
from detector.stats.clock_step import LEAP_NS, ClockStep
from detector.stats.rolling_median import RollingMedian

NS = 1_000_000_000
AHEAD_NS = 2 * NS
"""A stamp further ahead of its receipt is a fault of one message; as a floor it would make all others look late."""
SAMPLES = 64
"""Delays kept a second: enough for a median, bounded in a burst."""


class Delay(msgspec.Struct):
    """Receive time minus event time of one market's events.

    The offset between two clocks is unknown but steady: the smallest difference seen in ten minutes or so stands for
    "no delay", until a clock is set (`ClockStep`). The typical delay of a second is its median, which one straggler
    does not move.
    """

    samples: list[int] = []
    odd: list[int] = []
    """Differences of events that are out of order by more than a second, or ahead of all before: one wrong stamp,
    history that is sent again, or a clock that was set."""
    odd_newest_ns: int = 0
    least_ns: int = -AHEAD_NS
    """What is below it is odd: impossible, or below the floor by a leap once the clocks are known."""
    floor_ns: int | None = None
    floor_minute_ns: int | None = None
    floor_minutes: list[int] = []
    newest_ns: int = 0
    moved_ns: int = 0
    """`newest_ns` at the end of the second before."""
    last_event_ns: int = 0
    """Engine time of the last event."""
    arrivals: int = 0
    odd_arrivals: int = 0
    medians: Ring = msgspec.field(default_factory=lambda: Ring.of(10))
    weights: Tally = msgspec.field(default_factory=lambda: Tally.of(10))
    usual: RollingMedian = msgspec.field(default_factory=RollingMedian)
    clocks: ClockStep = msgspec.field(default_factory=ClockStep)
    delay_s: float | None = None
    """Typical delay of the events received in the last ten seconds, less the floor; None without events."""
    delay_now_s: float | None = None
    """The same of the last second alone."""
    clock_step_s: float | None = None
    """How far the clocks' difference has leapt in the last minute; None where it has not."""

    def on_event(self, ts_event_ns: int, ts_recv_ns: int, now_ns: int, streamed: bool = True) -> None:
        """Account for an arrival; an event without a time of its own (that of its receipt, or still that of a second
        ago) says nothing about delay.

        What is not `streamed` (an answer to a repeated call) may be of any age and says nothing about clocks.
        """
        self.last_event_ns = now_ns
        if ts_recv_ns == ts_event_ns or ts_event_ns == self.moved_ns:
            return
        delay_ns = ts_recv_ns - ts_event_ns
        if delay_ns < self.least_ns or ts_event_ns < self.newest_ns - NS:
            if streamed:
                self.odd_arrivals += 1
                self.odd_newest_ns = ts_event_ns
                _keep(self.odd, delay_ns, self.odd_arrivals)
            return
        self.newest_ns = max(self.newest_ns, ts_event_ns)
        self.arrivals += 1
        _keep(self.samples, delay_ns, self.arrivals)

    def close_second(self, now_s: int, learn: bool) -> None:
        """Refresh `delay_s`; the floor is the least of the last ten minutes' least."""
        told, clocks = self._told(), self.clocks
        if told is not None:
            step_ns = clocks.close_second(now_s, told[0], told[1])
            if step_ns:
                self._rebase(told[0])
        self.clock_step_s, in_doubt = clocks.told(now_s), clocks.in_doubt
        if told is None or told[2] is False or in_doubt:
            self.delay_now_s = None
            self.medians.put(now_s, nan)
            self.weights.put(now_s, 0)
        else:
            least, median, _ = told
            self.floor_minute_ns = least if self.floor_minute_ns is None else min(least, self.floor_minute_ns)
            self.floor_ns = least if self.floor_ns is None else min(least, self.floor_ns)
            self.delay_now_s = (median - self.floor_ns) / NS
            self.medians.put(now_s, self.delay_now_s)
            self.weights.put(now_s, self.arrivals)
        self.samples.clear()
        self.odd.clear()
        self.arrivals = self.odd_arrivals = 0
        self.moved_ns = self.newest_ns
        if now_s % 60 == 0 and self.floor_minute_ns is not None:
            self.floor_minutes = [*self.floor_minutes[-9:], self.floor_minute_ns]
            self.floor_minute_ns = None
            if learn:
                self.floor_ns = min(self.floor_minutes)
        if self.floor_ns is not None and clocks.settled:
            self.least_ns = self.floor_ns - LEAP_NS
        self.delay_s = None if in_doubt else self._typical()
        if learn and now_s >= self.usual.next_s and self.delay_s is not None:
            self.usual.offer(now_s, self.delay_s)

    def _told(self) -> tuple[int, int, bool] | None:
        """Least and median difference of the second, and whether they are of events in their order."""
        in_order = bool(self.samples) and self.newest_ns > self.moved_ns
        found = self.samples if in_order else self.odd
        if not found:
            return None
        found.sort()
        return found[0], found[len(found) // 2], in_order

    def _rebase(self, least_ns: int) -> None:
        """The clocks were set: what was the floor is none any more, nor is the newest time the newest."""
        self.floor_ns = self.floor_minute_ns = least_ns
        self.floor_minutes = []
        if self.odd:
            self.newest_ns = self.odd_newest_ns

    def _typical(self) -> float | None:
        """Median of the seconds' medians, each weighted by its arrivals: a burst after a stall outweighs quiet
        seconds.
        """
        half = self.weights.total / 2
        if not half:
            return None
        weights = self.weights.cells
        seconds = zip(self.medians.cells, weights, strict=True)
        passed = 0
        for median, weight in sorted(seconds if 0 not in weights else [second for second in seconds if second[1]]):
            passed += weight
            if passed >= half:
                return median
        return None

    def in_time(self, late_s: float) -> bool:
        """Whether what is heard is of now, as far as is known: a feed in doubt may be late."""
        return not self.clocks.in_doubt and (self.delay_s or 0.0) <= late_s

    @property
    def ratio(self) -> float | None:
        """Delay over its usual, with a floor of ten milliseconds; None until both are known."""
        usual = self.usual.value
        return self.delay_s / max(usual, 0.01) if self.delay_s is not None and usual is not None else None


def _keep(samples: list[int], delay_ns: int, arrivals: int) -> None:
    """Keep some of a flood: a stalled feed empties itself in one burst, oldest first; its tail must be heard too."""
    if len(samples) < SAMPLES:
        samples.append(delay_ns)
    elif arrivals % SAMPLES == 0:
        samples[arrivals // SAMPLES % SAMPLES] = delay_ns
