"""The quick median agrees with the careful one."""

from __future__ import annotations

from random import Random
from statistics import median

import pytest

from detector.stats.middle import middle


def test_it_is_the_median_of_any_number_of_values() -> None:
    """A breadth or a dislocation that differed from the true median would be a number that nobody can check."""
    rng = Random(7)
    for size in range(1, 12):
        values = [rng.choice((-1.5, 0.0, 2.25, rng.random())) for _ in range(size)]
        assert middle(iter(values)) == median(values)


def test_no_values_have_no_median() -> None:
    """A zero would be taken for a calm market."""
    with pytest.raises(IndexError):
        middle([])
