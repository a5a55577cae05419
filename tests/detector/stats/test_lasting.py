"""How far something has been away for how long."""

from __future__ import annotations

from math import isnan, nan

import pytest

from detector.stats.lasting import Lasting


def told(*distances: float) -> Lasting:
    """A minute's memory of these seconds."""
    away = Lasting.of(60)
    for second, distance in enumerate(distances):
        away.put(second, distance)
    return away


@pytest.mark.parametrize(("seconds", "least"), [(1, 0.05), (2, 0.04), (3, 0.01)])
def test_an_excursion_counts_by_its_least_distance(seconds: int, least: float) -> None:
    """One print at the bottom would count as a minute there."""
    assert told(0.01, 0.04, 0.05).least(2, seconds) == least


def test_a_second_that_was_not_seen_interrupts() -> None:
    """A price before and after a silence would count as one that lasted."""
    assert isnan(told(0.04, nan, 0.04).least(2, 3))
    assert isnan(told(0.04).least(0, 2))


def test_it_counts_from_the_first_to_the_last_trade_since_it_went_beyond() -> None:
    """A price that stands for ten seconds because nobody trades would be ten witnesses."""
    away = Lasting.of(60)
    for second, (distance, last_trade_ns) in enumerate(
        [(0.04, 5), (0.01, 9), (0.04, 20), (0.04, 20), (0.04, 21), (0.02, 30)]
    ):
        away.put(second, distance, last_trade_ns)
    assert [away.traded_for(second, 0.03) for second in (3, 4, 5)] == [0, 2, 0]
    assert away.traded_for(5, 0.02) == 3
