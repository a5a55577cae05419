import math
from statistics import median

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detector.stats.rolling_median import RollingMedian

values = st.floats(-1e12, 1e12, allow_nan=False) | st.sampled_from([0.0, -0.0, 1.0, 1.0, math.inf])


@given(stream=st.lists(values | st.just(math.nan), max_size=80), size=st.integers(1, 9), warm=st.integers(1, 9))
def test_it_is_the_median_of_the_last_samples_at_every_step(stream: list[float], size: int, warm: int) -> None:
    """Every "x usual" in an alert divides by this number."""
    baseline = RollingMedian(size=size, every_s=1, warm=warm)
    accepted: list[float] = []
    for second, value in enumerate(stream):
        baseline.offer(second, value)
        if not math.isnan(value):
            accepted.append(value)
        window = accepted[-size:]
        if len(window) < warm:
            assert baseline.value is None
        else:
            assert baseline.value == float(np.median(window)) == median(window)


def test_samples_between_its_looks_are_not_taken() -> None:
    """The hour would shrink to the last two minutes, and a shock would become its own baseline."""
    baseline = RollingMedian(warm=1)
    for second in range(90):
        baseline.offer(second, float(second))
    assert baseline.recent == [0.0, 30.0, 60.0]


def first_second(baseline: RollingMedian, value: float, seconds: range, usual: float) -> int:
    """When a baseline that is offered only `value` says `usual`."""
    for second in seconds:
        baseline.offer(second, value)
        if baseline.value == usual:
            return second
    raise AssertionError(f"never {usual}")


def test_a_new_regime_needs_half_an_hour_to_become_usual() -> None:
    """A crash that is its own baseline would end its own alert."""
    baseline = RollingMedian()
    for second in range(3600):
        baseline.offer(second, 1.0)
    assert 1770 <= first_second(baseline, 10.0, range(3600, 7200), 10.0) - 3600 <= 1830


def test_it_is_unknown_for_its_first_ten_minutes() -> None:
    """A baseline of three samples would raise alarms right after every start."""
    assert first_second(RollingMedian(), 1.0, range(7200), 1.0) == 570


def test_two_baselines_share_no_samples() -> None:
    """One market's spread would decide what is usual for another's."""
    one, other = RollingMedian(warm=1), RollingMedian(warm=1)
    one.offer(0, 5.0)
    assert other.recent == []
    assert other.value is None


@given(live=st.integers(0, 200))
def test_live_samples_take_the_place_of_a_seed(live: int) -> None:
    """What was usual last week would be usual for ever, or jump when the first live sample comes."""
    baseline = RollingMedian()
    baseline.seed([1.0 + step / 20 for step in range(21)])
    assert baseline.value == 1.5
    for second in range(live):
        baseline.offer(30 * second, 1.5)
    assert baseline.value == 1.5
    assert len(baseline.recent) == len(baseline.ordered) == min(120, 21 + live)
    assert sorted(baseline.recent) == baseline.ordered
    if live >= 120:
        assert set(baseline.ordered) == {1.5}


def test_a_seed_that_is_too_small_is_none() -> None:
    """Three numbers would pass for ten minutes."""
    baseline = RollingMedian(warm=4)
    baseline.seed([1.0, 2.0, 3.0])
    assert baseline.value is None
    assert baseline.recent == []
