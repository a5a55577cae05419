"""Levels of the market and of single assets, and the two-key rule."""

from __future__ import annotations

import itertools

import pytest

from detector.conditions import NS, Condition
from detector.config import Config
from detector.rollup import Watched, asset_standing, market_standing
from detector.signals import (
    adl_hazard,
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
    adl_hazard.RULE: "S6",
}


def on(
    rule: str,
    severity: int = WARN,
    venue: str = MARKET,
    asset: str = "*",
    direction: Direction = "down",
    since_s: int = 0,
) -> Condition:
    """An active condition."""
    since_ns = since_s * NS
    return Condition(rule, STAGES[rule], venue, asset, severity=severity, direction=direction, since_ns=since_ns)


def each(rule: str, count: int, severity: int = WARN, direction: Direction = "down") -> list[Condition]:
    """The same condition of so many alts on one venue."""
    return [on(rule, severity, "north", f"A{n:03}", direction) for n in range(count)]


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
        ([LATE], CALM),
        ([LATE, on(feed.DELAY, WARN, "south")], WATCH),
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
        ([on(dislocation_breadth.RULE, EMERGENCY)], WATCH),
        ([FLOW, on(dislocation_breadth.RULE, EMERGENCY)], EMERGENCY),
        ([*each(liquidations.RULE, 3), on(deleveraging.RULE, EMERGENCY, "north", "BTC")], WATCH),
        ([SHOCK, HOLES, *each(liquidations.RULE, 3)], CRITICAL),
        ([SHOCK, HOLES, *each(asset_move.RULE, 3)], CRITICAL),
        ([SHOCK, HOLES, *each(asset_move.RULE, 3, direction="up")], CRITICAL),
        ([SHOCK, HOLES, *each(asset_move.RULE, 2), on(asset_move.RULE, WARN, "north", "SOL", "up")], WARN),
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
    assert market_standing([SHOCK, *thin], Watched({"north": watched}, watched), Config()).level == level


@pytest.mark.parametrize("watched", [60, 500, 2_000])
@pytest.mark.parametrize(
    ("beside", "rule", "severity", "few", "enough"),
    [
        ([], liquidations.RULE, WARN, CALM, WATCH),
        ([SHOCK], asset_move.RULE, WARN, WATCH, WARN),
        ([SHOCK, HOLES], liquidations.RULE, WARN, WATCH, CRITICAL),
        ([SHOCK], depth.DEPTH, HIGH, WATCH, HIGH),
        ([SHOCK], void.EMPTY, HIGH, WATCH, EMERGENCY),
        ([], deleveraging.RULE, EMERGENCY, CALM, EMERGENCY),
    ],
)
def test_the_more_assets_are_watched_the_more_must_agree(
    watched: int, beside: list[Condition], rule: str, severity: int, few: int, enough: int
) -> None:
    """Of two thousand coins some three always fall: the market would never be below WATCH."""
    for count, level in ((watched // 20 - 1, few), (watched // 20, enough)):
        active = [*beside, *each(rule, count, severity)]
        assert market_standing(active, Watched({"north": watched}, watched), Config()).level == level


@pytest.mark.parametrize(
    ("began_s", "direction", "level"),
    [(7_200, "down", CRITICAL), (3_600, "down", CRITICAL), (3_599, "down", WATCH), (7_200, "up", WATCH)],
)
def test_a_peg_that_broke_long_before_the_shock_is_no_part_of_it(
    began_s: int, direction: Direction, level: int
) -> None:
    """A stablecoin given up a week ago would make every small shock CRITICAL, and so would one at a premium."""
    shock = [on(branching.RULE, WATCH, since_s=7_200), on(breadth.SHOCK, WATCH, since_s=7_260)]
    peg = on(pegs.RULE, CRITICAL, "south", "TUSD", direction, began_s)
    assert market_of([*shock, peg]).level == level


@pytest.mark.parametrize(
    ("active", "void"),
    [
        ([on(void_venue.RULE, EMERGENCY, "north")], True),
        ([on(dislocation_breadth.RULE, EMERGENCY)], True),
        ([on(dislocation_breadth.RULE, CRITICAL)], False),
        ([on(void.TWIN, HIGH, "north", "ETH")], True),
        ([on(dislocation.RULE, HIGH, MARKET, "DOT")], False),
        (each(void.EMPTY, 4, HIGH), False),
        (each(void.EMPTY, 5, HIGH), True),
        (each(void.IMPACT, 5, WARN), False),
        ([on(dislocation.RULE, HIGH, MARKET, asset) for asset in "ABCDE"], False),
    ],
)
def test_the_void_of_a_few_alts_is_theirs(active: list[Condition], void: bool) -> None:
    """One dead coin among two thousand would forbid market orders everywhere."""
    standing = market_standing([SHOCK, *active], Watched({"north": 100}, 2_000), Config())
    assert standing.void is void


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
        ([of(asset_move.RULE), of(deleveraging.RULE, EMERGENCY)], CRITICAL),
        ([of(liquidations.RULE, CRITICAL), of(deleveraging.RULE, EMERGENCY)], EMERGENCY),
        ([of(asset_move.RULE), of(adl_hazard.RULE, HIGH), of(deleveraging.RULE, EMERGENCY)], EMERGENCY),
        ([of(asset_move.RULE), of(void.EMPTY, HIGH), of(deleveraging.RULE, EMERGENCY)], EMERGENCY),
        ([of(deleveraging.RULE, EMERGENCY)], CALM),
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


def test_more_evidence_never_lowers_the_level_of_an_asset() -> None:
    """A broken peg that begins to be sold would be told as less than before."""
    everything = [
        of(pegs.RULE, CRITICAL),
        of(asset_move.RULE),
        of(depth.DEPTH, HIGH),
        of(void.TWIN, HIGH),
        of(dislocation.RULE, HIGH),
        of(deleveraging.RULE, EMERGENCY),
    ]
    for active in itertools.permutations(everything):
        levels = [asset_standing("SOL", active[:count]).level for count in range(len(active) + 1)]
        assert levels == sorted(levels)
    assert asset_standing("SOL", everything[:2]).second_key == "collateral peg broken"


def test_the_void_of_an_asset_is_its_own() -> None:
    """Who trades a coin whose book is gone would be told to open nothing, and sell at any price."""
    assert asset_standing("SOL", [of(asset_move.RULE), of(void.EMPTY, HIGH)]).void
    assert not asset_standing("SOL", [of(asset_move.RULE), of(void.IMPACT, WARN)]).void
    assert not asset_standing("SOL", [of(asset_move.RULE), on(void.EMPTY, HIGH, "north", "BTC")]).void
