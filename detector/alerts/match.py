"""Which alerts are meant: by what a route or a silence names."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from schemas.alert import LEVELS, MARKET, OURS, Alert, Cause, Level, Stage

About = Literal["market", "asset", "data"]
LONGEST_PATTERN = 64
MOST_PATTERNS = 500


class Match(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Each field that is given must agree; of its values one must. Nothing given is every alert.

    >>> Match(level=("CRITICAL", "EMERGENCY"), asset=("BTC", "1000*")).is_everything
    False
    """

    level: tuple[Level, ...] = ()
    stage: tuple[Stage, ...] = ()
    """One of which a condition holds."""
    asset: tuple[str, ...] = ()
    """Names of base assets, `*` for any part of a name. They mean alerts of these assets alone: the market's own
    alerts are named `market`."""
    venue: tuple[str, ...] = ()
    """A condition holds there, or its data are in doubt."""
    label: tuple[Cause, ...] = ()
    """What made the move, as far as it is decided: only the market's alerts say it."""
    about: tuple[About, ...] = ()
    """`market`, `asset`, or `data`: what cannot be seen."""

    def __post_init__(self) -> None:
        for patterns in (self.asset, self.venue):
            if len(patterns) > MOST_PATTERNS or any(not 0 < len(text) <= LONGEST_PATTERN for text in patterns):
                raise ValueError(f"names have 1 to {LONGEST_PATTERN} letters, and a list {MOST_PATTERNS} of them")

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return self == EVERYTHING

    def matches(self, alert: Alert) -> bool:
        """Whether this alert is meant."""
        if self.level and alert.level not in self.level:
            return False
        if self.stage and not set(self.stage) & set(alert.stages):
            return False
        if self.about and about(alert) not in self.about:
            return False
        if self.label and (alert.label is None or alert.label.cause not in self.label):
            return False
        if self.asset and not _named(alert.scope, self.asset):
            return False
        return not self.venue or any(_named(place, self.venue) for place in venues(alert))


EVERYTHING = Match()


def about(alert: Alert) -> About:
    """What kind of story it belongs to."""
    if "D" in alert.stages or alert.scope == OURS:
        return "data"
    return "market" if alert.scope == MARKET else "asset"


def sink_scope(sink: str) -> str:
    """The scope of a story about a sink that takes no messages; no asset and no venue has a space in its name.

    >>> sink_scope("phone")
    'sink phone'
    """
    return f"sink {sink}"


def is_of_sink(alert: Alert) -> bool:
    """Whether it is about one of our own channels."""
    return alert.scope.startswith(sink_scope(""))


def venues(alert: Alert) -> set[str]:
    """Where something holds; of alerts about a venue's data, the venue."""
    held = {condition.venue for condition in alert.conditions} - {MARKET}
    return held | {alert.scope} if about(alert) == "data" else held


def rank(level: Level) -> int:
    """Position among the levels.

    >>> rank("CLEAR"), rank("EMERGENCY")
    (0, 5)
    """
    return LEVELS.index(level)


def _named(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
