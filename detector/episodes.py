"""Episodes: one story from its first onset to fifteen quiet minutes, told in revisions with ids that follow from the
data.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from detector.composing import Revision, Status, Story, compose, digest
from detector.config import Timing
from detector.posture import is_stricter, posture
from detector.rollup import ASIDE, Standing
from detector.verdict import CALM, HIGH, WATCH
from schemas.alert import Alert, Direction, Posture, Stage

NS = 1_000_000_000
BUCKET_NS = 60 * NS
"""The episode's id rests on the minute of its first onset."""

MOST_DOUBLINGS = 4
"""Each lower level that did not last doubles the patience before the next is told, up to 80 minutes."""

OF_DATA: Stage = "D"
"""The stage that stories about data have and no others."""


class Episode(msgspec.Struct):
    """One story about the market, an asset or a venue's data."""

    episode_id: str
    scope: str
    since_ns: int
    direction: Direction
    level: int = CALM
    peak: int = CALM
    revision: int = 0
    stages: tuple[Stage, ...] = ()
    told: tuple[str, ...] = ()
    """What has been news: stages, or rules."""
    last_active_ns: int = 0
    last_high_ns: int = 0
    lower_since_ns: int = 0
    """Since when the standing has been below the level that was told; 0 while it is not."""
    lower_level: int = CALM
    lower_key: str = ""
    downgrades: int = 0
    second_key: str = ""
    """What allowed the level that was told; it may be gone before a lower one is."""
    posture: Posture = "normal"
    """What bots were told."""
    resolved: bool = False
    reopened: int = 0

    @property
    def of_data(self) -> bool:
        """Whether the story is about data: no bot trades by it."""
        return OF_DATA in self.stages


class Episodes(msgspec.Struct):
    """Open and recently resolved episodes, one a scope."""

    timing: Timing
    by_scope: dict[str, Episode] = {}

    def observe(self, scope: str, standing: Standing, story: Callable[[], Story], now_ns: int) -> Alert | None:
        """Take a scope's standing at this second; return the revision to publish, if it says something new. `story` is
        asked only then.
        """
        episode = self.by_scope.get(scope)
        if episode is None or self._over(episode, now_ns):
            if standing.level < WATCH:
                return None
            episode = self.by_scope[scope] = self._open(scope, standing, now_ns)
        if standing.level >= WATCH:
            episode.last_active_ns = now_ns
            return self._active(episode, standing, story, now_ns)
        if episode.resolved or now_ns - episode.last_active_ns < self._quiet_s(episode) * NS:
            return None
        episode.resolved = True
        episode.level, episode.second_key = CALM, ""
        return self._alert(episode, standing, story, now_ns, "resolved")

    def goes_on(self, scope: str, now_ns: int) -> bool:
        """Whether the scope's story is open, or so fresh that a new onset reopens it."""
        episode = self.by_scope.get(scope)
        return episode is not None and not self._over(episode, now_ns)

    def _quiet_s(self, episode: Episode) -> int:
        """What ails a venue's data comes again and again: the more often it did, the later it is called over."""
        return self.timing.resolve_s << (min(episode.reopened, MOST_DOUBLINGS) if episode.of_data else 0)

    def _over(self, episode: Episode, now_ns: int) -> bool:
        return episode.resolved and now_ns - episode.last_active_ns > self.timing.merge_s * NS

    def frozen(self, scope: str, now_ns: int) -> bool:
        """Whether this scope's baselines must not learn: it stands at HIGH or above, or did in the last 15 min."""
        episode = self.by_scope.get(scope)
        return episode is not None and episode.last_high_ns > now_ns - self.timing.resolve_s * NS

    def _open(self, scope: str, standing: Standing, now_ns: int) -> Episode:
        # The youngest onset opened it: a peg that has been off for days is no part of today's id.
        # What raises no level opened nothing either, but where it is all that the story is about.
        opened = [c.since_ns for c in standing.conditions if standing.rules or c.stage not in ASIDE]
        since_ns = max(opened, default=now_ns)
        previous = self.by_scope.get(scope)
        if previous is not None and since_ns <= previous.last_active_ns:
            since_ns = now_ns  # it began within the story before, whose ids are taken
        text = f"{scope}|{standing.direction}|{since_ns // BUCKET_NS}"
        return Episode(digest(text), scope, since_ns, standing.direction, last_active_ns=now_ns)

    def _active(self, episode: Episode, standing: Standing, story: Callable[[], Story], now_ns: int) -> Alert | None:
        if standing.level >= HIGH:
            episode.last_high_ns = now_ns
        told = tuple(sorted({*episode.told, *standing.news}))
        status: Status
        level = max(episode.level, standing.level)
        key = standing.second_key if standing.level == level else episode.second_key
        if episode.revision == 0:
            status = "open"
        elif standing.level > episode.level:
            status = "updated" if self._is_known(episode, standing) else "escalated"
        elif self._lower_for_long(episode, standing, now_ns):
            status, level, key = "downgraded", episode.lower_level, episode.lower_key
            episode.downgrades += 1
        elif told != episode.told or is_stricter(_posture(episode, standing), episode.posture):
            status = "updated"
        else:
            return None
        episode.lower_since_ns = 0
        episode.reopened += episode.resolved
        episode.resolved = False
        episode.level, episode.second_key = level, key
        episode.peak = max(episode.peak, level)
        episode.stages = tuple(sorted({*episode.stages, *standing.stages}))
        episode.told = told
        return self._alert(episode, standing, story, now_ns, status)

    def _is_known(self, episode: Episode, standing: Standing) -> bool:
        """Whether a story that was over goes on no worse than it was: who read of it need not be called again, unless
        for a market at HIGH, which they believe calm.
        """
        return episode.resolved and standing.level <= episode.peak and (episode.of_data or standing.level < HIGH)

    def _lower_for_long(self, episode: Episode, standing: Standing, now_ns: int) -> bool:
        if standing.level >= episode.level:
            episode.lower_since_ns = 0
            return False
        if not episode.lower_since_ns:
            episode.lower_since_ns, episode.lower_level = now_ns, CALM
        if standing.level >= episode.lower_level:
            episode.lower_level, episode.lower_key = standing.level, standing.second_key
        patience_s = self.timing.downgrade_s << min(episode.downgrades, MOST_DOUBLINGS)
        return now_ns - episode.lower_since_ns >= patience_s * NS

    def _alert(
        self, episode: Episode, standing: Standing, story: Callable[[], Story], now_ns: int, status: Status
    ) -> Alert:
        episode.revision += 1
        episode.posture = _posture(episode, standing, resolved=status == "resolved")
        revision = Revision(
            episode_id=episode.episode_id,
            number=episode.revision,
            scope=episode.scope,
            status=status,
            level=episode.level,
            peak=episode.peak,
            stages=standing.stages if status != "resolved" else episode.stages,
            direction=standing.direction if standing.direction != "none" else episode.direction,
            since_ns=episode.since_ns,
            quiet_s=self._quiet_s(episode),
            second_key=episode.second_key,
            posture=episode.posture,
        )
        return compose(revision, standing, story(), now_ns)


def _posture(episode: Episode, standing: Standing, *, resolved: bool = False) -> Posture:
    """By the level that is told, and the void that is seen. Our own blindness is no reason to trade or not to."""
    return "normal" if episode.of_data else posture(episode.level, void=standing.void, resolved=resolved)
