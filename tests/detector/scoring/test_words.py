"""Figures in words."""

from __future__ import annotations

from detector.scoring import words
from tests.kit.told import at


def test_what_is_not_known_is_a_dash_and_never_a_zero() -> None:
    """Nothing seen would read like nothing wrong."""
    assert {words.share(None), words.seconds(None), words.minutes(None), words.rate(None, 3.0), words.count(None)} == {
        "-"
    }
    assert words.rate(0.0, 3.0) == "0 (at most 3)"


def test_times_are_utc_wherever_they_are_printed() -> None:
    """The scorecard would differ between machines."""
    assert words.at(at(3_661)) == "22:01:01"
    assert words.day_and_time(at(0)) == "2025-10-10 21:00"
