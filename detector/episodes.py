"""Episodes: one story from its first onset to fifteen quiet minutes, told in revisions with ids that follow from the
data.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Literal

import msgspec
from msgspec.structs import replace

from detector.conditions import Condition
from detector.config import Timing
from detector.rollup import Standing
from detector.signals import (
    deleveraging,
    depth,
    dislocation,
    dislocation_breadth,
    feed,
    liquidations,
    liquidations_market,
    offbook,
    open_interest,
    pegs,
    void,
    void_venue,
)
from detector.verdict import ANY, CALM, HIGH, WATCH
from schemas.alert import LEVELS, MARKET, ActiveCondition, Alert, Coverage, Direction, Evidence, Stage

NS = 1_000_000_000
BUCKET_NS = 60 * NS
"""The episode's id rests on the minute of its first onset."""

MOST_DOUBLINGS = 4
"""Each lower level that did not last doubles the patience before the next is told, up to 80 minutes."""

MOST_NAMED = 2
"""Venues named in a headline; the conditions of the alert name them all."""

MOST_NUMBERS = 24
"""Numbers in one alert, the most telling first."""


class Episode(msgspec.Struct):
    """One story about the market or an asset."""

    episode_id: str
    scope: str
    since_ns: int
    direction: Direction
    level: int = CALM
    peak: int = CALM
    revision: int = 0
    stages: tuple[Stage, ...] = ()
    last_active_ns: int = 0
    last_high_ns: int = 0
    lower_since_ns: int = 0
    """Since when the standing has been below the level that was told; 0 while it is not."""
    lower_level: int = CALM
    downgrades: int = 0
    resolved: bool = False


class Episodes(msgspec.Struct):
    """Open and recently resolved episodes, one a scope."""

    timing: Timing
    by_scope: dict[str, Episode] = {}

    def observe(self, scope: str, standing: Standing, coverage: Coverage, now_ns: int) -> Alert | None:
        """Take a scope's standing at this second; return the revision to publish, if it says something new."""
        episode = self.by_scope.get(scope)
        if episode is None or self._over(episode, now_ns):
            if standing.level < WATCH:
                return None
            episode = self.by_scope[scope] = self._open(scope, standing, now_ns)
        if standing.level >= WATCH:
            episode.last_active_ns = now_ns
            return self._active(episode, standing, coverage, now_ns)
        if episode.resolved or now_ns - episode.last_active_ns < self.timing.resolve_s * NS:
            return None
        episode.resolved = True
        episode.level = CALM
        return self._alert(episode, standing, coverage, now_ns, "resolved")

    def goes_on(self, scope: str, now_ns: int) -> bool:
        """Whether the scope's story is open, or so fresh that a new onset reopens it."""
        episode = self.by_scope.get(scope)
        return episode is not None and not self._over(episode, now_ns)

    def _over(self, episode: Episode, now_ns: int) -> bool:
        return episode.resolved and now_ns - episode.last_active_ns > self.timing.merge_s * NS

    def frozen(self, scope: str, now_ns: int) -> bool:
        """Whether this scope's baselines must not learn: it stands at HIGH or above, or did in the last 15 min."""
        episode = self.by_scope.get(scope)
        return episode is not None and episode.last_high_ns > now_ns - self.timing.resolve_s * NS

    def _open(self, scope: str, standing: Standing, now_ns: int) -> Episode:
        # The youngest onset opened it: a peg that has been off for days is no part of today's id.
        since_ns = max((c.since_ns for c in standing.conditions), default=now_ns)
        previous = self.by_scope.get(scope)
        if previous is not None and since_ns <= previous.last_active_ns:
            since_ns = now_ns  # it began within the story before, whose ids are taken
        text = f"{scope}|{standing.direction}|{since_ns // BUCKET_NS}"
        return Episode(_digest(text), scope, since_ns, standing.direction, last_active_ns=now_ns)

    def _active(self, episode: Episode, standing: Standing, coverage: Coverage, now_ns: int) -> Alert | None:
        if standing.level >= HIGH:
            episode.last_high_ns = now_ns
        stages = tuple(sorted({*episode.stages, *standing.stages}))
        status: Literal["open", "escalated", "updated", "downgraded"]
        level = max(episode.level, standing.level)
        if episode.revision == 0:
            status = "open"
        elif standing.level > episode.level:
            status = "escalated"
        elif self._lower_for_long(episode, standing, now_ns):
            status, level = "downgraded", episode.lower_level
            episode.downgrades += 1
        elif stages != episode.stages:
            status = "updated"
        else:
            return None
        episode.lower_since_ns = 0
        episode.resolved = False
        episode.level = level
        episode.peak = max(episode.peak, level)
        episode.stages = stages
        return self._alert(episode, standing, coverage, now_ns, status)

    def _lower_for_long(self, episode: Episode, standing: Standing, now_ns: int) -> bool:
        if standing.level >= episode.level:
            episode.lower_since_ns = 0
            return False
        if not episode.lower_since_ns:
            episode.lower_since_ns, episode.lower_level = now_ns, standing.level
        episode.lower_level = max(episode.lower_level, standing.level)
        patience_s = self.timing.downgrade_s << min(episode.downgrades, MOST_DOUBLINGS)
        return now_ns - episode.lower_since_ns >= patience_s * NS

    def _alert(
        self,
        episode: Episode,
        standing: Standing,
        coverage: Coverage,
        now_ns: int,
        status: Literal["open", "escalated", "updated", "downgraded", "resolved"],
    ) -> Alert:
        episode.revision += 1
        stages = standing.stages if status != "resolved" else episode.stages
        strongest = sorted(standing.conditions, key=lambda c: (-c.severity, c.stage, c.rule, c.venue, c.asset))
        level = LEVELS[episode.level]
        return Alert(
            alert_id=_digest(f"{episode.episode_id}|{episode.revision}|{level}|{','.join(stages)}"),
            episode_id=episode.episode_id,
            revision=episode.revision,
            ts_ns=now_ns,
            status=status,
            level=level,
            peak_level=LEVELS[episode.peak],
            stages=stages,
            scope=episode.scope,
            direction=standing.direction if standing.direction != "none" else episode.direction,
            since_ns=episode.since_ns,
            headline=_headline(episode, standing, status),
            evidence=_evidence(strongest),
            conditions=tuple(
                ActiveCondition(
                    stage=c.stage,
                    rule=c.rule,
                    venue=c.venue,
                    asset=c.asset,
                    severity=LEVELS[c.severity],
                    since_ns=c.since_ns,
                )
                for c in strongest
            ),
            coverage=coverage,
            second_key=standing.second_key,
        )


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _evidence(strongest: Sequence[Condition]) -> tuple[Evidence, ...]:
    """The numbers of the strongest condition of each rule, then of the others, each with its place."""
    first: dict[str, Condition] = {}
    for condition in strongest:
        first.setdefault(condition.rule, condition)
    leaders = list(first.values())
    others = [condition for condition in strongest if first[condition.rule] is not condition]
    placed = [
        replace(evidence, where=place(condition.venue, condition.asset))
        for condition in (*leaders, *others)
        for evidence in condition.evidence
    ]
    return tuple(placed[:MOST_NUMBERS])


def place(venue: str, asset: str) -> str:
    """A place in words.

    >>> place("binance-usdm", "BTC"), place("coinbase", "*"), place("market", "*"), place("market", "DOT")
    ('binance-usdm BTC', 'coinbase', '', 'DOT')
    """
    return " ".join(part for part in (venue, asset) if part not in (MARKET, ANY))


def _words(conditions: tuple[Condition, ...]) -> str:
    """What holds and where, in words that claim no more than the rules saw: holes in ids are no deleveraging print."""
    rules = {c.rule for c in conditions}
    stages = {c.stage for c in conditions}
    words = []
    if "S1" in stages:
        words.append("shock")
    if "S2" in stages:
        words.append("one-sided flow" if rules.isdisjoint(FORCED) else "forced flow")
    for name, told in PHRASES:
        venues = {c.venue for c in conditions if c.rule in told}
        if venues:
            named = sorted(venues - {MARKET})
            where = ", ".join(named) if len(named) <= MOST_NAMED else f"{len(named)} venues"
            words.append(f"{name} ({where})" if named else name)
    return ", ".join(words)


FORCED = {liquidations.RULE, liquidations_market.RULE, open_interest.FLUSH, open_interest.PRESSURE}
"""Rules of S2 that saw somebody being forced; the others saw one-sided flow."""

PHRASES = (
    ("liquidity withdrawn", {depth.DEPTH, depth.SPREAD}),
    ("feed late", {feed.DELAY}),
    ("feed silent", {feed.SILENCE}),
    ("liquidity void", {void.TWIN, void_venue.RULE, void.EMPTY}),
    ("impact per dollar up", {void.IMPACT}),
    ("prices apart between venues", {dislocation.RULE, dislocation_breadth.RULE}),
    ("collateral off its peg", {pegs.RULE}),
    ("auto-deleveraging", {deleveraging.RULE}),
    ("fills missing from the tape, deleveraging inferred", {offbook.RULE}),
)
"""What is said when one of these rules holds."""


def _headline(episode: Episode, standing: Standing, status: str) -> str:
    """One line for a phone: level, where, which way, what."""
    if status == "resolved":
        still = f"; still: {_words(standing.conditions)}" if standing.conditions else ""
        return f"RESOLVED {episode.scope}: below WATCH for fifteen minutes, peak {LEVELS[episode.peak]}{still}"
    way = {"down": "falling", "up": "rising", "none": "unsettled"}[standing.direction]
    return f"{LEVELS[episode.level]} {episode.scope} {way}: {_words(standing.conditions)}"
