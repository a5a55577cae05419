"""Readings: numbers that are known, null for the rest."""

from __future__ import annotations

import pytest

from detector.config import Deleveraging
from detector.quotes import ASK, BID, HALF_PERCENT, ONE_PERCENT, cell
from detector.readout import read_market
from detector.stats.rolling_median import RollingMedian
from schemas.reading import MarketReading
from tests.kit.markets import Scene, instrument, ladder, quick_to_learn

BTC = instrument()
LIMITS = Deleveraging()


def read(scene: Scene) -> MarketReading:
    """The market of BTC."""
    return read_market(scene.market(BTC), scene.now_ns, LIMITS)


def test_a_market_that_said_nothing_yet_is_unknown_everywhere() -> None:
    """A price of zero would be a crash, zero depth an empty book."""
    scene = Scene(BTC)
    scene.close()
    assert read(scene) == MarketReading(venue="binance-usdm", instrument="BTC-USDT-PERP", market="perp")


def test_trades_are_read_with_orders_of_the_second_that_ended() -> None:
    """The pooled flow would count fills, or the orders of another second."""
    scene = Scene(BTC)
    for _ in range(2):
        scene.trade(BTC, 100.0, taker="sell", after_ms=100)
        scene.trade(BTC, 101.0, taker="sell", after_ms=500)
        scene.trade(BTC, 102.0, taker="buy", after_ms=510, delay_s=0.3)
        scene.close()
    found = read(scene)
    assert (found.price, found.buy_orders, found.sell_orders) == (102.0, 1, 2)
    assert found.trades_per_s == found.trades_peak_per_s == 0.6
    assert found.last_trade_ns == found.last_event_ns == scene.now_ns - 490_000_000
    assert found.move_60s is found.sigma is None
    scene.close()
    assert (read(scene).price, read(scene).buy_orders, read(scene).sell_orders) == (102.0, 0, 0)


def test_moves_and_baselines_are_read_once_they_are_known() -> None:
    """The market-wide stage would never see a shock."""
    scene = Scene(BTC)
    market = quick_to_learn(scene.market(BTC))
    for second in range(90):
        scene.trade(BTC, 100.0 if second < 80 else 99.0)
        scene.close(learn=second < 80)
    found = read(scene)
    assert found.move_60s == pytest.approx(-0.01)
    assert (found.sigma, found.order_rate_ratio) == (0.0, market.trading.rate_ratio)
    assert (found.delay_s, found.delay_ratio) == (market.delay.delay_s, market.delay.ratio)
    assert None not in (found.order_rate_ratio, found.delay_s, found.delay_ratio)


def test_a_book_is_read_by_its_one_percent_and_its_thinner_side() -> None:
    """Bids that vanish behind asks that stand would look like half a book."""
    scene = Scene(BTC)
    scene.snapshot(BTC, *ladder(100.0, usd=1_000.0, step=0.0005), keeps_far_levels=False)
    scene.close()
    quotes = scene.market(BTC).quotes
    for band in (HALF_PERCENT, ONE_PERCENT):
        quotes.depth_ratio[cell(BID, band)], quotes.depth_ratio[cell(ASK, band)] = 0.2, 0.9
    found = read(scene)
    assert (found.bid_depth_usd, found.ask_depth_usd) == pytest.approx((20_000.0, 20_000.0))
    assert (found.bid_depth_2pct_usd, found.ask_depth_2pct_usd) == pytest.approx((40_000.0, 40_000.0))
    assert found.depth_ratio == 0.2
    assert found.spread == pytest.approx(0.0005)
    assert found.book_fault == ""
    scene.gap(BTC)
    scene.close()
    found = read(scene)
    assert (found.book_fault, found.bid_depth_usd, found.depth_ratio, found.spread) == ("gap", None, None, None)
    assert found.bid_depth_2pct_usd is found.ask_depth_2pct_usd is None


def test_two_percent_are_unknown_where_the_book_is_known_to_one_and_a_half() -> None:
    """The end of a snapshot would be drawn as the end of all orders."""
    scene = Scene(BTC)
    scene.snapshot(BTC, *ladder(100.0, usd=1_000.0, reach=0.015), keeps_far_levels=False)
    scene.close()
    found = read(scene)
    assert (found.bid_depth_usd, found.ask_depth_usd) == pytest.approx((10_000.0, 10_000.0))
    assert found.bid_depth_2pct_usd is found.ask_depth_2pct_usd is None


def test_liquidations_are_zero_only_where_some_were_ever_seen() -> None:
    """Venues without such a feed would be the calmest of all."""
    scene = Scene(BTC)
    scene.liquidation(BTC, None)
    scene.close()
    assert not read(scene).liquidations_seen
    scene.liquidation(BTC, 5_000.0)
    scene.liquidation(BTC, 70.0, liquidated="short")
    scene.close()
    found = read(scene)
    assert (found.liquidations_seen, found.liquidated_longs_usd, found.liquidated_shorts_usd) == (True, 5_000.0, 70.0)
    scene.close(60)
    found = read(scene)
    assert (found.liquidations_seen, found.liquidated_longs_usd, found.liquidated_shorts_usd) == (True, 0.0, 0.0)


def test_what_a_feed_hides_is_read_while_it_reports() -> None:
    """Subscribers would have the reported sum only, or a guess about a minute in which nothing happened."""
    scene = Scene(BTC)
    scene.liquidation(BTC, 5_000.0, sampled=True)
    scene.close()
    found = read(scene)
    assert found.liquidated_estimate_usd == pytest.approx(5_042.2, abs=0.1)
    assert (found.liquidated_method, found.liquidated_upper_usd) == ("occupancy", None)
    scene.close(60)
    found = read(scene)
    assert (found.liquidated_estimate_usd, found.liquidated_method) == (None, "")


@pytest.mark.parametrize(
    ("passed", "missing", "contiguous"),
    [
        (0, 0, False),
        (1, 0, True),
        (100_000, int(100_000 * LIMITS.offbook_calm), True),
        (100_000, int(100_000 * LIMITS.offbook_calm) + 1, False),
    ],
)
def test_ids_say_something_where_they_were_contiguous_in_the_calm(passed: int, missing: int, contiguous: bool) -> None:
    """Fills that a venue never shows would be deleveraging every minute."""
    scene = Scene(BTC)
    ids = scene.market(BTC).trading.ids
    ids.calm_ids, ids.calm_missing = passed, missing
    assert (read(scene).calm_ids, read(scene).ids_contiguous) == (passed, contiguous)


def test_holes_in_ids_are_read_with_the_ids_that_passed() -> None:
    """The share of fills that did not print would have no base."""
    scene = Scene(BTC)
    for number in (1, 2, 3, 6, 7):
        scene.trade(BTC, 100.0, trade_id=number)
    scene.close(5)
    assert (read(scene).ids_60s, read(scene).missing_ids_60s) == (6, 2)


def test_funding_and_open_interest_are_read_where_the_venue_says_them() -> None:
    """A worth that nobody told would be guessed."""
    scene = Scene(BTC)
    scene.derivative(BTC, funding_rate=1e-4)
    scene.open_interest(BTC, 7.0)
    scene.close()
    assert (read(scene).funding_rate, read(scene).open_interest_usd) == (1e-4, None)


@pytest.mark.parametrize("side", [BID, ASK])
def test_what_makers_do_is_read_off_the_thinner_side(side: int) -> None:
    """The market-wide stage would hear of the side that nobody leaves."""
    scene = Scene(BTC)
    market = scene.market(BTC)
    market.ensure_book()
    assert (read(scene).refill, read(scene).withdrawn) == (None, None)
    market.quotes.depth_ratio = [0.5 if at // 4 == side else 0.9 for at in range(8)]
    makers = market.makers.sides[side]
    makers.refill.later, makers.leaving.share = 0.25, 0.75
    assert (read(scene).depth_ratio, read(scene).refill, read(scene).withdrawn) == (0.5, 0.25, 0.75)


def test_what_the_label_votes_on_is_read() -> None:
    """The market-wide stage could not tell leverage from news."""
    scene = Scene(BTC)
    market = quick_to_learn(scene.market(BTC))
    for cents in (10_000, 9_900):
        scene.trade(BTC, cents / 100, usd=700.0)
        scene.close(300)
    for side, usd in ((BID, 1_000.0), (ASK, 4_000.0)):
        market.quotes.usual_depth[cell(side, ONE_PERCENT)] = RollingMedian(value=usd)
    scene.trade(BTC, 99.0, usd=700.0)
    scene.liquidation(BTC, 500.0)
    scene.close()
    market.trading.impact_ratio = 2.5
    found = read(scene)
    assert found.traded_usd_60s == 700.0
    assert found.impact_ratio == 2.5
    assert found.forced_over_depth == 0.5
    assert found.move_300s == market.trading.move_300s
