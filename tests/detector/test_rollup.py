"""Levels of the market and of single assets, and the two-key rule."""

from __future__ import annotations

import itertools

import pytest

from detector.conditions import Condition
from detector.rollup import asset_standing, market_standing
from detector.signals import (
    asset_move,
    branching,
    breadth,
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
from detector.verdict import CALM, CRITICAL, EMERGENCY, HIGH, WARN, WATCH
from schemas.alert import MARKET, Direction, Stage
from tests.kit.standing import market_of

STAGES: dict[str, Stage] = {
    branching.RULE: "S1",
    breadth.SHOCK: "S1",
    breadth.FLOW: "S2",
    asset_move.RULE: "S2",
    liquidations.RULE: "S2",
    liquidations_market.RULE: "S2",
    open_interest.FLUSH: "S2",
    depth.DEPTH: "S3",
    feed.DELAY: "S3",
    void.TWIN: "S4",
    void_venue.RULE: "S4",
    void.EMPTY: "S4",
    void.IMPACT: "S4",
    dislocation.RULE: "S4",
    dislocation_breadth.RULE: "S4",
    pegs.RULE: "S5",
    offbook.RULE: "S6",
    deleveraging.RULE: "S6",
}


def on(
    rule: str, severity: int = WARN, venue: str = MARKET, asset: str = "*", direction: Direction = "down"
) -> Condition:
    """An active condition."""
    return Condition(rule, STAGES[rule], venue, asset, severity=severity, direction=direction)


SHOCK = on(branching.RULE, WATCH)
FLOW = on(breadth.FLOW)
LATE = on(feed.DELAY, WARN, "north")
THIN = on(depth.DEPTH, HIGH, "north", "BTC")
HOLES = on(offbook.RULE, HIGH, "north")
APART = on(dislocation_breadth.RULE, HIGH)


@pytest.mark.parametrize(
    ("active", "level"),
    [
        ([], CALM),
        ([SHOCK], WATCH),
        ([LATE], WATCH),
        ([on(dislocation_breadth.RULE, WATCH)], WATCH),
        ([FLOW], WATCH),
        ([on(asset_move.RULE, WARN, "north", "SOL")], CALM),
        ([SHOCK, LATE], WARN),
        ([SHOCK, *(on(asset_move.RULE, WARN, "north", a) for a in ("BTC", "ETH", "SOL"))], WARN),
        ([SHOCK, on(asset_move.RULE, WARN, "north", "BTC"), on(asset_move.RULE, WARN, "south", "BTC")], WATCH),
        ([SHOCK, FLOW], HIGH),
        ([SHOCK, THIN], HIGH),
        ([SHOCK, FLOW, LATE], HIGH),
        ([SHOCK, FLOW, LATE, on(feed.DELAY, WARN, "south")], CRITICAL),
        ([SHOCK, FLOW, HOLES], CRITICAL),
        ([SHOCK, FLOW, APART], CRITICAL),
        ([SHOCK, FLOW, on(dislocation_breadth.RULE, WATCH)], HIGH),
        ([SHOCK, on(liquidations_market.RULE, CRITICAL)], CRITICAL),
        ([SHOCK, HOLES], WATCH),
        ([FLOW, HOLES], WATCH),
        ([SHOCK, on(pegs.RULE, CRITICAL, "south", "USDE")], CRITICAL),
        ([on(pegs.RULE, CRITICAL, "south", "USDE")], CALM),
        ([on(deleveraging.RULE, EMERGENCY, "north", "BTC")], CALM),
        ([FLOW, on(deleveraging.RULE, EMERGENCY, "north", "BTC")], EMERGENCY),
        ([on(deleveraging.RULE, EMERGENCY, "north", a) for a in ("BTC", "ETH", "SOL")], EMERGENCY),
        ([SHOCK, on(void_venue.RULE, EMERGENCY, "north")], EMERGENCY),
        ([on(void_venue.RULE, EMERGENCY, "north")], CALM),
        ([on(dislocation_breadth.RULE, EMERGENCY)], EMERGENCY),
        ([SHOCK, *(on(void.EMPTY, HIGH, "north", a) for a in ("BTC", "ETH"))], WATCH),
        ([SHOCK, *(on(void.EMPTY, HIGH, "north", a) for a in ("BTC", "ETH", "SOL"))], EMERGENCY),
    ],
)
def test_the_level_of_the_market(active: list[Condition], level: int) -> None:
    """The level is what pages people: a wrong one wakes them for nothing, or not at all."""
    standing = market_of(active)
    assert standing.level == level
    assert bool(standing.second_key) == (level >= CRITICAL)


def test_price_alone_never_exceeds_high() -> None:
    """One key would open the door: a busy news minute would be called a cascade."""
    prices = [
        SHOCK,
        on(breadth.SHOCK, WATCH),
        FLOW,
        on(void.IMPACT, WARN, "north", "BTC"),
        *(on(rule, HIGH, "north", a) for rule in (asset_move.RULE, void.TWIN) for a in ("BTC", "ETH", "SOL")),
    ]
    levels = {market_of(some).level for n in range(1, 5) for some in itertools.combinations(prices, n)}
    levels.add(market_of(prices).level)
    assert max(levels) == HIGH


def test_the_second_key_is_named() -> None:
    """A reader could not check why it was allowed to be CRITICAL."""
    late, thin = on(feed.DELAY, WARN, "east"), on(depth.DEPTH, WARN, "east", "ETH")
    for active, key in (
        ([SHOCK, FLOW, HOLES], "off-book fills on north"),
        ([SHOCK, FLOW, THIN, thin], "liquidity withdrawn on east and north"),
        ([SHOCK, FLOW, THIN, late], "liquidity withdrawn or feeds failing on east and north"),
        ([SHOCK, FLOW, LATE, late], "liquidity withdrawn or feeds failing on east and north"),
        ([SHOCK, on(void_venue.RULE, EMERGENCY, "north")], "liquidity void on north"),
    ):
        assert market_of(active).second_key == key


@pytest.mark.parametrize(
    ("assets", "watched", "level"),
    [
        (["SOL"], 10, WATCH),
        (["SOL", "XRP"], 10, WATCH),
        (["SOL", "XRP", "ADA"], 10, HIGH),
        (["BTC"], 10, HIGH),
        (["SOL", "XRP"], 2, HIGH),
        (["SOL"], 1, HIGH),
    ],
)
def test_makers_have_left_a_venue_when_they_left_a_major_or_three_assets(
    assets: list[str], watched: int, level: int
) -> None:
    """One thin alt, whose only maker is asleep, would raise the whole market."""
    thin = [on(depth.DEPTH, HIGH, "north", asset) for asset in assets]
    assert market_standing([SHOCK, *thin], {"north": watched}, ("BTC", "ETH")).level == level


def test_a_standing_tells_stages_direction_and_all_conditions() -> None:
    """The alert would leave out what holds, or say that a rising market falls."""
    up = [on(branching.RULE, WATCH, direction="up"), on(breadth.FLOW, direction="up"), LATE]
    standing = market_of(up)
    assert standing.stages == ("S1", "S2", "S3")
    assert standing.direction == "up"
    assert standing.conditions == tuple(up)
    assert market_of([on(branching.RULE, direction="up"), FLOW]).direction == "none"


def of(rule: str, severity: int = WARN) -> Condition:
    """A condition of SOL alone."""
    return on(rule, severity, "north", "SOL")


@pytest.mark.parametrize(
    ("active", "level"),
    [
        ([], CALM),
        ([on(asset_move.RULE, WARN, "north", "BTC")], CALM),
        ([of(depth.DEPTH, HIGH)], CALM),
        ([of(asset_move.RULE)], WARN),
        ([of(open_interest.FLUSH, WATCH)], CALM),
        ([of(asset_move.RULE), of(depth.DEPTH)], HIGH),
        ([of(liquidations.RULE, CRITICAL)], CRITICAL),
        ([of(asset_move.RULE), on(dislocation.RULE, HIGH, MARKET, "SOL")], CRITICAL),
        ([of(asset_move.RULE), on(dislocation.RULE, WARN, MARKET, "SOL")], WARN),
        ([of(asset_move.RULE), of(deleveraging.RULE, EMERGENCY)], EMERGENCY),
        ([of(asset_move.RULE), of(void.TWIN, HIGH)], WARN),
        ([of(liquidations.RULE, CRITICAL), of(void.TWIN, HIGH)], EMERGENCY),
        ([of(pegs.RULE, WARN)], WARN),
        ([of(pegs.RULE, EMERGENCY)], CRITICAL),
    ],
)
def test_the_level_of_one_asset(active: list[Condition], level: int) -> None:
    """A cascade that stays its own would be missed, or told as if it were the market's."""
    standing = asset_standing("SOL", active)
    assert standing.level == level
    assert bool(standing.second_key) == (level >= CRITICAL)
    assert all(condition.asset == "SOL" for condition in standing.conditions)
