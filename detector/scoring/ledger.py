"""False alarms in quiet time: by level and by rule, each with how long and how well it was looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from detector.scoring.alarms import WEEK_S
from detector.scoring.bounds import upper_count
from detector.scoring.labels import Stretch
from detector.scoring.messages import is_of_data
from detector.scoring.run import Run
from detector.scoring.sighted import assets_seen, market_seen
from schemas.alert import LEVELS, MARKET, Alert, Level


class LevelRow(msgspec.Struct, frozen=True, kw_only=True):
    """Episodes that reached a level in quiet time. Counts and rates are None where nobody could have raised it."""

    level: Level
    market: int | None
    """Of the market as a whole."""
    market_hours: float
    """In which the market could have reached it."""
    market_per_week: float | None
    market_per_week_at_most: float | None
    """Upper 95 % bound; of none the rule of three."""
    assets: int | None
    """Of single assets."""
    assets_hours: float
    assets_per_week: float | None
    assets_per_week_at_most: float | None
    data: int | None
    """Of venues' data and our own, which are no cry about any price; in all hours."""
    data_per_week: float | None
    data_per_week_at_most: float | None


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions of one rule that began in quiet time."""

    rule: str
    hours: float
    """In which it was asked, of the quiet stretches in which it could see at least four fifths of the time."""
    evaluable: float
    """Share of its evaluations in all quiet stretches that could see."""
    onsets: int | None
    """In these hours; None without any."""
    per_week: float | None
    per_week_at_most: float | None


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """All quiet time together, as far as it was looked at: what lies in a hole of a recording does not count."""

    hours: float
    market_hours: float
    """Of these, the stretches in which a shock of the whole market could be seen: one asset is no market."""
    levels: tuple[LevelRow, ...]
    rules: tuple[RuleRow, ...]


Looked = tuple[Run, Sequence[Stretch]]
"""A replay and its quiet stretches."""


class _Rate(NamedTuple):
    """How many episodes, in which hours, and what that is a week."""

    episodes: int | None
    hours: float
    per_week: float | None
    at_most: float | None


def ledger(looked: Sequence[Looked], rules: Iterable[str]) -> Ledger:
    """The false alarms of these replays; `rules` in the order in which they are to be listed."""
    rows = tuple(_level_row(level, looked) for level in LEVELS[1:])
    return Ledger(
        hours=_seconds(looked) / 3600,
        market_hours=rows[0].market_hours,
        levels=rows,
        rules=tuple(_rule_row(rule, looked) for rule in rules),
    )


def _seconds(looked: Sequence[Looked]) -> float:
    return sum(run.sight.looked_s(stretch) for run, quiet in looked for stretch in quiet)


def _level_row(level: Level, looked: Sequence[Looked]) -> LevelRow:
    wide = [(run, [s for s in quiet if market_seen(run, level, s)]) for run, quiet in looked]
    single = [(run, [s for s in quiet if assets_seen(run, s)]) for run, quiet in looked]
    market = _rate(level, wide, lambda alert: alert.scope == MARKET)
    assets = _rate(level, single, lambda alert: alert.scope != MARKET and not is_of_data(alert))
    data = _rate(level, looked, is_of_data)
    return LevelRow(
        level=level,
        market=market.episodes,
        market_hours=market.hours,
        market_per_week=market.per_week,
        market_per_week_at_most=market.at_most,
        assets=assets.episodes,
        assets_hours=assets.hours,
        assets_per_week=assets.per_week,
        assets_per_week_at_most=assets.at_most,
        data=data.episodes,
        data_per_week=data.per_week,
        data_per_week_at_most=data.at_most,
    )


def _rate(level: Level, looked: Sequence[Looked], about: Callable[[Alert], bool]) -> _Rate:
    """Episodes that stood at a level, or above, within quiet time."""
    seconds = _seconds(looked)
    if not seconds:
        return _Rate(None, 0.0, None, None)
    count = sum(
        len(
            {
                alert.episode_id
                for alert in run.alerts
                if about(alert)
                and alert.status != "resolved"
                and LEVELS.index(alert.level) >= LEVELS.index(level)
                and any(stretch.holds(alert.ts_ns) for stretch in quiet)
            }
        )
        for run, quiet in looked
    )
    weeks = seconds / WEEK_S
    return _Rate(count, seconds / 3600, count / weeks, upper_count(count) / weeks)


def _rule_row(rule: str, looked: Sequence[Looked]) -> RuleRow:
    asked_s = known_s = seconds = 0.0
    onsets = 0
    for run, quiet in looked:
        for stretch in quiet:
            asked_s += run.sight.looked_s(stretch)
            known_s += (run.sight.share(rule, stretch) or 0.0) * run.sight.looked_s(stretch, rule)
            if run.sight.sees(rule, stretch):
                seconds += run.sight.looked_s(stretch, rule)
                onsets += _onsets(run, rule, stretch)
    weeks = seconds / WEEK_S
    return RuleRow(
        rule=rule,
        hours=seconds / 3600,
        evaluable=known_s / asked_s if asked_s else 0.0,
        onsets=onsets if weeks else None,
        per_week=onsets / weeks if weeks else None,
        per_week_at_most=upper_count(onsets) / weeks if weeks else None,
    )


def _onsets(run: Run, rule: str, stretch: Stretch) -> int:
    """A change of severity is no second onset: it has the same beginning."""
    return len(
        {
            (told.venue, told.asset, told.since_ns)
            for told in run.transitions
            if told.rule == rule and told.active and stretch.holds(told.ts_ns)
        }
    )
