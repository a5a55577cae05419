from itertools import pairwise
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.stats.branching import BINS, HISTORY_S, BranchingRatio


def ratio_of(orders: list[int]) -> float:
    """The estimator as printed, over the last sixty bins of ten seconds."""
    counts = np.array(orders[-HISTORY_S:]).reshape(BINS, -1).sum(axis=1)
    mean, variance = counts.mean(), counts.var()
    return 1.0 - sqrt(mean / variance) if variance > mean > 0 else 0.0


def poisson(seed: int, rate: float, seconds: int) -> list[int]:
    return [int(n) for n in np.random.default_rng(seed).poisson(rate, seconds)]


@settings(max_examples=25)
@given(seed=st.integers(0, 2**16), rate=st.sampled_from([0.01, 0.5, 8.0]), start_s=st.integers(0, 10**10))
def test_it_equals_the_estimator_over_the_last_ten_minutes_at_every_second(
    seed: int, rate: float, start_s: int
) -> None:
    """The shock alarm compares this number with 0.85."""
    flow = BranchingRatio()
    orders = poisson(seed, rate, HISTORY_S + 40)
    orders[seed % len(orders)] += 50
    for second, count in enumerate(orders):
        flow.close_second(start_s + second, count)
        if second + 1 < HISTORY_S:
            assert flow.value is None
        else:
            assert flow.value == pytest.approx(ratio_of(orders[: second + 1]), abs=1e-9)


def test_independent_orders_do_not_excite_each_other() -> None:
    """A busy but ordinary hour would be a shock."""
    flow = BranchingRatio()
    for second, count in enumerate(poisson(1, 20.0, 3600)):
        flow.close_second(second, count)
        assert flow.value is None or flow.value < 0.5


def test_a_burst_holds_over_for_ten_minutes_and_then_is_gone() -> None:
    """The hold-over is documented; a longer one would never clear a shock."""
    flow = BranchingRatio()
    values: list[float] = []
    for second, count in enumerate(poisson(2, 5.0, 2400)):
        flow.close_second(second, count + (400 if 900 <= second < 910 else 0))
        values.append(flow.value or 0.0)
    assert values[899] < 0.5
    assert min(values[910:1500]) > 0.85
    assert values[1530] < 0.5


def test_a_market_without_orders_has_no_excitement() -> None:
    """A division by nothing would stop the engine in a silent market."""
    flow = BranchingRatio()
    for second in range(HISTORY_S + 10):
        flow.close_second(second, 0)
    assert flow.value == 0.0


@given(counts=st.lists(st.integers(0, 10**6), min_size=2, max_size=60))
def test_its_sums_do_not_drift(counts: list[int]) -> None:
    """A month of running sums would slowly bend the threshold."""
    flow = BranchingRatio()
    for second in range(3 * HISTORY_S):
        flow.close_second(second, counts[second % len(counts)])
    for second in range(3 * HISTORY_S, 5 * HISTORY_S):
        flow.close_second(second, 0)
    assert flow.sums == flow.squares == [0] * len(flow.sums)
    assert all(later >= earlier for earlier, later in pairwise([0, flow.running]))
    assert flow.running == 0
