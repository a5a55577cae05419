import pytest

from detector.pool import LEAST_RATE, Pool
from detector.stats.rolling_median import RollingMedian

START_S = 1_760_000_400


def quick() -> Pool:
    """A pool whose usual rate is known after its first full minute."""
    return Pool(usual_rate=RollingMedian(every_s=60, warm=2))


def run(pool: Pool, now_s: int, seconds: int, buys: int, sells: int, *, learn: bool = True) -> int:
    for second in range(now_s, now_s + seconds):
        pool.close_second(second, buys, sells, learn)
    return now_s + seconds


def test_ratios_compare_ten_seconds_and_a_minute_with_the_hours_median() -> None:
    """The second key of every market-wide shock."""
    pool = quick()
    now_s = run(pool, START_S, 600, 2, 2)
    assert pool.rate_ratio_10s == pool.rate_ratio_60s == pytest.approx(1.0)
    run(pool, now_s, 10, 20, 20, learn=False)
    assert pool.rate_ratio_10s == pytest.approx(10.0)
    assert pool.rate_ratio_60s == pytest.approx((50 + 100) / 60)


def test_ratios_are_unknown_for_the_first_ten_minutes() -> None:
    """The first orders after a start would be a burst."""
    pool = Pool()
    run(pool, START_S, 570, 1, 1)
    assert pool.rate_ratio_10s is None
    run(pool, START_S + 570, 1, 1, 1)
    assert pool.rate_ratio_10s is not None


@pytest.mark.parametrize(("every_s", "known"), [(4, True), (6, False)])
def test_a_multiple_of_almost_nothing_is_unknown(every_s: int, known: bool) -> None:
    """One order a minute would be a burst of sixty."""
    pool = quick()
    for second in range(START_S, START_S + 600):
        pool.close_second(second, int(second % every_s == 0), 0, True)
    assert (pool.rate_ratio_60s is not None) is known
    assert 1 / 6 < LEAST_RATE < 1 / 4


def test_a_minute_without_any_order_is_not_learnt() -> None:
    """Our own silence would make the next ordinary minute a burst."""
    pool = quick()
    now_s = run(pool, START_S, 600, 2, 2)
    now_s = run(pool, now_s, 3_600, 0, 0)
    run(pool, now_s, 60, 2, 2)
    assert pool.rate_ratio_60s == pytest.approx(1.0)


def test_while_nothing_is_learnt_the_usual_rate_stays() -> None:
    """The crash would become ordinary while it lasts."""
    pool = quick()
    now_s = run(pool, START_S, 600, 1, 1)
    run(pool, now_s, 3_600, 10, 10, learn=False)
    assert pool.rate_ratio_60s == pytest.approx(10.0)


def test_buys_and_sells_excite_themselves_apart() -> None:
    """Two-sided noise would hide a one-sided cascade."""
    pool = Pool()
    for second in range(START_S, START_S + 900):
        pool.close_second(second, 1, 200 if second % 300 < 10 else 1, True)
    assert pool.sells.value is not None
    assert pool.buys.value is not None
    assert pool.sells.value > 0.85 > pool.buys.value


def test_a_calibrated_rate_stands_in_until_the_own_is_known() -> None:
    """A burst in the first ten minutes after a restart would be a multiple of nothing."""
    pool = quick()
    for second in range(START_S, START_S + 60):
        pool.close_second(second, 4, 4, True, stand_in=2.0)
    assert pool.rate_ratio_10s == pytest.approx(4.0)
    run(pool, START_S + 60, 600, 4, 4)
    assert pool.rate_ratio_60s == pytest.approx(1.0)


def test_after_a_hole_the_flow_begins_anew_and_what_was_usual_stays() -> None:
    """Orders of hours ago would be in the same ten minutes, and the first ones after the hole a burst."""
    pool = Pool()
    now_s = run(pool, START_S, 1_200, 2, 2)
    usual = pool.usual_rate.value
    pool.restart(now_s + 3_600)
    assert (pool.buys.value, pool.rate_ratio_10s, pool.minute.total) == (None, None, 0)
    now_s = run(pool, now_s + 3_600, 10, 2, 2)
    assert pool.rate_ratio_10s == pytest.approx(1.0)
    assert pool.rate_ratio_60s is None
    now_s = run(pool, now_s, 589, 2, 2)
    assert pool.buys.value is None
    run(pool, now_s, 1, 2, 2)
    assert pool.buys.value is not None
    assert pool.usual_rate.value == usual


@pytest.mark.parametrize(("hours", "known"), [(1.9, True), (2.1, False)])
def test_what_was_usual_hours_ago_is_unknown(hours: float, known: bool) -> None:
    """The morning would be a burst of the night's orders."""
    pool = Pool()
    now_s = run(pool, START_S, 1_200, 2, 2)
    pool.restart(now_s + round(hours * 3_600))
    assert (pool.usual_rate.value is not None) is known
