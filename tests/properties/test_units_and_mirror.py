"""Decisions follow the market and not its units: other prices, another hour, long or short."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from detector.engine import Engine
from detector.shard import Output
from schemas.alert import Alert, Direction, Transition
from schemas.base import Event
from tests.kit.synthetic_crash import ASSETS, synthetic_crash
from tests.kit.transformed import mirrored, scaled

Decision = tuple[object, ...]
OTHER_WAY: dict[Direction, Direction] = {"down": "up", "up": "down", "none": "none"}

NEAR_S = 15
"""A mirrored percent is not quite a percent: 2·p₀ - p falls from another base than p rises."""


def outputs(events: list[Event]) -> list[Output]:
    """All that an engine says."""
    engine = Engine()
    return engine.feed(events) + engine.finish()


def decisions(told: Iterable[Output]) -> list[Decision]:
    """What was decided, without the numbers, which have units."""
    return [
        (o.rule, o.venue, o.asset, o.active, o.severity, o.direction, o.ts_ns, o.since_ns)
        if isinstance(o, Transition)
        else (o.scope, o.status, o.level, o.stages, o.direction, o.ts_ns, o.second_key, o.posture)
        for o in told
    ]


@pytest.mark.slow
def test_prices_times_c_with_sizes_divided_by_c_decide_the_same() -> None:
    """A coin of a thousandth of a dollar would be judged by other rules than one of sixty thousand."""
    events = synthetic_crash(3)
    plain = decisions(outputs(events))
    assert plain
    assert decisions(outputs(scaled(events, {"BTC": -4, "ETH": 3, "SOL": -2}))) == plain


@pytest.mark.slow
@pytest.mark.parametrize("seed", [4])
def test_a_squeeze_is_told_as_the_fall_that_it_mirrors(seed: int) -> None:
    """Shorts that are liquidated would be nobody's business."""
    events = synthetic_crash(seed)
    fall, squeeze = outputs(events), outputs(mirrored(events, ASSETS))
    first = {place: moment for place, moment in onsets(fall).items() if place[0] not in EXEMPT}
    found = {place: moment for place, moment in onsets(squeeze).items() if place[0] not in EXEMPT}
    assert {(rule, venue, asset, OTHER_WAY[way]) for rule, venue, asset, way in first} == set(found)
    for (rule, venue, asset, way), moment in first.items():
        assert abs(found[rule, venue, asset, OTHER_WAY[way]] - moment) <= NEAR_S * 10**9, (rule, venue, asset)
    assert levels(fall) == levels(squeeze)


EXEMPT = frozenset({"S5.peg/1"})
"""A dollar coin is not mirrored: it has no leverage."""


def onsets(told: Iterable[Output]) -> dict[tuple[str, str, str, Direction], int]:
    """The first onset of each rule at each place."""
    found: dict[tuple[str, str, str, Direction], int] = {}
    for o in told:
        if isinstance(o, Transition) and o.active:
            found.setdefault((o.rule, o.venue, o.asset, o.direction), o.since_ns)
    return found


def levels(told: Iterable[Output]) -> list[tuple[str, str]]:
    """The levels that an alert of each scope reached, in order."""
    found: dict[tuple[str, str], None] = {}
    for o in told:
        if isinstance(o, Alert):
            found.setdefault((o.scope, o.level))
    return sorted(found)
