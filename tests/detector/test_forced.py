import math

import pytest

from tests.kit.markets import Scene, instrument

BTC = instrument()


def test_before_its_first_liquidation_a_market_may_just_not_show_any() -> None:
    """Ignorance would be an all-clear."""
    scene = Scene(BTC)
    forced = scene.market(BTC).forced
    scene.close(60)
    assert not forced.seen
    scene.liquidation(BTC, 5.0)
    assert forced.seen


@pytest.mark.parametrize(("liquidated", "direction"), [("long", "down"), ("short", "up")])
def test_liquidated_longs_push_down_and_shorts_push_up(liquidated: str, direction: str) -> None:
    """Readers would brace for the wrong side."""
    scene = Scene(BTC)
    forced = scene.market(BTC).forced
    scene.liquidation(BTC, 900.0, liquidated="long" if liquidated == "long" else "short")
    scene.liquidation(BTC, 100.0, liquidated="short" if liquidated == "long" else "long")
    scene.close()
    assert forced.direction(scene.now_ns) == direction
    assert forced.minute_usd(scene.now_ns) == 1_000.0


def test_dollars_count_for_a_minute_and_for_five() -> None:
    """A rate that keeps old liquidations never falls."""
    scene = Scene(BTC)
    forced = scene.market(BTC).forced
    scene.liquidation(BTC, 100.0)
    scene.close(60)
    assert (forced.minute_usd(scene.now_ns), forced.five_minutes_usd(scene.now_ns)) == (100.0, 100.0)
    scene.close()
    assert (forced.minute_usd(scene.now_ns), forced.five_minutes_usd(scene.now_ns)) == (0.0, 100.0)
    scene.close(240)
    assert forced.five_minutes_usd(scene.now_ns) == 0.0


def test_a_liquidation_of_unknown_worth_is_counted_but_is_no_dollar() -> None:
    """Zero dollars would be an all-clear for a market whose contracts nobody can value."""
    scene = Scene(BTC)
    forced = scene.market(BTC).forced
    scene.liquidation(BTC, None, sampled=True)
    scene.close()
    assert forced.unknown_notional == 1
    assert forced.minute_usd(scene.now_ns) == 0.0
    assert not forced.seen
    assert forced.sampled


def test_a_feed_that_prints_in_every_second_is_saturated() -> None:
    """One print a second is the most that a throttled feed shows: its dollars stop meaning anything."""
    scene = Scene(BTC)
    forced = scene.market(BTC).forced
    for second in range(60):
        for _ in range(3 if second % 2 else 0):
            scene.liquidation(BTC, 1.0, sampled=True)
        scene.close()
    assert forced.saturation == 0.5
    scene.close(60)
    assert forced.saturation == 0.0


def liquidate(scene: Scene, usd_a_second: float, *, seconds: int, learn: bool = True) -> None:
    for _ in range(seconds):
        scene.liquidation(BTC, usd_a_second)
        scene.close(learn=learn)


def test_the_busiest_minute_does_not_hold_the_minute_that_is_judged_by_it() -> None:
    """A minute that is its own yardstick is never five times it, however many millions are liquidated."""
    scene = Scene(BTC)
    forced = scene.market(BTC).forced
    liquidate(scene, 1_000.0, seconds=60)
    scene.close(600)
    assert forced.busy.value == 60_000.0
    liquidate(scene, 100_000.0, seconds=60)
    assert forced.minute_usd(scene.now_ns) == 6_000_000.0
    assert forced.busy.value == 60_000.0


def test_a_cascade_does_not_teach_what_a_busy_minute_is() -> None:
    """The second wave would be measured by the first."""
    scene = Scene(BTC)
    forced = scene.market(BTC).forced
    liquidate(scene, 100_000.0, seconds=200)
    scene.close(1_200, learn=False)
    scene.close(600)
    assert forced.busy.value == 0.0


def test_open_interest_is_compared_with_five_minutes_ago() -> None:
    """A flush would be missed, or an old one told again."""
    scene = Scene(BTC)
    forced = scene.market(BTC).forced
    scene.open_interest(BTC, 1_000.0)
    scene.close(300)
    assert forced.oi_change_300s is None
    scene.close(1)
    assert forced.oi_change_300s == 0.0
    scene.open_interest(BTC, 940.0)
    scene.close()
    assert forced.oi_change_300s == pytest.approx(-0.06)
    scene.close(300)
    assert forced.oi_change_300s == 0.0


def test_without_a_figure_the_change_of_open_interest_is_unknown() -> None:
    """Venues that publish none would look calm."""
    scene = Scene(BTC)
    scene.close(400)
    assert scene.market(BTC).forced.oi_change_300s is None


def test_what_a_derivative_message_does_not_say_stays() -> None:
    """The mark would flicker between known and unknown."""
    scene = Scene(BTC)
    forced = scene.market(BTC).forced
    scene.derivative(BTC, mark=100.0, index=101.0)
    scene.derivative(BTC, funding_rate=0.0001)
    assert (forced.mark, forced.index, forced.funding_rate) == (100.0, 101.0, 0.0001)
    scene.derivative(BTC, index=102.0)
    assert (forced.mark, forced.index) == (100.0, 102.0)
    assert math.isnan(scene.market(BTC).forced.open_interest_usd)


def test_winning_shorts_are_deleveraged_in_a_fall() -> None:
    """The direction of a deleveraging is that of the price, not that of the position."""
    scene = Scene(BTC)
    forced, told = scene.market(BTC).forced, []
    scene.adl(BTC, 500.0, deleveraged="short")
    told.append(forced.adl_direction)
    scene.adl(BTC, None, deleveraged="long")
    told.append(forced.adl_direction)
    assert told == ["down", "up"]
    assert forced.adl_count == 2
    assert forced.deleveraged.sum(0, scene.now_ns) == 500.0


def test_what_was_shown_is_told_by_side_with_its_rows() -> None:
    """Rows say how full a throttled feed is; without them dollars cannot be corrected."""
    scene = Scene(BTC)
    forced = scene.market(BTC).forced
    scene.liquidation(BTC, 70.0)
    scene.liquidation(BTC, 20.0)
    scene.liquidation(BTC, 5.0, liquidated="short")
    scene.liquidation(BTC, None)
    scene.close()
    assert forced.shown(scene.now_ns) == ((90.0, 2), (5.0, 1))
    assert forced.last_liquidation_ns == scene.now_ns - 500_000_000
    scene.close(60)
    assert forced.shown(scene.now_ns) == ((0.0, 0), (0.0, 0))


def test_the_fall_of_open_interest_is_that_of_the_last_minute() -> None:
    """Old closes would bound new liquidations; a rise is no negative bound."""
    scene = Scene(BTC)
    forced = scene.market(BTC).forced
    assert forced.open_interest_fell(scene.now_s) is None
    scene.open_interest(BTC, 100.0)
    scene.close()
    scene.open_interest(BTC, 90.0)
    scene.close(59)
    assert forced.open_interest_fell(scene.now_s) is None
    scene.close()
    assert forced.open_interest_fell(scene.now_s) == 10.0
    scene.close()
    assert forced.open_interest_fell(scene.now_s) is None
    scene.open_interest(BTC, 95.0)
    scene.close()
    assert forced.open_interest_fell(scene.now_s) is None


def test_dollars_since_the_last_figure_of_open_interest_are_counted_apart() -> None:
    """A figure of half a minute ago would bound what happened after it."""
    scene = Scene(BTC)
    forced = scene.market(BTC).forced
    scene.liquidation(BTC, 70.0)
    scene.open_interest(BTC, 90.0)
    scene.liquidation(BTC, 20.0)
    assert forced.usd_since_open_interest == 20.0


def test_it_is_remembered_when_a_row_last_said_that_it_was_sampled() -> None:
    """A venue that stopped sampling would be doubted for ever."""
    scene = Scene(BTC)
    forced = scene.market(BTC).forced
    scene.liquidation(BTC, 70.0, sampled=True)
    at_ns = scene.now_ns + 500_000_000
    scene.close()
    scene.liquidation(BTC, 70.0)
    assert forced.sampled_ns == at_ns
