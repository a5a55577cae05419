"""One line for a phone: level, where, which way, what holds and where. It claims no more than the rules saw: holes in
ids are no deleveraging print, and one-sided flow is not forced.
"""

from __future__ import annotations

from collections.abc import Iterable

from detector.catalog import RULES
from detector.conditions import Condition
from detector.rollup import ASIDE
from schemas.alert import LEVELS, MARKET, Direction

MOST_NAMED = 2
"""Venues named in a headline; the conditions of the alert name them all."""

FORCED = frozenset(
    rule for rule, about in RULES.items() if about.stage == "S2" and {"liquidations", "open interest"} & {*about.reads}
)
"""Rules of S2 that saw somebody being forced; the others saw one-sided flow."""

WAYS: dict[Direction, str] = {"down": "falling", "up": "rising", "none": "unsettled"}


def headline(*, level: int, scope: str, direction: Direction, conditions: Iterable[Condition]) -> str:
    """Of an episode that goes on."""
    told = [c for c in conditions if c.stage not in ASIDE]
    return f"{LEVELS[level]} {scope} {WAYS[direction]}: {words(told)}"


def data_headline(*, level: int, scope: str, conditions: Iterable[Condition]) -> str:
    """Of an alert about a venue's feed and data."""
    return f"{LEVELS[level]} {scope} data: {words(conditions)}"


def resolved(*, scope: str, peak: int, conditions: Iterable[Condition], quiet_s: int) -> str:
    """Of an episode that is over: what it left behind is named."""
    after = words(c for c in conditions if c.stage != "D")
    still = f"; still: {after}" if after else ""
    return f"RESOLVED {scope}: below WATCH for {quiet_s // 60} min, peak {LEVELS[peak]}{still}"


def words(conditions: Iterable[Condition]) -> str:
    """What holds and where, in the order of the stages."""
    held = tuple(conditions)
    rules, stages = {c.rule for c in held}, {c.stage for c in held}
    said = []
    if "S1" in stages:
        said.append("shock")
    if "S2" in stages:
        said.append("one-sided flow" if rules.isdisjoint(FORCED) else "forced flow")
    phrases: dict[str, set[str]] = {}
    for rule, about in RULES.items():
        if rule in rules and about.stage not in ("S1", "S2"):
            phrases.setdefault(about.told, set()).update(c.venue for c in held if c.rule == rule)
    for phrase, venues in phrases.items():
        named = sorted(venues - {MARKET})
        where = ", ".join(named) if len(named) <= MOST_NAMED else f"{len(named)} venues"
        said.append(f"{phrase} ({where})" if named else phrase)
    return ", ".join(said)
