import math
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.stats.rolling_median import MAD_TO_SIGMA
from detector.trading import MOST_USD, Trading
from detector.world import NS
from tests.kit.markets import Scene, instrument, quick_to_learn

BTC, ETH = instrument("BTC"), instrument("ETH")


def btc() -> tuple[Scene, Trading]:
    scene = Scene(BTC)
    return scene, quick_to_learn(scene.market(BTC)).trading


# --- price and moves


def test_before_the_first_trade_nothing_is_known() -> None:
    """A price of zero would be a fall of a hundred percent."""
    scene, trading = btc()
    scene.close(400)
    assert math.isnan(trading.price)
    assert (trading.move_60s, trading.move_300s, trading.sigma) == (None, None, None)
    assert (trading.impact_ratio, trading.rate) == (None, 0.0)


@given(prices=st.lists(st.floats(0.5, 2.0), min_size=62, max_size=80))
def test_the_move_is_against_the_price_of_a_minute_ago_at_every_second(prices: list[float]) -> None:
    """Every shock is measured by this."""
    scene, trading = btc()
    for second, price in enumerate(prices):
        scene.trade(BTC, price)
        scene.close(learn=False)
        if second < 60:
            assert trading.move_60s is None
        else:
            assert trading.move_60s == pytest.approx(price / prices[second - 60] - 1.0)


def test_a_second_without_trades_keeps_the_price() -> None:
    """A rare coin on a busy venue would have no move."""
    scene = Scene(BTC, ETH)
    trading = scene.market(BTC).trading
    for second in range(191):
        if second in (0, 100):
            scene.trade(BTC, 100.0 - second / 10)
        scene.trade(ETH, 10.0)
        scene.close()
        if second == 130:
            assert trading.move_60s == pytest.approx(-0.1)
    assert trading.move_60s == 0.0


@pytest.mark.parametrize("silent_s", [60, 61, 90, 119, 120, 200, 400])
def test_what_a_price_did_in_a_hole_of_the_data_is_no_move(silent_s: int) -> None:
    """Every cut of a minute would end with the jump of a crash."""
    scene, trading = btc()
    for _ in range(400):
        scene.trade(BTC, 100.0)
        scene.close()
    assert (trading.move_60s, trading.move_300s) == (0.0, 0.0)
    scene.close(silent_s)
    assert (trading.move_60s, trading.move_300s) == (None, None)
    for _ in range(60):
        scene.trade(BTC, 70.0)
        scene.close()
        assert trading.move_60s is None
    assert trading.kyle.cross == 0.0
    assert set(trading.usual_move.recent) == {0.0}
    scene.trade(BTC, 77.0)
    scene.close()
    assert trading.move_60s == pytest.approx(0.1)


def test_a_short_pause_of_the_venue_is_a_part_of_the_minute() -> None:
    """Both ends of the minute are known: a fall through a quiet moment would not be seen."""
    scene, trading = btc()
    scene.trade(BTC, 100.0)
    scene.close(60)
    scene.trade(BTC, 90.0)
    scene.close()
    assert trading.move_60s == pytest.approx(-0.1)


def test_sigma_is_the_median_absolute_move_scaled() -> None:
    """One crash in the hour would raise the bar for the next one."""
    scene, trading = btc()
    moves: list[float] = []
    for second in range(200):
        scene.trade(BTC, 100.0 + (second * 7 % 13) / 10 + (40.0 if second == 150 else 0.0))
        scene.close()
        if trading.move_60s is not None:
            moves.append(abs(trading.move_60s))
    assert trading.sigma == pytest.approx(MAD_TO_SIGMA * median(moves[-120:]))
    assert (trading.sigma or 1.0) < 0.02


def test_a_fill_off_the_book_moves_no_price() -> None:
    """An insurance fund once took over a position two percent away from the market."""
    scene, trading = btc()
    scene.trade(BTC, 100.0, trade_id=1)
    scene.trade(BTC, 50.0, trade_id=2, print_="insurance_fund")
    scene.trade(BTC, 51.0, trade_id=3, print_="adl")
    scene.close()
    assert trading.price == 100.0
    assert trading.last_orders == (1, 0)
    assert (trading.ids.last, trading.ids.missing_60s.total) == (3, 0)


def test_a_price_is_fresh_for_the_seconds_asked_for() -> None:
    """A stale price looks dislocated."""
    scene, trading = btc()
    assert not trading.fresh(scene.now_ns, 10)
    scene.trade(BTC, 100.0)
    scene.close(10)
    assert trading.fresh(scene.now_ns, 10)
    scene.close()
    assert not trading.fresh(scene.now_ns, 10)


# --- orders and flow


def test_fills_of_one_side_within_a_tenth_of_a_second_are_one_order() -> None:
    """A sweep that a venue prints as dozens of fills would be a frenzy of orders."""
    scene, trading = btc()
    for n in range(40):
        scene.trade(BTC, 100.0, taker="sell", after_ms=200 + n)
    scene.trade(BTC, 100.0, taker="buy", after_ms=250)
    scene.trade(BTC, 100.0, taker="sell", after_ms=300)
    scene.close()
    assert trading.last_orders == (1, 2)
    assert trading.trades_10s.total == 42
    assert trading.rate == 4.2


def test_the_rate_is_against_its_own_hour() -> None:
    """Busy and quiet coins would need thresholds of their own."""
    scene, trading = btc()
    trading.usual_rate.every_s, trading.usual_rate.warm = 1, 60
    for _ in range(180):
        scene.trade(BTC, 100.0)
        scene.close()
    assert trading.rate_ratio == pytest.approx(1.0)
    for _ in range(60):
        for after_ms in range(50, 1000, 100):
            scene.trade(BTC, 100.0, after_ms=after_ms)
        scene.close(learn=False)
    assert trading.rate_ratio == pytest.approx(10.0)


def test_the_peak_of_the_rate_is_that_of_five_minutes() -> None:
    """Trading that halves is measured against it."""
    scene, trading = btc()
    for _ in range(10):
        scene.trade(BTC, 100.0)
        scene.trade(BTC, 100.0)
        scene.close()
    scene.close(290)
    assert trading.rate_peak == 2.0
    assert trading.rate == 0.0
    scene.close(20)
    assert trading.rate_peak == 0.0


def impact(scene: Scene, bp_per_order: float, seconds: int, *, learn: bool) -> None:
    """Buys and sells of 100,000 USD take turns, each moving the price."""
    for n in range(seconds):
        sign = 1 if n % 2 else -1
        price = 100.0 * (1 + sign * bp_per_order / 2 * 1e-4)
        scene.trade(BTC, price, 100_000.0, taker="buy" if sign > 0 else "sell")
        scene.close(learn=learn)


def test_the_impact_ratio_rises_when_each_dollar_moves_the_price_more() -> None:
    """The void: fewer dollars, larger moves."""
    scene, trading = btc()
    impact(scene, 2.0, 100, learn=True)
    assert trading.impact_ratio == pytest.approx(1.0, rel=0.05)
    impact(scene, 20.0, 400, learn=False)
    assert trading.impact_ratio == pytest.approx(10.0, rel=0.1)


def test_impact_is_unknown_where_dollars_are() -> None:
    """A contract of unknown size would have an infinite impact."""
    odd = instrument("BTC", contract_value=None)
    scene = Scene(odd)
    trading = quick_to_learn(scene.market(odd)).trading
    for n in range(100):
        scene.trade(odd, 100.0 + n % 2, taker="buy" if n % 2 else "sell")
        scene.close()
    assert not trading.notional_known
    assert trading.impact_ratio is None
    assert trading.rate_ratio is not None


@pytest.mark.parametrize("factor", [1e-5, 3.0, 1e4])
def test_a_coin_of_another_price_with_the_same_dollars_has_the_same_features(factor: float) -> None:
    """A threshold would mean something else for every coin."""
    found = []
    for scale in (1.0, factor):
        scene, trading = btc()
        for n in range(150):
            scene.trade(BTC, scale * (100.0 + n % 7 - n / 50), 1e5 * (n % 3 + 1), taker="buy" if n % 2 else "sell")
            scene.close()
        found.append([trading.move_60s, trading.sigma, trading.rate_ratio, trading.kyle.value, trading.impact_ratio])
    assert found[0] == pytest.approx(found[1])


def test_time_is_in_nanoseconds() -> None:
    """Freshness and orders would be measured in another unit."""
    scene, trading = btc()
    scene.trade(BTC, 100.0, after_ms=250)
    assert trading.last_trade_ns == scene.now_ns + NS // 4


def test_dollars_of_the_last_second_are_told_by_taker_and_unknown_where_a_lots_worth_is() -> None:
    """What takers took from one side would count on the other, or as nothing at all."""
    scene = Scene(BTC)
    scene.trade(BTC, 100.0, 300.0, taker="buy")
    scene.trade(BTC, 100.0, 500.0, taker="sell")
    scene.close()
    assert scene.market(BTC).trading.last_usd == (300.0, 500.0)
    scene.close()
    assert scene.market(BTC).trading.last_usd == (0.0, 0.0)
    quanto = instrument(contract="quanto", contract_value=None)
    scene = Scene(quanto)
    scene.trade(quanto, 100.0)
    scene.close()
    assert all(math.isnan(usd) for usd in scene.market(quanto).trading.last_usd)


# --- turnover


def test_the_minutes_turnover_counts_both_sides_and_forgets_after_a_minute() -> None:
    """The share of liquidations in the volume would be of another minute, or of one side."""
    scene, trading = btc()
    assert trading.traded_usd_60s is None
    scene.trade(BTC, 100.0, usd=300.25, taker="buy")
    scene.trade(BTC, 100.0, usd=200.0, taker="sell")
    scene.close()
    assert trading.traded_usd_60s == 500.25
    scene.close(59)
    assert trading.traded_usd_60s == 500.25
    scene.close()
    assert trading.traded_usd_60s == 0.0


def test_fills_off_the_book_are_no_turnover() -> None:
    """Deleveraging would look like demand."""
    scene, trading = btc()
    scene.trade(BTC, 100.0, usd=100.0)
    scene.trade(BTC, 90.0, usd=900.0, print_="adl")
    scene.close()
    assert trading.traded_usd_60s == 100.0


def test_turnover_is_unknown_where_a_lots_worth_is() -> None:
    """A market of unknown contracts would trade nothing, and every liquidation be more than that."""
    odd = instrument("ODD", contract_value=None)
    scene = Scene(odd)
    scene.trade(odd, 5.0)
    scene.close()
    assert scene.market(odd).trading.traded_usd_60s is None


@pytest.mark.parametrize("usd", [1e300, math.inf])
def test_an_impossible_turnover_can_still_be_saved(usd: float) -> None:
    """One broken print would end every snapshot."""
    scene, trading = btc()
    scene.trade(BTC, 100.0, usd=usd)
    scene.close()
    assert trading.traded_usd_60s == MOST_USD
    assert trading.cents_60s.total < 2**63
