"""How much busier this time of day usually is."""

from __future__ import annotations

import pytest

from detector.stats.time_of_day import DAY_S, MOST, SLOT_S, TimeOfDay

SETTLEMENT_S = 28_800


def habit(days: int, burst: float, base: float = 1.5) -> TimeOfDay:
    """Days with a burst at each settlement."""
    made = TimeOfDay()
    for second in range(0, days * DAY_S, 60):
        made.offer(second, burst if second % SETTLEMENT_S < 60 else base)
    return made


def test_a_settlement_that_is_busy_every_day_is_expected() -> None:
    """Three false alarms a day, at midnight, at eight and at four."""
    assert habit(5, 6.0).factor(5 * DAY_S + SETTLEMENT_S) == 4.0


def test_two_days_are_no_habit() -> None:
    """One shock at noon would excuse the next day's."""
    assert habit(2, 6.0).factor(2 * DAY_S) == 1.0


def test_one_days_shock_does_not_become_a_habit() -> None:
    """The median of a slot's days ignores the day of the crash."""
    made = habit(3, 1.5)
    for second in range(3 * DAY_S, 6 * DAY_S, 60):
        made.offer(second, 50.0 if second - 3 * DAY_S < 60 else 1.5)
    assert made.factor(6 * DAY_S) == 1.0


def test_a_quiet_hour_makes_nothing_more_sensitive() -> None:
    """Night orders would count double."""
    assert habit(5, 0.1).factor(5 * DAY_S) == 1.0


def test_no_hour_excuses_everything() -> None:
    """A slot of three crashes would never see the fourth."""
    assert habit(5, 500.0).factor(5 * DAY_S) == MOST


@pytest.mark.parametrize("day", range(6))
def test_it_is_bounded(day: int) -> None:
    """A year of days would fill the memory."""
    made = habit(day, 2.0)
    assert all(len(peaks) <= 7 for peaks in made.peaks)
    assert len(made.peaks) == DAY_S // SLOT_S
