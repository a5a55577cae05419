"""Onsets held against labels: which condition was seen when, and how far from the truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from detector.conditions import NS
from detector.scoring.labels import STRETCHES, TruthLabel
from detector.signals import deleveraging, depth, dislocation_breadth, feed, offbook, void, void_venue
from schemas.alert import MARKET, Transition

EARLIEST_S = 120.0
"""An onset up to two minutes before the label is the same event; earlier ones are another's."""

RULES: dict[str, tuple[str, ...]] = {
    "S3": (depth.DEPTH, depth.SPREAD),
    "S4": (void_venue.RULE, void.EMPTY),
    "S4p": (dislocation_breadth.RULE,),
    "S6i": (offbook.RULE,),
    "S6": (deleveraging.RULE,),
}
"""Rules that answer a label of this kind; the other stages are answered by any of their rules."""


class Placed(Protocol):
    """A condition: what it is and where; a transition has these fields."""

    @property
    def stage(self) -> str:
        """`S1` … `S6`."""

    @property
    def rule(self) -> str:
        """With its version."""

    @property
    def venue(self) -> str:
        """A venue or `market`."""

    @property
    def asset(self) -> str:
        """A base asset or `*`."""


class Match(NamedTuple):
    """A label and the first onset that answers it."""

    label: TruthLabel
    onset_ns: int | None
    error_s: float | None
    within: bool
    delay_s: float | None = None
    """From the true onset to the moment at which it was told, in event time; None where it was not."""
    rule: str = ""
    """The rule that saw it."""


def match_labels(labels: Iterable[TruthLabel], transitions: Sequence[Transition]) -> list[Match]:
    """The first onset for each label of a condition, not earlier than `EARLIEST_S` before it."""
    return [_match(label, transitions) for label in labels if label.stage not in STRETCHES]


def _match(label: TruthLabel, transitions: Sequence[Transition]) -> Match:
    earliest_ns = label.onset_ns - int(EARLIEST_S * NS)
    onsets = [
        (t.since_ns, t.ts_ns, t.rule)
        for t in transitions
        if t.active and earliest_ns <= t.since_ns <= label.clear_ns and answers(t, label)
    ]
    if not onsets:
        return Match(label, None, None, False)
    onset_ns, told_ns, rule = min(onsets)
    error_s = (onset_ns - label.onset_ns) / NS
    return Match(label, onset_ns, error_s, abs(error_s) <= label.tolerance_s, (told_ns - label.onset_ns) / NS, rule)


def answers(condition: Placed, label: TruthLabel) -> bool:
    """Whether a condition is of the kind and at the place that a label is about."""
    if label.asset == "feed":
        return condition.rule == feed.DELAY and condition.venue == label.scope
    rules = RULES.get(label.stage)
    if rules is not None:
        if condition.rule not in rules:
            return False
    elif condition.stage != label.stage:
        return False
    return stands_at(condition, label)


def stands_at(condition: Placed, label: TruthLabel) -> bool:
    """Whether a condition is at the place that a label is about."""
    if condition.venue not in (label.scope, MARKET):
        return False
    if label.scope == MARKET and condition.asset != "*":
        return False
    return label.asset in ("*", condition.asset)
