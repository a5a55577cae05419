"""Onsets held against labels: which condition was seen when, and how far from the truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

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


class TruthLabel(Protocol):
    """What a label says: the generator's own type has these fields."""

    @property
    def stage(self) -> str:
        """`S1` … `S6`, with a suffix for a partial form."""

    @property
    def scope(self) -> str:
        """A venue or `market`."""

    @property
    def asset(self) -> str:
        """A base asset, `*`, or `feed`."""

    @property
    def onset_ns(self) -> int:
        """When it truly began."""

    @property
    def clear_ns(self) -> int:
        """When it was truly over; an onset after that is another event's."""

    @property
    def tolerance_s(self) -> float:
        """How far an onset may lie from the truth."""


class Match(NamedTuple):
    """A label and the first onset that answers it."""

    label: TruthLabel
    onset_ns: int | None
    error_s: float | None
    within: bool


def match_labels(labels: Iterable[TruthLabel], transitions: Sequence[Transition]) -> list[Match]:
    """The first onset for each label, not earlier than `EARLIEST_S` before it."""
    return [_match(label, transitions) for label in labels]


def _match(label: TruthLabel, transitions: Sequence[Transition]) -> Match:
    earliest_ns = label.onset_ns - int(EARLIEST_S * 1e9)
    onsets = [
        t.since_ns
        for t in transitions
        if t.active and earliest_ns <= t.since_ns <= label.clear_ns and _answers(t, label)
    ]
    if not onsets:
        return Match(label, None, None, False)
    onset_ns = min(onsets)
    error_s = (onset_ns - label.onset_ns) / 1e9
    return Match(label, onset_ns, error_s, abs(error_s) <= label.tolerance_s)


def _answers(transition: Transition, label: TruthLabel) -> bool:
    if label.asset == "feed":
        return transition.rule == feed.DELAY and transition.venue == label.scope
    rules = RULES.get(label.stage)
    if rules is not None:
        if transition.rule not in rules:
            return False
    elif transition.stage != label.stage:
        return False
    if transition.venue not in (label.scope, MARKET):
        return False
    if label.scope == MARKET and transition.asset != "*":
        return False
    return label.asset in ("*", transition.asset)
