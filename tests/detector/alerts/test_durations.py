"""Lengths of time as people write them."""

from __future__ import annotations

import pytest

from detector.alerts.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("45s", 45), ("90m", 5_400), ("2h", 7_200), ("1d", 86_400), ("2w", 1_209_600), ("1H30M", 5_400)],
)
def test_what_people_write_is_understood(text: str, seconds: int) -> None:
    """A mute would hold for another time than was meant."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "2", "h", "0h", "-2h", "2 h", "2.5h", "2y", "²h", "٢h", "1e3s", "9999999s", "1h" * 20, "2h BTC"]
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    """A guess would mute for a time that nobody meant, and digits of other scripts would get past a check."""
    with pytest.raises(ValueError, match="is no length of time: write 90m, 2h or 1d"):
        parse_duration(text)
