"""From a peak to a vote."""

from __future__ import annotations

import pytest

from detector.stats.peak import Peak
from detector.votes.ballot import WINDOW_S, peak, small_or_large
from detector.votes.move import Move
from schemas.alert import Vote
from tests.kit.looks import moved


def cast(seen: Peak, move: Move, at_most: float | None = None) -> Vote:
    """A vote with lines at 0.03 and 0.005, about moves of at least 0.6 %."""
    return small_or_large("it", seen, move, microstructure=0.03, macro=0.005, moved=0.006, at_most=at_most)


def peak_of(*values: float | None) -> Peak:
    """One value a second."""
    seen = peak()
    for second, value in enumerate(values):
        seen.put(second, value)
    return seen


@pytest.mark.parametrize(("value", "vote"), [(0.0, -1), (0.0049, -1), (0.005, 0), (0.03, 0), (0.0301, 1), (None, None)])
@pytest.mark.parametrize("extreme", [-0.05, 0.05])
def test_large_is_microstructure_and_small_is_macro(value: float | None, vote: int | None, extreme: float) -> None:
    """The label would be the wrong one, or that of falls only."""
    told = cast(peak_of(value), moved(extreme))
    assert (told.vote, told.value) == (vote, value)
    assert (told.microstructure, told.macro) == (0.03, 0.005)


def test_calm_before_anything_moved_is_no_vote() -> None:
    """Every cascade would begin as news."""
    assert cast(peak_of(0.0), moved(-0.0059)).vote == 0
    assert cast(peak_of(0.04), moved(-0.0059)).vote == 1


def test_what_was_seen_three_minutes_ago_still_tells_and_later_forbids_the_other_vote() -> None:
    """Between two waves the label would turn; an hour after a void its calm would be called news."""
    seen = peak_of(0.04, *[0.0] * (WINDOW_S - 1))
    assert (cast(seen, moved()).vote, cast(seen, moved()).value) == (1, 0.04)
    seen.put(WINDOW_S, 0.0)
    assert (cast(seen, moved()).vote, cast(seen, moved()).value) == (0, 0.0)


def test_a_lower_bound_votes_for_news_only_with_what_it_may_hide() -> None:
    """A throttled feed that shows a tenth would make every cascade news."""
    assert cast(peak_of(0.001), moved(), at_most=0.0049).vote == -1
    assert cast(peak_of(0.001), moved(), at_most=0.0051).vote == 0
    assert cast(peak_of(0.001), moved(), at_most=float("inf")).vote == 0
    assert cast(peak_of(0.04), moved(), at_most=float("inf")).vote == 1
