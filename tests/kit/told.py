"""Transitions, alerts, labels and replays by seconds after a fixed moment, for figures worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from detector.scoring.labels import Label, Stretch
from detector.scoring.run import Run, Sight
from schemas.alert import MARKET, Alert, Coverage, Level, Stage, Transition
from schemas.alert import Label as Cause

NS = 1_000_000_000
T0 = 1_760_130_000 * NS
START = datetime(2025, 10, 10, 21, 0, tzinfo=UTC)
"""The same moment as `T0`."""


SAMPLE_S = 100
"""How often a replay notes what rules could see: often enough that nothing looks like a hole."""


def at(second: float) -> int:
    """Nanoseconds."""
    return T0 + round(second * NS)


def moment(second: float) -> datetime:
    """The same as a date with a time."""
    return START + timedelta(seconds=second)


def stretch(first: float, last: float) -> Stretch:
    """A stretch of time."""
    return Stretch(at(first), at(last))


def told(
    rule: str,
    since: float,
    ts: float | None = None,
    *,
    severity: Level = "WARN",
    active: bool = True,
    venue: str = MARKET,
    asset: str = "*",
) -> Transition:
    """A condition that began `since`, told then or at `ts`."""
    stage: Any = rule.partition(".")[0]
    return Transition(
        stage=stage,
        rule=rule,
        venue=venue,
        asset=asset,
        active=active,
        severity=severity if active else "CLEAR",
        direction="down",
        ts_ns=at(since if ts is None else ts),
        since_ns=at(since),
        evidence=(),
    )


def condition(rule: str, since: float, until: float, **where: Any) -> list[Transition]:
    """A condition from its onset to its clear."""
    return [told(rule, since, **where), told(rule, since, until, active=False, **where)]


def alert(
    second: float,
    level: Level,
    status: Any = "open",
    *,
    scope: str = MARKET,
    episode: str = "one",
    peak: Level | None = None,
    stages: tuple[Stage, ...] = ("S1",),
    second_key: str = "",
    cause: Any = None,
) -> Alert:
    """One revision of an episode."""
    return Alert(
        alert_id=f"{episode}-{second}",
        episode_id=episode,
        revision=round(second * 10) + 100_000,
        ts_ns=at(second),
        status=status,
        level=level,
        peak_level=peak or level,
        stages=stages,
        scope=scope,
        direction="down",
        since_ns=at(second),
        headline="",
        evidence=(),
        conditions=(),
        coverage=Coverage(live=1, families=1),
        second_key=second_key,
        label=Cause(cause=cause, score=-2, votes=()) if cause else None,
    )


def label(
    stage: str,
    onset: float,
    clear: float,
    *,
    scope: str = MARKET,
    asset: str = "*",
    tolerance: float = 15,
    tier: str = "",
) -> Label:
    """A true condition, or a stretch of time."""
    return Label(stage, scope, asset, at(onset), at(clear), tolerance, "made up", tier)


def run(
    *outputs: Transition | Alert | Sequence[Transition],
    seconds: float = 3_600,
    sight: Mapping[str, float] | None = None,
    sample_s: int = SAMPLE_S,
    **changes: Any,
) -> Run:
    """A replay of an hour, or of so many seconds; `sight` is the share of the time in which rules could see."""
    flat = [one for some in outputs for one in ([some] if isinstance(some, Transition | Alert) else some)]
    seen = Sight()
    sight = {"anything": 1.0, **(sight or {})}
    for second in (*range(0, int(seconds), sample_s), seconds):
        asked = {rule: round(second * 1_000) for rule in sight}
        seen.sample(at(second), asked, {rule: round(asked[rule] * sight[rule]) for rule in asked})
    usual: dict[str, Any] = {
        "first_ns": T0,
        "last_ns": at(seconds),
        "events": 1_000,
        "markets": ("north BTC-USDT-PERP",),
        "venues": ("north",),
        "transitions": [one for one in flat if isinstance(one, Transition)],
        "alerts": [one for one in flat if isinstance(one, Alert)],
        "sight": seen,
        "prices": {},
    }
    return Run(**(usual | changes))
