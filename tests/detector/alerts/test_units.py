"""Numbers with no more digits than tell something."""

from __future__ import annotations

from math import inf, nan

import pytest

from detector.alerts.units import amount, is_counted


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (6_112_345.0, "USD", "6.1 m$"),
        (400_000.0, "USD", "0.4 m$"),
        (99_960_000.0, "USD", "100 m$"),
        (999_600_000.0, "USD", "1.0 bn$"),
        (99_999.0, "USD", "100 k$"),
        (7_069.0, "USD", "7.1 k$"),
        (110.0, "USD", "110 $"),
        (0.0, "USD", "0 $"),
        (-2_500_000.0, "USD", "-2.5 m$"),
        (0.9303, "$", "0.930 $"),
        (0.0304, "fraction", "3.0 %"),
        (0.00046, "fraction", "0.05 %"),
        (8e-05, "fraction", "0.008 %"),
        (0.0, "fraction", "0 %"),
        (0.489, "% of normal", "49 % of normal"),
        (12.7, "x usual", "13 × normal"),
        (4.82, "1/s", "4.8/s"),
        (2.82, "bp", "2.8 bp"),
        (3.674, "s", "3.7 s"),
        (600.0, "s", "10 min"),
        (7.0, "streams", "7 streams"),
        (3.0, "", "3"),
        (1e12, "", "1.0e+12"),
    ],
)
def test_each_unit_is_said_as_people_say_it(value: float, unit: str, said: str) -> None:
    """Digits that nobody needs hide those that matter."""
    assert amount(value, unit) == said


def test_a_sign_is_said_where_it_says_which_way() -> None:
    """A rise would look like a fall."""
    assert [amount(v, "fraction", signed=True) for v in (0.021, -0.021, 0.0)] == ["+2.1 %", "-2.1 %", "0 %"]


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [(-0.0, "fraction", "0 %"), (-0.3, "USD", "0 $"), (-1e-6, "$", "0.000 $"), (-0.0, "bp", "0 bp"), (-0.0, "", "0")],
)
def test_nothing_has_no_sign(value: float, unit: str, said: str) -> None:
    """`-0 %` is read as a small fall."""
    assert amount(value, unit) == amount(value, unit, signed=True) == said


@pytest.mark.parametrize("value", [None, nan, inf])
def test_what_is_no_number_is_unknown(value: float | None) -> None:
    """`nan m$` would be read as a fault of ours, and it is one."""
    assert amount(value, "USD") == "unknown"


def test_a_unit_of_things_is_told_from_a_measure() -> None:
    """`3 books (normal 0 books)` says it twice."""
    assert [is_counted(unit) for unit in ("books", "USD", "% of normal")] == [True, False, False]
