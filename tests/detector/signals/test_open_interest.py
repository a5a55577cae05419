import pytest

from detector.quotes import ASK, BID, ONE_PERCENT, cell
from detector.signals import open_interest
from detector.verdict import CALM, CRITICAL, HIGH, WARN, WATCH, Verdict
from schemas.instrument import Instrument
from schemas.market import Position
from tests.kit.markets import Scene, find, instrument, ladder, quick_to_learn, said

BTC = instrument()
SQRT_5 = 5**0.5


def flush(change: float | None, move: float | None = -0.05, sigma: float | None = 0.001) -> Verdict:
    scene = Scene(BTC)
    market = scene.market(BTC)
    market.forced.oi_change_300s = change
    market.trading.move_300s, market.trading.sigma = move, sigma
    return find(open_interest.evaluate(scene.world), open_interest.FLUSH, venue="binance-usdm", asset="BTC")


@pytest.mark.parametrize(
    ("change", "severity", "holds"),
    [
        (0.10, CALM, False),
        (0.0, CALM, False),
        (-0.0099, CALM, False),
        (-0.0101, CALM, True),
        (-0.0199, CALM, True),
        (-0.0201, WARN, True),
        (-0.0499, WARN, True),
        (-0.0501, HIGH, True),
        (-0.0999, HIGH, True),
        (-0.1001, CRITICAL, True),
    ],
)
@pytest.mark.parametrize(("sign", "direction"), [(-1, "down"), (1, "up")])
def test_lost_open_interest_is_graded(change: float, severity: int, holds: bool, sign: int, direction: str) -> None:
    """The upper bound of what was forced, where liquidations are throttled."""
    verdict = flush(change, sign * 0.05)
    assert said(verdict) == (severity, holds, True, direction if holds else "none")


@pytest.mark.parametrize(
    ("move", "sigma", "severity"),
    [
        (8.01 * SQRT_5 * 0.001, 0.001, HIGH),
        (7.99 * SQRT_5 * 0.001, 0.001, CALM),
        (8.01 * SQRT_5 * 0.0003, 0.0, HIGH),
        (7.99 * SQRT_5 * 0.0003, 0.0, CALM),
    ],
)
def test_without_a_move_of_eight_sigma_it_is_people_going_home(move: float, sigma: float, severity: int) -> None:
    """Positions are also closed by choice, at expiries and on Friday evenings."""
    for sign in (-1, 1):
        assert flush(-0.06, sign * move, sigma).severity == severity


@pytest.mark.parametrize(
    ("change", "move", "sigma"), [(None, -0.05, 0.001), (-0.06, None, 0.001), (-0.06, -0.05, None)]
)
def test_without_figures_a_flush_is_unknown(change: float | None, move: float | None, sigma: float | None) -> None:
    """Venues that publish no open interest would never flush."""
    assert not flush(change, move, sigma).known


def test_a_spot_market_has_no_open_interest() -> None:
    """It would be counted as blind for ever."""
    assert list(open_interest.evaluate(Scene(instrument(market="spot")).world)) == []


def test_a_real_flush_is_told() -> None:
    """Open interest and price fall together within five minutes."""
    scene = Scene(BTC)
    quick_to_learn(scene.market(BTC))
    for second in range(330):
        scene.trade(BTC, 60_000.0 * (1 + 0.0001 * (second % 3)))
        scene.open_interest(BTC, 90_000.0)
        scene.close()
    for second in range(60):
        scene.trade(BTC, 60_000.0 * (1 - 0.0005 * second))
        scene.open_interest(BTC, 90_000.0 - 100.0 * second)
        scene.close(learn=False)
    verdict = find(open_interest.evaluate(scene.world), open_interest.FLUSH)
    assert said(verdict) == (HIGH, True, True, "down")
    assert verdict.evidence[0].value == pytest.approx(-0.0656, abs=1e-4)


# --- forced notional over the depth that was there before


def pressed(
    usd: float,
    *,
    liquidated: Position = "long",
    bids: float | None = 2e7,
    asks: float | None = 1e7,
    market: Instrument = BTC,
) -> Verdict:
    """So many dollars liquidated against such usual depths within 1 %."""
    scene = Scene(market)
    usual = scene.market(market).quotes.usual_depth
    usual[cell(BID, ONE_PERCENT)].value, usual[cell(ASK, ONE_PERCENT)].value = bids, asks
    scene.liquidation(market, usd, liquidated=liquidated)
    scene.close()
    return find(open_interest.evaluate(scene.world), open_interest.PRESSURE)


@pytest.mark.parametrize(
    ("ratio", "severity", "holds"),
    [
        (0.32, CALM, False),
        (0.34, CALM, True),
        (0.65, CALM, True),
        (0.67, WATCH, True),
        (1.39, WATCH, True),
        (1.41, WARN, True),
        (4.54, WARN, True),
        (4.56, CRITICAL, True),
    ],
)
def test_forced_dollars_are_measured_by_the_usual_depth_of_the_side_they_hit(
    ratio: float, severity: int, holds: bool
) -> None:
    """Closing longs hits the bids, closing shorts the asks."""
    assert said(pressed(ratio * 2e7)) == (severity, holds, True, "down" if holds else "none")
    assert said(pressed(ratio * 1e7, liquidated="short")) == (severity, holds, True, "up" if holds else "none")


@pytest.mark.parametrize(("asset", "floor"), [("BTC", 1e6), ("SOL", 250e3), ("WLD", 50e3)])
@pytest.mark.parametrize(
    ("share", "severity", "holds"), [(0.49, CALM, False), (0.51, CALM, True), (0.99, CALM, True), (1.0, CRITICAL, True)]
)
def test_a_few_dollars_against_a_dead_market_are_no_pressure(
    asset: str, floor: float, share: float, severity: int, holds: bool
) -> None:
    """One small liquidation on a market that nobody quotes would be critical."""
    verdict = pressed(share * floor, bids=1_000.0, asks=1_000.0, market=instrument(asset))
    assert said(verdict) == (severity, holds, True, "down" if holds else "none")
    assert bool(verdict.evidence) == bool(severity)


@pytest.mark.parametrize(("bids", "asks"), [(0.0, 1e7), (2e7, 0.0), (None, 1e7), (2e7, None)])
def test_against_no_usual_depth_pressure_is_unknown(bids: float | None, asks: float | None) -> None:
    """A market whose book was empty all hour would turn every dollar into an alarm."""
    assert not pressed(1e9, bids=bids, asks=asks).known


def test_it_divides_by_what_was_there_before_the_collapse() -> None:
    """Divided by a collapsed depth every ratio explodes."""
    scene = Scene(BTC)
    quick_to_learn(scene.market(BTC))
    scene.snapshot(BTC, *ladder(60_000.0, usd=100_000.0, step=0.0005), keeps_far_levels=False)
    scene.close(5)
    scene.snapshot(BTC, *ladder(60_000.0, usd=1_000.0, step=0.0005), keeps_far_levels=False)
    scene.liquidation(BTC, 2e6)
    scene.close(learn=False)
    verdict = find(open_interest.evaluate(scene.world), open_interest.PRESSURE)
    assert (verdict.severity, verdict.direction) == (WATCH, "down")
    assert verdict.evidence[0].value == pytest.approx(1.0)


def test_without_liquidations_or_a_usual_depth_it_is_unknown() -> None:
    """No book and no liquidation feed is not no pressure."""
    scene = Scene(BTC)
    assert not find(open_interest.evaluate(scene.world), open_interest.PRESSURE).known
    scene.liquidation(BTC, 1e9)
    scene.close()
    assert not find(open_interest.evaluate(scene.world), open_interest.PRESSURE).known
