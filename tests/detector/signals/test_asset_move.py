import pytest

from detector.signals import asset_move
from detector.verdict import CALM, WARN, Verdict
from tests.kit.markets import Scene, find, instrument, quick_to_learn, said

WLD = instrument("WLD")


def verdict(move: float | None, sigma: float | None, rate: float | None) -> Verdict:
    scene = Scene(WLD)
    trading = scene.market(WLD).trading
    trading.move_60s, trading.sigma, trading.rate_ratio = move, sigma, rate
    return find(asset_move.evaluate(scene.world), asset_move.RULE, venue="binance-usdm", asset="WLD")


@pytest.mark.parametrize(
    ("move", "sigma", "rate", "severity", "holds"),
    [
        (0.0161, 0.002, 10.0, WARN, True),
        (0.0159, 0.002, 10.0, CALM, True),  # 7.95 sigma
        (0.0161, 0.002, 9.9, CALM, True),  # too few orders
        (0.0149, 0.0001, 50.0, CALM, True),  # beneath the floor of 1.5 %
        (0.0151, 0.0, 50.0, WARN, True),  # a price that never moved has the floor for its sigma
        (0.0081, 0.002, 1.0, CALM, True),
        (0.0079, 0.002, 50.0, CALM, False),
        (0.0074, 0.0001, 50.0, CALM, False),
        (0.0, 0.002, 50.0, CALM, False),
    ],
)
@pytest.mark.parametrize(("sign", "direction"), [(-1, "down"), (1, "up")])
def test_a_move_needs_its_sigmas_its_floor_and_its_orders(
    move: float, sigma: float, rate: float, severity: int, holds: bool, sign: int, direction: str
) -> None:
    """A cascade of one coin would be missed, or every coin's noise told."""
    found = verdict(sign * move, sigma, rate)
    assert said(found) == (severity, holds, True, direction if severity or holds else "none")


@pytest.mark.parametrize(("move", "sigma", "rate"), [(None, 0.001, 20.0), (-0.5, None, 20.0), (-0.5, 0.001, None)])
def test_a_market_without_history_is_unknown(move: float | None, sigma: float | None, rate: float | None) -> None:
    """A start in the middle of a crash is blind, and must say so."""
    assert not verdict(move, sigma, rate).known


def test_its_evidence_names_the_move_and_the_orders() -> None:
    """An alert without numbers cannot be checked."""
    evidence = verdict(-0.03, 0.001, 25.0).evidence
    assert [e.signal for e in evidence] == ["move_60s_size", "orders"]
    assert (evidence[0].value, evidence[0].threshold) == (0.03, 0.015)


def fall(factor: float, sign: int) -> Verdict:
    """Ten quiet minutes, then 3 % in forty seconds with twenty times the orders, on a coin that costs `factor`."""
    scene = Scene(WLD)
    quick_to_learn(scene.market(WLD)).trading.usual_rate.warm = 100
    price = 2.0 * factor
    for second in range(600):
        scene.trade(WLD, price * (1 + 0.0002 * (second % 3 - 1)))
        scene.close()
    for second in range(40):
        now = price * (1 + sign * 0.00075 * (second + 1))
        for after_ms in range(50, 1000, 100):
            scene.trade(WLD, now, taker="buy", after_ms=after_ms)
            scene.trade(WLD, now, taker="sell", after_ms=after_ms)
        scene.close(learn=False)
    return find(asset_move.evaluate(scene.world), asset_move.RULE)


@pytest.mark.parametrize("factor", [1.0, 1e-6, 3e4])
def test_a_real_fall_warns_whatever_the_coin_costs(factor: float) -> None:
    """Thresholds would mean something else for every coin."""
    assert said(fall(factor, -1)) == (WARN, True, True, "down")
    assert said(fall(factor, 1)) == (WARN, True, True, "up")
