import pytest

from detector.overview import Overview
from detector.signals import branching
from detector.stats.rolling_median import RollingMedian
from detector.verdict import CALM, WATCH, Verdict
from tests.kit.markets import Scene, find, instrument, said

BTC, ETH = instrument("BTC"), instrument("ETH")


def verdict(view: Overview) -> Verdict:
    return find(branching.evaluate(view), branching.RULE, venue="market", asset="*")


def market(
    sells: float | None, buys: float | None, minute: float | None, ten: float | None, move: float = -0.01
) -> Verdict:
    scene = Scene(BTC, ETH)
    pool = scene.pool
    pool.sells.value, pool.buys.value = sells, buys
    pool.rate_ratio_60s, pool.rate_ratio_10s = minute, ten
    for definition in (BTC, ETH):
        scene.market(definition).trading.move_60s = move
    return verdict(scene.overview())


@pytest.mark.parametrize(
    ("sells", "buys", "minute", "ten", "severity", "holds"),
    [
        (0.851, 0.3, 3.1, 1.0, WATCH, True),
        (0.3, 0.851, 1.0, 3.1, WATCH, True),
        (0.851, 0.3, 3.1, None, WATCH, True),
        (0.850, 0.3, 9.0, 9.0, CALM, True),
        (0.9, 0.9, 3.0, 3.0, CALM, True),  # near-critical markets are ordinary in a busy hour
        (0.801, 0.3, 1.6, 1.0, CALM, True),
        (0.800, 0.3, 9.0, 9.0, CALM, False),
        (0.95, 0.3, 1.5, 1.5, CALM, False),
    ],
)
def test_a_shock_is_excited_flow_at_three_times_the_usual_rate(
    sells: float, buys: float, minute: float, ten: float | None, severity: int, holds: bool
) -> None:
    """Either alone is an ordinary hour."""
    found = market(sells, buys, minute, ten)
    assert (found.severity, found.holds, found.known) == (severity, holds, True)
    assert bool(found.evidence) == bool(severity)


@pytest.mark.parametrize(("sells", "buys", "minute"), [(None, 0.9, 5.0), (0.9, None, 5.0), (0.9, 0.9, None)])
def test_it_is_unknown_until_ten_minutes_were_seen(
    sells: float | None, buys: float | None, minute: float | None
) -> None:
    """A market that nobody has watched yet is not calm."""
    assert not market(sells, buys, minute, 5.0).known


@pytest.mark.parametrize(("move", "direction"), [(-0.01, "down"), (0.01, "up"), (0.0, "none")])
def test_it_points_where_the_median_market_went(move: float, direction: str) -> None:
    """A shock up and a shock down are different alerts."""
    assert market(0.9, 0.9, 5.0, 5.0, move).direction == direction


def shock(factor: float) -> list[tuple[int, bool, bool, str]]:
    """A quiet quarter of an hour, then ten seconds of one-sided orders, on coins that cost `factor`."""
    scene = Scene(BTC, ETH)
    scene.pool.usual_rate = RollingMedian(every_s=30, warm=2)
    found = []
    for second in range(920):
        burst = second >= 900
        for n in range(10 if burst else 1):
            price = factor * (100.0 - (0.02 * (second - 899) if burst else 0.0))
            scene.trade(BTC, price, taker="sell", after_ms=50 + 100 * n)
            scene.trade(ETH, price, taker="sell" if burst else "buy", after_ms=50 + 100 * n)
        scene.close(learn=not burst)
        found.append(said(verdict(scene.overview())))
    return found


def test_a_burst_of_orders_is_a_shock_within_ten_seconds() -> None:
    """The first stage of every cascade."""
    found = shock(1.0)
    assert not any(known for _, _, known, _ in found[:599])
    assert {severity for severity, _, _, _ in found[:900]} == {CALM}
    assert (WATCH, True, True, "down") in found[900:910]
    assert shock(1e4)[600:] == found[600:]
