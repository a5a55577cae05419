"""Condition trackers: each rule at each place is a Schmitt trigger with confirmation, minimum hold and a clear of its
own.

Conditions are concurrent. None waits for another: on 10 October 2025 deleveraging came before the collateral failed.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from detector.config import Timing
from detector.verdict import CALM, WATCH, Verdict, calm, unknown
from schemas.alert import LEVELS, Direction, Evidence, Stage, Transition
from schemas.reading import Held

NS = 1_000_000_000

REFRESH_NS = 30 * NS
"""Numbers of a condition that holds on are no older, so that an alert does not tell those of its onset as if of now."""


class Condition(msgspec.Struct):
    """The state of one rule at one place."""

    rule: str
    stage: Stage
    venue: str
    asset: str
    severity: int = CALM
    direction: Direction = "none"
    since_ns: int = 0
    last_held_ns: int = 0
    last_full_ns: int = 0
    """When the verdict last reached `severity`."""
    candidate_ns: int = 0
    streak: int = 0
    evidence: tuple[Evidence, ...] = ()
    calm_s: int = 0
    """Seconds in which the rule saw nothing since the condition last held: being blind counts for neither side."""
    evidence_ns: int = 0
    """When the evidence was taken."""

    @property
    def active(self) -> bool:
        """Whether the condition holds."""
        return self.severity > CALM

    def held(self) -> Held:
        """What of it goes with every reading."""
        return Held(stage=self.stage, severity=LEVELS[self.severity], direction=self.direction, since_ns=self.since_ns)


class Conditions(msgspec.Struct):
    """All conditions that are or were about to be active. Keys are `rule|venue|asset`."""

    timing: Timing
    tracked: dict[str, Condition] = {}
    seconds: dict[str, int] = {}
    """Evaluations per rule (one a place and second)."""
    known: dict[str, int] = {}
    """Of these, how many could see."""

    def observe(self, verdicts: list[Verdict], now_ns: int, unheard: Collection[str] = frozenset()) -> list[Transition]:
        """Take one second's verdicts; return what began, changed severity or cleared, in a fixed order.

        From a venue that is `unheard` no calm is believed: it neither clears nor counts as time without the condition.
        """
        watched = {condition.rule for condition in self.tracked.values()}
        places: dict[str, Verdict] = {}
        seconds, known = self.seconds, self.known
        for verdict in verdicts:
            rule = verdict.rule
            try:  # of every verdict of every second, one in millions is its rule's first
                seconds[rule] += 1
                known[rule] += verdict.known
            except KeyError:
                seconds[rule], known[rule] = 1, int(verdict.known)
            if verdict.severity or verdict.holds or rule in watched:
                key = f"{verdict.rule}|{verdict.venue}|{verdict.asset}"
                other = places.get(key)
                places[key] = verdict if other is None else _stronger(other, verdict)
        if not places and not self.tracked:
            return []
        out: list[Transition] = []
        for key, verdict in places.items():
            condition = self.tracked.get(key)
            if condition is None:
                if not verdict.severity:
                    continue
                condition = self.tracked[key] = Condition(verdict.rule, verdict.stage, verdict.venue, verdict.asset)
            if (transition := self._step(condition, _believed(verdict, unheard), now_ns)) is not None:
                out.append(transition)
        for key in [key for key in self.tracked if key not in places]:
            condition = self.tracked[key]
            nothing = calm(condition.rule, condition.stage, condition.venue, condition.asset)
            if (transition := self._step(condition, _believed(nothing, unheard), now_ns)) is not None:
                out.append(transition)
        for key in [key for key, condition in self.tracked.items() if not condition.active and not condition.streak]:
            del self.tracked[key]
        out.sort(key=lambda t: (t.stage, t.rule, t.venue, t.asset))
        return out

    def _step(self, condition: Condition, verdict: Verdict, now_ns: int) -> Transition | None:
        if not verdict.known:
            condition.streak = 0
            return self._close(condition, now_ns) if condition.active and self._forgotten(condition, now_ns) else None
        if not condition.active:
            return self._maybe_open(condition, verdict, now_ns)
        condition.calm_s += 1
        if verdict.severity or verdict.holds:
            condition.last_held_ns = now_ns
            condition.calm_s = 0
        hold_s = self.timing.hold_peg_s if condition.stage == "S5" else self.timing.hold_s
        if verdict.severity >= condition.severity:
            condition.last_full_ns = now_ns
        eased = now_ns - condition.last_full_ns >= hold_s * NS and WATCH <= verdict.severity < condition.severity
        if verdict.severity > condition.severity or eased:
            condition.severity = verdict.severity
            condition.evidence, condition.evidence_ns = verdict.evidence, now_ns
            condition.direction = verdict.direction
            condition.last_full_ns = now_ns
            return self._transition(condition, now_ns, active=True)
        if verdict.severity == condition.severity and now_ns - condition.evidence_ns >= REFRESH_NS:
            condition.evidence, condition.evidence_ns = verdict.evidence, now_ns
        over = condition.calm_s >= hold_s or self._forgotten(condition, now_ns)
        return self._close(condition, now_ns) if over else None

    def _forgotten(self, condition: Condition, now_ns: int) -> bool:
        """What cannot be seen is not over; but after a quarter of an hour it is no evidence either."""
        return now_ns - condition.last_held_ns >= self.timing.resolve_s * NS

    def _close(self, condition: Condition, now_ns: int) -> Transition:
        transition = self._transition(condition, now_ns, active=False)
        condition.severity = CALM
        condition.streak = 0
        return transition

    def _maybe_open(self, condition: Condition, verdict: Verdict, now_ns: int) -> Transition | None:
        if not verdict.severity:
            condition.streak = 0
            return None
        if not condition.streak:
            condition.candidate_ns = now_ns
        condition.streak += 1
        if condition.streak < verdict.confirm:
            return None
        condition.severity = verdict.severity
        condition.direction = verdict.direction
        condition.evidence, condition.evidence_ns = verdict.evidence, now_ns
        condition.since_ns = condition.candidate_ns
        condition.last_held_ns = condition.last_full_ns = now_ns
        condition.calm_s = 0
        return self._transition(condition, now_ns, active=True)

    def _transition(self, condition: Condition, now_ns: int, *, active: bool) -> Transition:
        return Transition(
            stage=condition.stage,
            rule=condition.rule,
            venue=condition.venue,
            asset=condition.asset,
            active=active,
            severity=LEVELS[condition.severity] if active else "CLEAR",
            direction=condition.direction,
            ts_ns=now_ns,
            since_ns=condition.since_ns,
            evidence=condition.evidence,
        )

    def active(self) -> list[Condition]:
        """Conditions that hold now, in a fixed order."""
        return sorted((c for c in self.tracked.values() if c.active), key=lambda c: (c.stage, c.rule, c.venue, c.asset))

    def evaluable_share(self) -> dict[str, float]:
        """For each rule the share of its evaluations in which it could see."""
        return {rule: self.known.get(rule, 0) / total for rule, total in sorted(self.seconds.items())}


def _believed(verdict: Verdict, unheard: Collection[str]) -> Verdict:
    """Nobody knows whether it is calm where nothing is heard."""
    if verdict.venue not in unheard or verdict.severity or verdict.holds:
        return verdict
    return unknown(verdict.rule, verdict.stage, verdict.venue, verdict.asset)


def _stronger(a: Verdict, b: Verdict) -> Verdict:
    """Of two markets of one asset on one venue the one that sees, and sees more, speaks."""
    return max(a, b, key=lambda v: (v.known, v.severity, v.holds))
