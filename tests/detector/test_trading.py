import math
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.trading import HALF_LIFE_S, HOLE_SETTLES_S, LONGEST_HOLE, MAD_TO_SIGMA, SCATTERED_IDS, Trading
from detector.world import NS
from tests.kit.markets import START_S, Scene, instrument, quick_to_learn

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
    assert trading.ids_60s.total == 3


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


# --- holes in trade ids


class Counter:
    """A venue of two markets that trade ten times a second, so that no pause hides a hole; ids are BTC's."""

    def __init__(self) -> None:
        self.scene = Scene(BTC, ETH)
        self.trading = self.scene.market(BTC).trading
        self.next_id = 1_000

    def second(self, *, skip: int = 0, late: tuple[int, ...] = (), learn: bool = True) -> int:
        """One second of five BTC and five ETH trades; `skip` ids do not print, `late` ones do at its end."""
        for n in range(5):
            if n == 2:
                self.next_id += skip
            self.scene.trade(BTC, 100.0, trade_id=self.next_id, after_ms=100 + n * 200)
            self.scene.trade(ETH, 10.0, after_ms=200 + n * 200 - 1)
            self.next_id += 1
        for trade_id in late:
            self.scene.trade(BTC, 100.0, trade_id=trade_id, after_ms=990)
        self.scene.close(learn=learn)
        return self.trading.missing_60s.total

    def seconds(self, count: int, *, learn: bool = True) -> int:
        for _ in range(count):
            self.second(learn=learn)
        return self.trading.missing_60s.total


def test_ids_without_holes_are_counted_one_by_one() -> None:
    """The share of fills that did not print would be wrong."""
    counter = Counter()
    counter.seconds(30)
    assert (counter.trading.ids_60s.total, counter.trading.missing_60s.total) == (150, 0)
    assert counter.trading.holes == {}


def test_a_hole_counts_once_it_has_stayed_open_for_seconds() -> None:
    """The only trace of fills that a venue does not show."""
    counter = Counter()
    counter.seconds(3)
    assert counter.second(skip=4) == 0
    assert counter.seconds(HOLE_SETTLES_S - 1) == 0
    assert counter.seconds(1) == 4
    assert counter.trading.holes == {}
    assert counter.trading.ids_60s.total == 5 * 7 + 4
    assert counter.seconds(59) == 4
    assert counter.seconds(1) == 0


def test_prints_that_overtake_each_other_leave_no_hole() -> None:
    """Two sockets of a venue would be a deleveraging."""
    counter = Counter()
    counter.seconds(3)
    counter.second(skip=2)
    hole = sorted(counter.trading.holes)
    assert len(hole) == 2
    counter.second(late=(hole[1],))
    counter.second(late=(hole[0],))
    assert counter.seconds(20) == 0


def test_a_fill_off_the_book_that_is_shown_is_no_hole() -> None:
    """A print would be inferred a second time."""
    counter = Counter()
    counter.seconds(3)
    for _ in range(20):
        counter.scene.trade(BTC, 50.0, trade_id=counter.next_id, after_ms=10, print_="adl")
        counter.next_id += 1
        counter.second()
    assert counter.trading.missing_60s.total == 0
    assert counter.trading.price == 100.0


def test_a_pause_of_the_whole_venue_hides_its_holes() -> None:
    """A feed gap would be a deleveraging."""
    counter = Counter()
    counter.seconds(3)
    counter.scene.close(2)
    counter.next_id += 50
    counter.second()
    assert counter.seconds(10) == 0


def test_a_market_that_pauses_while_its_venue_trades_hides_nothing() -> None:
    """Holes of a market that stopped for a second would never be seen."""
    counter = Counter()
    counter.seconds(3)
    for _ in range(2):
        for after_ms in range(50, 1000, 200):
            counter.scene.trade(ETH, 10.0, after_ms=after_ms)
        counter.scene.close()
    counter.next_id += 50
    counter.second()
    assert counter.seconds(10) == 50


def test_after_a_gap_of_its_feed_a_hole_proves_nothing() -> None:
    """Every reconnect of the trade socket would be a deleveraging."""
    counter = Counter()
    counter.seconds(3)
    counter.second(skip=3)
    counter.scene.gap(BTC, "trade")
    counter.next_id += 100
    counter.second()
    assert counter.seconds(10) == 0


@pytest.mark.parametrize("jump", [LONGEST_HOLE + 1, 10**9, -(10**6)])
def test_a_counter_that_jumps_is_a_new_counter(jump: int) -> None:
    """A restarted counter would be a million fills that did not print."""
    counter = Counter()
    counter.next_id = 10**7
    counter.seconds(3)
    counter.next_id += jump
    counter.second()
    assert counter.seconds(10) == 0
    longest = LONGEST_HOLE - 1  # the fills of a fund takeover come by the hundred
    assert counter.second(skip=longest) == 0
    assert counter.seconds(3) == longest


def test_ids_that_are_not_numbers_say_nothing() -> None:
    """Venues with hashes for ids have no holes."""
    scene, trading = btc()
    for name in ("a1", "f9", None):
        scene.trade(BTC, 100.0, trade_id=name)
    scene.close(5)
    assert (trading.last_id, trading.ids_60s.total, trading.missing_60s.total) == (-1, 0, 0)


def test_the_calm_does_not_hold_the_minute_that_is_judged_by_it() -> None:
    """The first hole would make the ids look like ids that always skip, and the rule blind to the rest."""
    counter = Counter()
    counter.seconds(120)
    before = counter.trading.calm_ids
    assert before == 5 * 60
    counter.second(skip=40)
    counter.seconds(30)
    assert counter.trading.missing_60s.total == 40
    assert counter.trading.calm_missing == 0


def test_what_is_missing_in_the_calm_is_remembered() -> None:
    """Venues whose ids always skip would raise an alarm every minute."""
    counter = Counter()
    for _ in range(180):
        counter.second(skip=1)
    assert counter.trading.calm_missing == 120 - HOLE_SETTLES_S
    counter.seconds(600, learn=False)
    assert counter.trading.calm_missing == 120 - HOLE_SETTLES_S


@pytest.mark.parametrize(
    ("missing", "ids", "scattered"),
    [(0, 0, False), (SCATTERED_IDS, 0, False), (SCATTERED_IDS + 1, 2_009, True), (SCATTERED_IDS + 1, 2_010, False)],
)
def test_the_holes_of_ids_that_skip_all_the_time_are_not_kept(missing: int, ids: int, scattered: bool) -> None:
    """A counter that a venue's markets share would cost a book of holes a second, and say nothing."""
    counter = Counter()
    counter.seconds(1)
    counter.trading.calm_missing, counter.trading.calm_ids = missing, ids
    assert counter.trading.scattered is scattered
    counter.second(skip=40)
    assert len(counter.trading.holes) == (0 if scattered else 40)
    assert counter.trading.last_id == counter.next_id - 1
    assert counter.trading.ids_60s.total == (10 if scattered else 50)


@pytest.mark.parametrize("begin_s", [START_S, START_S + 1_234])
def test_what_ids_did_in_the_calm_is_halved_with_every_hour_of_its_life(begin_s: int) -> None:
    """One bad minute would blind a market for ever, or until the wall clock's next hour."""
    trading = Trading(calm_ids=10_000, calm_missing=301)
    for second in range(1, HALF_LIFE_S + 1):
        assert (trading.calm_ids, trading.calm_missing) == (10_000, 301)
        trading.close_second(begin_s + second, True)
    assert (trading.calm_ids, trading.calm_missing) == (5_000, 150)


def test_time_is_in_nanoseconds() -> None:
    """Freshness and orders would be measured in another unit."""
    scene, trading = btc()
    scene.trade(BTC, 100.0, after_ms=250)
    assert trading.last_trade_ns == scene.now_ns + NS // 4
