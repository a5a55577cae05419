import pytest

from detector.signals import liquidations_market
from detector.verdict import CALM, CRITICAL, Verdict
from tests.kit.markets import Scene, find, instrument, said

BTC, SOL, WLD = instrument("BTC"), instrument("SOL"), instrument("WLD")
COINS = {"BTC": BTC, "SOL": SOL, "WLD": WLD}


def market(scene: Scene) -> Verdict:
    return find(liquidations_market.evaluate(scene.overview()), liquidations_market.RULE, venue="market", asset="*")


def test_where_no_venue_ever_showed_a_liquidation_the_sum_is_unknown() -> None:
    """Venues without such a feed would be the calmest of all."""
    assert not market(Scene(BTC)).known


def test_liquidations_of_unknown_worth_leave_the_sum_unknown() -> None:
    """They are not of zero dollars."""
    scene = Scene(BTC)
    scene.liquidation(BTC, None)
    scene.close()
    assert not market(scene).known


def test_one_market_that_shows_liquidations_is_enough_to_see() -> None:
    """Spot markets beside it, which have none, would make the rule blind."""
    scene = Scene(BTC, SOL)
    scene.liquidation(BTC, 1_000.0)
    scene.close()
    assert said(market(scene)) == (CALM, False, True, "down")


@pytest.mark.parametrize(
    ("usd", "severity", "holds"), [(24e6, CALM, False), (26e6, CALM, True), (49e6, CALM, True), (50e6, CRITICAL, True)]
)
def test_fifty_millions_over_all_markets_are_critical(usd: float, severity: int, holds: bool) -> None:
    """A cascade spread over many coins is no smaller."""
    for side, direction in (("long", "down"), ("short", "up")):
        scene = Scene(*COINS.values())
        for definition in COINS.values():
            scene.liquidation(definition, usd / 3, liquidated="long" if side == "long" else "short")
        scene.close()
        assert said(market(scene)) == (severity, holds, True, direction)


def test_the_market_points_where_most_dollars_push() -> None:
    """Some shorts are liquidated in every fall."""
    scene = Scene(*COINS.values())
    scene.liquidation(BTC, 40e6, liquidated="short")
    scene.liquidation(SOL, 15e6, liquidated="long")
    scene.close()
    assert said(market(scene)) == (CRITICAL, True, True, "up")


def test_a_minute_later_it_is_calm() -> None:
    """A wave that has passed would be told as one that lasts."""
    scene = Scene(BTC)
    scene.liquidation(BTC, 60e6)
    scene.close(60)
    assert market(scene).severity == CRITICAL
    scene.close()
    assert (market(scene).severity, market(scene).holds) == (CALM, False)


def test_what_feeds_hide_is_told_beside_the_sum_and_decides_nothing() -> None:
    """A guess would make it critical; without it a reader has a part of the truth and does not know of how much."""
    theirs, partial = instrument("ETH", venue="bybit"), instrument("SOL", venue="bitmex")
    scene = Scene(BTC, theirs, partial)
    for _ in range(20):
        scene.liquidation(BTC, 1e6, sampled=True)
        scene.liquidation(theirs, 1e6)
        scene.liquidation(partial, 1e6, sampled=True)
        scene.close()
    verdict = market(scene)
    assert verdict.severity == CRITICAL
    assert verdict.evidence[0].value == 60_000_000.0
    assert verdict.evidence[0].note == (
        "reported 60 M$ (at least), about 64 M$ (complete; occupancy; 1 of the markets as reported)"
    )


def test_where_all_feeds_are_complete_there_is_nothing_to_add() -> None:
    """The truth would be called a guess."""
    theirs = instrument("ETH", venue="bybit")
    scene = Scene(theirs)
    scene.liquidation(theirs, 60e6)
    scene.close()
    assert market(scene).evidence[0].note == ""


def test_where_all_feeds_are_partial_no_estimate_is_made_up() -> None:
    """What was reported would be called an estimate."""
    partial = instrument("SOL", venue="bitmex")
    scene = Scene(partial)
    scene.liquidation(partial, 60e6, sampled=True)
    scene.close()
    assert market(scene).evidence[0].note == "reported 60 M$ (at least)"
