"""Whether the difference between a venue's clock and ours has leapt: a step, as against a feed that lags.

A lag comes and goes with a queue: the least difference of a second wanders, and the messages of one second differ. When
a clock is set, both the least and the median of every second move by the same amount at once and stay there.
"""

from __future__ import annotations

import msgspec

NS = 1_000_000_000
LEAP_NS = NS // 2
"""Smaller steps leave no feed late and no event out of its allowed lateness."""
CONFIRM = 8
"""Seconds with messages that must agree. Real lags in the record of 10 October 2025 stood so still for at most seven to
ten seconds, each time on one or two markets of a venue, and never in its calm part."""
DOUBTS = 60
"""The same where it may be a lag that stands still: before the usual difference is known (a start under load is late),
and after seconds that wandered."""
SUDDEN = 2
"""A step is there within two seconds; what takes longer to grow is a queue."""
WARM = 20
"""Seconds with messages before a difference is known well enough to have leapt."""
SLACK_NS = NS // 10
"""How far seconds may differ and still agree, beside what is usual for the market: its median least is 2 ms away."""
WIDER = 4.0
"""Usual deviations that still agree."""
MEMORY = 1 / 16
"""Weight of a second in what is usual."""


class ClockStep(msgspec.Struct):
    """Steps in receive time minus event time. A statistic of one market; times in ns.

    >>> clocks = ClockStep()
    >>> steps = [clocks.close_second(second, 0, 2_000_000) for second in range(30)]
    >>> steps += [clocks.close_second(second, 5 * NS, 5 * NS + 2_000_000) for second in range(30, 38)]
    >>> sum(steps) / NS, clocks.told(38), clocks.told(98)
    (5.0, 5.0, None)
    """

    base_ns: int | None = None
    """The usual least difference of a second."""
    wander_ns: float = 0.0
    """How far the least of a second usually is from `base_ns`."""
    spread_ns: float = 0.0
    """How far the median of a second usually is from its least."""
    seen: int = 0
    """Seconds that have taught what is usual."""
    candidate_ns: int = 0
    streak: int = 0
    """Seconds in a row that agree on `candidate_ns`, far from `base_ns`."""
    wandered: int = 0
    """Seconds far from `base_ns` that agreed with none, since the last one near it."""
    step_ns: int = 0
    stepped_s: int = 0
    """When the last step was confirmed; 0 before any."""

    def close_second(self, now_s: int, least_ns: int, median_ns: int) -> int:
        """Take a second with messages; return by how much the difference has leapt, once that is certain, or 0."""
        if self.base_ns is None or (not self.settled and least_ns < self.base_ns - LEAP_NS):
            self._begin(least_ns)
            return 0
        slack_ns = SLACK_NS + WIDER * self.wander_ns
        width_ns = SLACK_NS + WIDER * self.spread_ns
        away_ns = least_ns - self.base_ns
        if abs(away_ns) < max(LEAP_NS, 2 * slack_ns):
            self.base_ns += round(MEMORY * max(-slack_ns, min(slack_ns, away_ns)))
            self.wander_ns += MEMORY * (min(slack_ns, abs(away_ns)) - self.wander_ns)
            self.spread_ns += MEMORY * (min(width_ns, median_ns - least_ns) - self.spread_ns)
            self.seen += 1
            self.streak = self.wandered = 0
            return 0
        if median_ns - least_ns > width_ns:
            self.wandered += 1
            return 0
        if self.streak and abs(least_ns - self.candidate_ns) > slack_ns:
            self.wandered += self.streak
            self.streak = 0
        self.candidate_ns = min(self.candidate_ns, least_ns) if self.streak else least_ns
        self.streak += 1
        return self._confirm(now_s) if self.streak >= (CONFIRM if self._sudden else DOUBTS) else 0

    @property
    def settled(self) -> bool:
        """Whether the usual difference is known."""
        return self.seen >= WARM

    @property
    def in_doubt(self) -> bool:
        """Whether the last second may belong to a step that is not certain yet: then nobody knows what is late."""
        return self.streak > 0 and self._sudden

    @property
    def _sudden(self) -> bool:
        return self.settled and self.wandered <= SUDDEN

    def told(self, now_s: int) -> float | None:
        """The step of the last minute, in seconds; None where there was none."""
        return self.step_ns / NS if self.stepped_s and now_s - self.stepped_s < 60 else None

    def _begin(self, least_ns: int) -> None:
        self.base_ns, self.seen, self.streak = least_ns, 1, 0

    def _confirm(self, now_s: int) -> int:
        settled, step_ns = self.settled, self.candidate_ns - (self.base_ns or 0)
        self.base_ns, self.streak, self.wandered = self.candidate_ns, 0, 0
        if settled:
            self.step_ns, self.stepped_s = step_ns, now_s
        return step_ns
