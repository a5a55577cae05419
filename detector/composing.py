"""An alert from an episode's revision: everything that there is to say about it at that second."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Literal, NamedTuple

from msgspec.structs import replace

from detector import headline
from detector.catalog import RULES
from detector.conditions import Condition
from detector.config import Config
from detector.replay_id import replay_id
from detector.rollup import Standing
from detector.verdict import ANY
from schemas.alert import LEVELS, MARKET, ActiveCondition, Alert, Coverage, Direction, Evidence, Label, Posture, Stage

Status = Literal["open", "escalated", "updated", "downgraded", "resolved"]

MOST_NUMBERS = 24
"""Numbers in one alert, the most telling first."""


class Story(NamedTuple):
    """What is told beside the conditions themselves."""

    config: Config
    coverage: Coverage
    vitals: tuple[Evidence, ...] = ()
    context: tuple[Evidence, ...] = ()
    label: Label | None = None


class Revision(NamedTuple):
    """Which alert of which episode it is."""

    episode_id: str
    number: int
    scope: str
    status: Status
    level: int
    peak: int
    stages: tuple[Stage, ...]
    direction: Direction
    since_ns: int
    quiet_s: int
    """How long an episode is calm before it is over."""
    second_key: str = ""
    """What allowed the level that is told, which may have been higher than the standing is now."""
    posture: Posture = "normal"


def compose(revision: Revision, standing: Standing, story: Story, now_ns: int) -> Alert:
    """The alert of a revision."""
    strongest = sorted(standing.conditions, key=lambda c: (-c.severity, c.stage, c.rule, c.venue, c.asset))
    level = LEVELS[revision.level]
    return Alert(
        alert_id=digest(f"{revision.episode_id}|{revision.number}|{level}|{','.join(revision.stages)}"),
        episode_id=revision.episode_id,
        revision=revision.number,
        ts_ns=now_ns,
        status=revision.status,
        level=level,
        peak_level=LEVELS[revision.peak],
        stages=revision.stages,
        scope=revision.scope,
        direction=revision.direction,
        since_ns=revision.since_ns,
        headline=_headline(revision, standing),
        evidence=_evidence(strongest, story.vitals),
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
        coverage=story.coverage,
        second_key=revision.second_key,
        posture=revision.posture,
        label=story.label,
        context=story.context,
        clears=tuple(_clears(strongest)),
        replay_id=replay_id(story.config, revision.since_ns, now_ns),
    )


def digest(text: str) -> str:
    """Sixteen hexadecimal digits that follow from the text."""
    return blake2b(text.encode(), digest_size=8).hexdigest()


def place(venue: str, asset: str) -> str:
    """A place in words.

    >>> place("binance-usdm", "BTC"), place("coinbase", "*"), place("market", "*"), place("market", "DOT")
    ('binance-usdm BTC', 'coinbase', '', 'DOT')
    """
    return " ".join(part for part in (venue, asset) if part not in (MARKET, ANY))


def _headline(revision: Revision, standing: Standing) -> str:
    if revision.status == "resolved":
        return headline.resolved(
            scope=revision.scope, peak=revision.peak, conditions=standing.conditions, quiet_s=revision.quiet_s
        )
    if standing.rules:
        return headline.data_headline(level=revision.level, scope=revision.scope, conditions=standing.conditions)
    return headline.headline(
        level=revision.level, scope=revision.scope, direction=standing.direction, conditions=standing.conditions
    )


def _evidence(strongest: Sequence[Condition], vitals: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The numbers of the strongest condition of each rule, then of the others, each with its place; the vital signs
    of the market give their normal to numbers of the same name, and the rest of them comes last.

    A sign of one market gives none: its venue may have another market of the asset, of which the number may be. Where
    the number of that name and place has a normal already, the sign is left out.
    """
    first: dict[str, Condition] = {}
    for condition in strongest:
        first.setdefault(condition.rule, condition)
    leaders = list(first.values())
    others = [condition for condition in strongest if first[condition.rule] is not condition]
    normal = {(sign.signal, sign.where): sign for sign in vitals}
    placed: list[Evidence] = []
    for condition in (*leaders, *others):
        for number in condition.evidence:
            where = number.where or place(condition.venue, condition.asset)
            sign = normal.get((number.signal, where))
            if sign is not None and (not where or number.baseline is not None):
                del normal[number.signal, where]
            if sign is None or where:
                placed.append(replace(number, where=where))
            else:
                placed.append(
                    replace(number, where=where, baseline=sign.baseline, percentile=sign.percentile, sigma=sign.sigma)
                )
    return (*placed[: MOST_NUMBERS - len(normal)], *normal.values())


def _clears(strongest: Iterable[Condition]) -> Iterable[str]:
    for rule in dict.fromkeys(c.rule for c in strongest):
        if rule in RULES:
            yield f"{rule.partition('/')[0]}: {RULES[rule].clears}"
