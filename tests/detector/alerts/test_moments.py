"""Moments as people read them."""

from __future__ import annotations

import pytest

from detector.alerts.moments import NS, clock, span
from tests.kit.alerts import T0_NS


def test_the_day_is_said_where_it_is_another_one() -> None:
    """A story of yesterday evening would look like one of this evening."""
    assert clock(T0_NS) == "20:50"
    assert clock(T0_NS, beside_ns=T0_NS + 86_400 * NS) == "10 Oct 20:50"


@pytest.mark.parametrize(
    ("seconds", "said"), [(-1, "0 s"), (78, "78 s"), (1_345, "22 min"), (10_799, "179 min"), (16_200, "4.5 h")]
)
def test_a_span_has_the_unit_in_which_people_think(seconds: int, said: str) -> None:
    """Nobody reads 1345 seconds."""
    assert span(seconds * NS) == said


def test_a_moment_beyond_all_calendars_is_told_all_the_same() -> None:
    """A broken clock upstream would stop the message."""
    assert clock(10**30) == "23:59"
