import pytest

from detector.signals import liquidations
from detector.verdict import CALM, CRITICAL, HIGH, WARN, Verdict
from schemas.market import Position
from tests.kit.markets import Scene, find, instrument, said

BTC, SOL, WLD = instrument("BTC"), instrument("SOL"), instrument("WLD")
COINS = {"BTC": BTC, "SOL": SOL, "WLD": WLD}


def of(scene: Scene, asset: str) -> Verdict:
    return find(liquidations.evaluate(scene.world), liquidations.RULE, venue="binance-usdm", asset=asset)


def liquidated(asset: str, usd: float, *, side: Position = "long", sampled: bool = False) -> Scene:
    """A second in which so many dollars were closed by force, in two halves."""
    scene = Scene(*COINS.values())
    for _ in range(2):
        scene.liquidation(COINS[asset], usd / 2, liquidated=side, sampled=sampled)
    scene.close()
    return scene


@pytest.mark.parametrize(("asset", "floor"), [("BTC", 1_000_000.0), ("SOL", 250_000.0), ("WLD", 50_000.0)])
@pytest.mark.parametrize(
    ("times", "severity", "holds", "confirm"),
    [
        (0.49, CALM, False, 2),
        (0.51, CALM, True, 2),
        (0.99, CALM, True, 2),
        (1.0, WARN, True, 2),
        (2.0, WARN, True, 1),
        (4.99, WARN, True, 1),
        (5.0, HIGH, True, 1),
        (19.9, HIGH, True, 1),
        (20.0, CRITICAL, True, 1),
    ],
)
def test_dollars_a_minute_are_graded_by_the_floor_of_the_asset(
    asset: str, floor: float, times: float, severity: int, holds: bool, confirm: int
) -> None:
    """A million is a quiet minute of BTC and the end of a small coin; severe ones must be tellable in the calm."""
    for side, direction in (("long", "down"), ("short", "up")):
        verdict = of(liquidated(asset, times * floor, side="long" if side == "long" else "short"), asset)
        assert said(verdict) == (severity, holds, True, direction if severity or holds else "none")
        assert verdict.confirm == confirm


def test_a_market_that_never_showed_a_liquidation_is_unknown() -> None:
    """Venues without such a feed would be the calmest of all."""
    scene = liquidated("BTC", 5e6)
    assert of(scene, "BTC").known
    assert not of(scene, "SOL").known


def test_a_liquidation_of_unknown_worth_leaves_the_market_unknown() -> None:
    """It is not one of zero dollars."""
    scene = Scene(BTC)
    scene.liquidation(BTC, None)
    scene.close()
    assert not of(scene, "BTC").known


def test_a_minute_later_it_is_calm() -> None:
    """A wave that has passed would be told as one that lasts."""
    scene = liquidated("BTC", 5e6)
    scene.close(59)
    assert of(scene, "BTC").severity == HIGH
    scene.close()
    assert said(of(scene, "BTC")) == (CALM, False, True, "none")


@pytest.mark.parametrize(("seconds", "severity"), [(30, WARN), (29, CALM)])
def test_a_sampled_feed_that_prints_in_half_of_all_seconds_has_stopped_counting(seconds: int, severity: int) -> None:
    """At one print a second the reported dollars no longer grow with the real ones."""
    scene = Scene(BTC)
    for second in range(60):
        if second < seconds:
            scene.liquidation(BTC, 10.0, sampled=True)
        scene.close()
    verdict = of(scene, "BTC")
    assert (verdict.severity, verdict.known) == (severity, True)
    if severity:
        assert verdict.evidence[0].note == "reported 300 $ (at least), about 416 $ (occupancy, saturated); saturated"


def test_a_complete_feed_is_never_saturated() -> None:
    """Many small liquidations would be an alarm."""
    scene = Scene(BTC)
    for _ in range(60):
        scene.liquidation(BTC, 10.0)
        scene.close()
    assert said(of(scene, "BTC")) == (CALM, False, True, "none")


def test_a_sum_of_a_sampled_feed_is_called_a_lower_bound() -> None:
    """Readers would take it for the truth."""
    assert of(liquidated("BTC", 5e6), "BTC").evidence[0].note == "reported 5 M$ (at least), about 5.1 M$ (occupancy)"


@pytest.mark.parametrize(
    ("sampled", "note"), [(True, "reported 5 M$ (at least)"), (False, "")], ids=["sampled", "complete"]
)
def test_where_no_venue_file_speaks_the_rows_say_whether_the_sum_is_a_lower_bound(sampled: bool, note: str) -> None:
    """Somebody's recording of a throttled venue would be taken for the truth, or a complete one be doubted."""
    theirs = instrument("BTC", venue="somebody")
    scene = Scene(theirs)
    scene.liquidation(theirs, 5e6, sampled=sampled)
    scene.close()
    (verdict,) = liquidations.evaluate(scene.world)
    assert (verdict.severity, verdict.evidence[0].value, verdict.evidence[0].note) == (HIGH, 5e6, note)


def test_what_it_probably_was_and_what_it_can_be_at_most_is_told_and_decides_nothing() -> None:
    """A guess would page people; a guess that nobody sees would leave them with a fifth of the truth."""
    scene = Scene(BTC)
    scene.open_interest(BTC, 1_000.0)
    scene.trade(BTC, 20_000.0)
    scene.close()
    for _ in range(59):
        scene.liquidation(BTC, 80_000.0, sampled=True)
        scene.close()
    scene.liquidation(BTC, 80_000.0, sampled=True)
    scene.open_interest(BTC, 550.0)
    scene.close()
    verdict = of(scene, "BTC")
    assert verdict.severity == WARN
    assert verdict.evidence[0].value == 4_800_000.0
    assert verdict.evidence[0].note == (
        "reported 4.8 M$ (at least), about 9 M$ (occupancy, saturated), at most 9 M$ (open interest); saturated"
    )


def test_a_market_that_is_often_busy_needs_more() -> None:
    """Its ordinary minutes would be an alarm every day."""
    scene = liquidated("WLD", 200_000.0)
    scene.close(600)
    scene.liquidation(WLD, 150_000.0)
    scene.close()
    verdict = of(scene, "WLD")
    assert said(verdict) == (CALM, True, True, "down")
    assert verdict.evidence[0].threshold == 200_000.0
    scene.liquidation(WLD, 900_000.0)
    scene.close()
    assert of(scene, "WLD").severity == HIGH
