"""What receive times say of a whole venue."""

from __future__ import annotations

import pytest

from detector.config import Config
from detector.lateness import clock_step, lateness
from detector.overview import Listed
from tests.kit.heard import late, set_clock, stream

CONFIG = Config()


def test_late_is_later_than_the_line_and_than_many_times_the_usual() -> None:
    """A slow venue would always be late, or a fast one never."""
    slow = stream("north", "SOL", delay_s=3.0, delay_ratio=3.0)
    quick = stream("north", "ETH", delay_s=0.9, delay_ratio=90.0)
    found = lateness([late("north"), slow, quick], CONFIG)
    assert found is not None
    assert (found.late_s, found.streams, found.all_late) == ((3.0,), 3, False)


@pytest.mark.parametrize(("by_s", "is_late"), [(1.9, False), (2.1, True)])
def test_before_its_usual_is_known_a_delay_is_held_against_a_long_way(by_s: float, is_late: bool) -> None:
    """A machine that is overloaded in its first ten minutes would not notice."""
    young = stream("north", delay_s=by_s, delay_ratio=None)
    assert lateness([young], CONFIG) is None
    found = lateness([young], CONFIG, early=True)
    assert found is not None
    assert found.all_late is is_late


def test_a_stream_is_punctual_by_what_came_in_this_very_second() -> None:
    """A venue that is about to be late would be a witness against another."""
    found = lateness([stream("north", delay_now_s=4.0)], CONFIG)
    assert found is not None
    assert (found.punctual, found.all_late) == (False, False)


def test_a_venue_without_any_delay_is_unknown() -> None:
    """A venue that tells no times would be punctual."""
    assert lateness([stream("north", delay_s=None, delay_ratio=None, delay_now_s=None)], CONFIG, early=True) is None


@pytest.mark.parametrize(
    ("streams", "step_s"),
    [
        ([set_clock("north")], 5.0),
        ([set_clock("north"), stream("north", "ETH")], 5.0),
        ([set_clock("north"), stream("north", "ETH"), stream("north", "SOL")], None),
        ([set_clock("north"), set_clock("north", "ETH", by_s=5.2), stream("north", "SOL")], 5.1),
        ([set_clock("north"), set_clock("north", "ETH", by_s=9.0)], None),
        ([set_clock("north"), stream("north", "ETH", delay_s=None)], 5.0),
        ([stream("north")], None),
    ],
)
def test_a_clock_is_the_venues_where_half_of_its_streams_agree(streams: list[Listed], step_s: float | None) -> None:
    """One market's odd lag would be told as the venue's clock."""
    assert clock_step(streams, CONFIG) == (None if step_s is None else pytest.approx(step_s))
