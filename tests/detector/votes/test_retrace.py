"""What came back within the hour."""

from __future__ import annotations

import pytest

from detector.votes.move import Move
from detector.votes.retrace import Retrace
from tests.kit.looks import START_S, moved, view

HOUR = 3_600


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize(("left", "vote"), [(0.5, 1), (0.51, 0), (0.75, 0), (0.76, -1), (-0.1, 1)])
def test_half_of_it_back_is_forced_and_three_quarters_left_is_news(sign: float, left: float, vote: int) -> None:
    """What nobody wanted to sell is bought back."""
    look, move = Retrace(), moved(sign * 0.08)
    move.middle = sign * 0.08 * left
    look.close_second(view(HOUR), move)
    found = look.vote(view(HOUR), move)
    assert found.vote == vote
    assert found.value == pytest.approx(1 - left)


def test_before_the_hour_is_over_nobody_knows() -> None:
    """A bounce of minutes would decide."""
    look, move = Retrace(), moved()
    look.close_second(view(HOUR - 1), move)
    assert look.vote(view(HOUR - 1), move).vote is None


def test_the_hour_counts_from_the_last_extreme_and_is_judged_once() -> None:
    """A second leg would be judged by the bounce of the first, or the vote would follow the next day's prices."""
    look, move = Retrace(), moved(-0.08)
    move.middle = 0.0
    look.close_second(view(HOUR), move)
    move.middle = -0.07
    look.close_second(view(HOUR + 60), move)
    assert look.vote(view(HOUR + 60), move).value == 1.0
    move.extreme, move.extreme_s = -0.1, START_S + HOUR + 100
    look.close_second(view(HOUR + 100), move)
    assert look.vote(view(HOUR + 100), move).vote is None


def test_a_move_of_nothing_has_nothing_to_retrace() -> None:
    """Half of two basis points would be a vote, and none at all a division by zero."""
    look, move = Retrace(), moved(-0.0059)
    move.middle = 0.0
    look.close_second(view(HOUR), move)
    assert look.vote(view(HOUR), move).vote == 0
    still = Retrace()
    still.close_second(view(HOUR), Move(began_s=START_S))
    assert still.vote(view(HOUR), Move(began_s=START_S)).vote is None
