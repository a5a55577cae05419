"""What an alert says beside its conditions."""

from __future__ import annotations

from detector.composing import MOST_NUMBERS, Revision, Story, compose
from detector.conditions import Condition
from detector.config import Config
from detector.rollup import Standing
from detector.signals import branching, breadth
from detector.verdict import HIGH, WATCH
from schemas.alert import MARKET, Alert, Coverage, Evidence

SEEN = Coverage(live=1, families=2, blind=("book depth: no source can be evaluated",))
NORMAL = Evidence(signal="branching_ratio", value=0.9, baseline=0.68, percentile=100.0, sigma=4.1)
MOVE = Evidence(signal="median_move_60s_size", value=0.01, baseline=0.0002, percentile=100.0, sigma=30.0)


def alert(*numbers: Evidence, vitals: tuple[Evidence, ...] = (NORMAL, MOVE)) -> Alert:
    """The alert of a shock and its flow."""
    shock = Condition(branching.RULE, "S1", MARKET, "*", severity=WATCH, since_ns=5, evidence=numbers)
    flow = Condition(breadth.FLOW, "S2", MARKET, "*", severity=HIGH, since_ns=7)
    standing = Standing(HIGH, "", ("S1", "S2"), "down", (shock, flow))
    revision = Revision("e", 1, MARKET, "open", HIGH, HIGH, ("S1", "S2"), "down", 5, 900)
    return compose(revision, standing, Story(Config(), SEEN, vitals), 10)


def test_a_number_gets_its_normal_from_the_vital_sign_of_its_name() -> None:
    """The same number would stand there twice, once without what is normal for it."""
    told = alert(Evidence(signal="branching_ratio", value=0.9, threshold=0.85)).evidence
    assert [e.signal for e in told] == ["branching_ratio", "median_move_60s_size"]
    assert (told[0].threshold, told[0].baseline, told[0].sigma) == (0.85, 0.68, 4.1)


def placed(number: Evidence) -> tuple[Evidence, ...]:
    """What is told of an asset with a number of one of its markets and the vital sign of another at that venue."""
    sign = Evidence(signal="orders", where="north DOT", value=9.0, baseline=4.0, percentile=99.0, sigma=5.0)
    shock = Condition(branching.RULE, "S1", "north", "DOT", severity=WATCH, since_ns=5, evidence=(number,))
    standing = Standing(WATCH, "", ("S1",), "down", (shock,))
    revision = Revision("e", 1, "DOT", "open", WATCH, WATCH, ("S1",), "down", 5, 900)
    return compose(revision, standing, Story(Config(), SEEN, (sign,)), 10).evidence


def test_a_number_of_one_market_keeps_its_own_normal_beside_the_sign_of_another() -> None:
    """Two perpetuals of one venue share a name: the normal of one would be told of the other."""
    assert [(e.value, e.baseline) for e in placed(Evidence(signal="orders", value=30.0, baseline=2.0))] == [(30.0, 2.0)]
    cold = placed(Evidence(signal="orders", value=30.0))
    assert [(e.value, e.baseline) for e in cold] == [(30.0, None), (9.0, 4.0)]


def test_the_vital_signs_survive_a_long_list() -> None:
    """In the worst minute, with the most conditions, no number would have its normal any more."""
    told = alert(*(Evidence(signal=f"n{i}", value=1.0) for i in range(40))).evidence
    assert len(told) == MOST_NUMBERS
    assert told[-2:] == (NORMAL, MOVE)


def test_it_says_what_would_end_each_rule_that_holds() -> None:
    """A reader would not know what to wait for."""
    assert alert().clears == (
        "S2.breadth: breadth below half, and no self-excited flow at five times the usual rate",
        "S1.branching: branching ratio below 0.80, or orders below 1.5 times their usual rate",
    )


def test_a_number_of_another_place_keeps_it() -> None:
    """The two sides of a dislocation would be told as the market's."""
    told = alert(Evidence(signal="own_move_300s", where="coinbase DOT", value=-0.2)).evidence
    assert told[0].where == "coinbase DOT"
