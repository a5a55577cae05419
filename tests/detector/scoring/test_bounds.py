"""Bounds and percentiles against tables."""

from __future__ import annotations

import pytest

from detector.scoring.bounds import percentile, upper_count, wilson


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        (0, 0, 0.0, 1.0),
        (10, 10, 0.722, 1.0),
        (8, 8, 0.676, 1.0),
        (1, 1, 0.207, 1.0),
        (0, 10, 0.0, 0.278),
        (5, 10, 0.237, 0.763),
    ],
)
def test_the_bounds_of_a_share_are_those_of_the_tables(hits: int, trials: int, low: float, high: float) -> None:
    """One recalled event of one would be sold as certainty."""
    assert wilson(hits, trials) == pytest.approx((low, high), abs=5e-4)


@pytest.mark.parametrize(
    ("seen", "bound"), [(0, 3.0), (1, 4.744), (2, 6.296), (10, 16.962), (100, 118.1), (800, 848.11), (5_000, 5_117.89)]
)
def test_the_bound_of_a_count_is_that_of_a_poisson_mean(seen: int, bound: float) -> None:
    """Few quiet hours would look like few false alarms."""
    assert upper_count(seen) == pytest.approx(bound, abs=0.05)


def test_percentiles_are_values_that_occurred() -> None:
    """A median of two delays would be a delay that nobody had."""
    assert percentile([4.0, 1.0, 3.0, 2.0], 50) == 2.0
    assert percentile([4.0, 1.0, 3.0, 2.0], 95) == 4.0
    assert percentile([7.0], 5) == 7.0
    assert percentile([], 50) is None
