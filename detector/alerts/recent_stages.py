"""How grave each stage was in the last quarter of an hour: of the market, and of each asset."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from detector.alerts.match import rank
from detector.alerts.window import STAGES, STEPS, Severities, step_of
from detector.verdict import ANY
from schemas.alert import LEVELS, MARKET, ActiveCondition, Stage, Transition


class Band:
    """The gravest condition of one stage in one scope, step by step."""

    __slots__ = ("_now", "_ring", "_step", "holding")

    def __init__(self) -> None:
        self.holding = [0] * len(LEVELS)
        """How many conditions hold, by severity."""
        self._step = 0
        self._now = 0
        self._ring = bytearray(STEPS)

    def change(self, step: int, before: int, now: int) -> None:
        """A condition goes from one severity to another; CLEAR is none."""
        if before:
            self.holding[before] -= 1
        if now:
            self.holding[now] += 1
        if step > self._step:
            self._pass_to(step)
        self._now = max((severity for severity, count in enumerate(self.holding) if count), default=0)
        for told in range(max(step, self._step - STEPS + 1), self._step + 1):
            self._ring[told % STEPS] = max(self._ring[told % STEPS], self._now)

    def series(self, end: int) -> Severities:
        """The window that ends with step `end`."""
        found = np.zeros(STEPS, dtype=np.uint8)
        oldest = end - STEPS + 1
        steps = np.arange(max(oldest, self._step - STEPS + 1), min(end, self._step) + 1)
        found[steps - oldest] = np.frombuffer(self._ring, dtype=np.uint8)[steps % STEPS]
        found[max(0, self._step + 1 - oldest) :] = self._now
        return found

    def is_over(self, step: int) -> bool:
        """Whether nothing of it is in the window any more."""
        return not self._now and self._step <= step - STEPS

    def _pass_to(self, step: int) -> None:
        for passed in range(max(self._step, step - STEPS) + 1, step + 1):
            self._ring[passed % STEPS] = self._now
        self._step = step


class RecentStages:
    """All bands. Scopes are `market`, in which every condition counts, and each asset."""

    def __init__(self) -> None:
        self._bands: dict[tuple[str, Stage], Band] = {}
        self._holding: dict[tuple[str, str, str], int] = {}
        """Severity, by rule, venue and asset."""

    def take(self, transition: Transition) -> None:
        """A condition that began, changed or cleared."""
        if transition.stage not in STAGES:
            return
        key = transition.rule, transition.venue, transition.asset
        now = rank(transition.severity) if transition.active else 0
        before = self._holding.pop(key, 0)
        if now:
            self._holding[key] = now
        for scope in (MARKET,) if transition.asset == ANY else (MARKET, transition.asset):
            band = self._bands.setdefault((scope, transition.stage), Band())
            band.change(step_of(transition.ts_ns), before, now)

    def window(
        self, scopes: Iterable[str], end: int, conditions: Iterable[ActiveCondition] = ()
    ) -> dict[Stage, Severities]:
        """The gravest of some scopes; `conditions` hold as well, whether or not their onset was heard."""
        found = {stage: np.zeros(STEPS, dtype=np.uint8) for stage in STAGES}
        for scope in scopes:
            for stage in STAGES:
                if (band := self._bands.get((scope, stage))) is not None:
                    found[stage] = np.maximum(found[stage], band.series(end))
        for told in conditions:
            if told.stage in STAGES and (told.rule, told.venue, told.asset) not in self._holding:
                since = max(0, step_of(told.since_ns) - (end - STEPS + 1))
                found[told.stage][since:] = np.maximum(found[told.stage][since:], rank(told.severity))
        return found

    def forget(self, step: int) -> None:
        """Let go of what is over."""
        for key in [key for key, band in self._bands.items() if band.is_over(step)]:
            del self._bands[key]
