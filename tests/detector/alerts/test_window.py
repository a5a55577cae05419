"""Windows: what is not known stays unknown through every sum and median."""

from __future__ import annotations

from array import array
from math import isnan, nan

import numpy as np

from detector.alerts.window import STEPS, from_first, middles, total, unrolled


def ring(newest: int, values: list[float]) -> array[float]:
    """A ring whose last values are these."""
    made = array("f", [nan]) * STEPS
    for back, value in enumerate(reversed(values)):
        made[(newest - back) % STEPS] = value
    return made


def test_rings_that_stand_elsewhere_are_shown_side_by_side() -> None:
    """A quiet asset's old values would stand where others have their newest."""
    rows = unrolled([ring(1_000, [1, 2, 3]), ring(998, [5]), ring(1_002, [7, 8, 9])], [1_000, 998, 1_002], 1_000)
    assert [[None if isnan(v) else v for v in row[-3:]] for row in rows] == [
        [1, 2, 3],
        [5, None, None],
        [None, None, 7],
    ]
    assert np.isnan(rows[:, :-3]).all()


def test_what_is_older_than_a_ring_is_unknown() -> None:
    """A place that was used again would show the future as the past."""
    full = ring(1_000, [float(n) for n in range(STEPS)])
    row = unrolled([full], [1_000], 990)[0]
    assert (isnan(row[0]), row[10], row[-1]) == (True, 0.0, STEPS - 11)
    assert np.isnan(unrolled([full], [1_000], 1_000 + STEPS)).all()
    assert np.isnan(unrolled([full], [1_000], 1_000 - STEPS)).all()


def test_what_has_no_end_is_unknown() -> None:
    """A picture with an axis up to there cannot be drawn."""
    row = unrolled([ring(1_000, [1.0, float("inf"), 3.0])], [1_000], 1_000)[0]
    assert row[-3:].tolist()[::2] == [1.0, 3.0]
    assert isnan(row[-2])


def test_a_sum_is_unknown_only_where_all_of_it_is() -> None:
    """Blind stretches would be drawn as an empty market."""
    summed = total(np.array([[1.0, nan, nan], [2.0, 3.0, nan]]))
    assert summed[:2].tolist() == [3.0, 3.0]
    assert isnan(summed[2])
    assert np.isnan(total(unrolled([], [], 5))).all()


def test_shares_are_of_the_first_known_price() -> None:
    """An asset that is seen from the middle on would have no line at all."""
    shares = from_first(np.array([[nan, 50.0, 40.0], [nan, nan, nan]]))
    assert shares[0, 1:].tolist() == [1.0, 0.8]
    assert np.isnan(shares[1]).all()
    assert len(from_first(np.empty((0, 3)))) == 0


def test_a_median_takes_enough_known_values() -> None:
    """One odd minute would be the normal of the market."""
    found = middles(np.array([[3.0, nan, 1.0, 2.0], [4.0, 1.0, 3.0, 2.0], [1.0, 2.0, nan, nan], [nan] * 4]), least=3)
    assert found[:2].tolist() == [2.0, 2.5]
    assert np.isnan(found[2:]).all()
    assert len(middles(np.empty((0, 4)), least=3)) == 0
