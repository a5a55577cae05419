"""Alts against BTC."""

from __future__ import annotations

import pytest

from detector.votes.breadth import Breadth
from schemas.alert import Vote
from tests.kit.looks import moved, view

ALTS = ("ADA", "DOT", "ETH", "SOL")


def told(btc: float | None, alts: float, count: int = 4) -> Vote:
    """The vote on so many alts that moved alike."""
    assets = dict.fromkeys(ALTS[:count], alts) | ({"BTC": btc} if btc is not None else {})
    return Breadth().vote(view(0), moved(alts, **assets))


@pytest.mark.parametrize(
    ("btc", "alts", "vote", "value"),
    [
        (-0.01, -0.031, 1, 3.1),
        (0.01, 0.031, 1, 3.1),
        (-0.01, -0.025, 0, 2.5),
        (-0.01, -0.019, -1, 1.9),
        (0.01, 0.019, -1, 1.9),
        (-0.01, 0.02, 0, -2.0),
        (-0.0031, -0.005, -1, 1.61),
        (-0.0029, -0.02, None, None),
        (None, -0.02, None, None),
    ],
)
def test_alts_that_go_three_times_as_far_are_thin_books(
    btc: float | None, alts: float, vote: int | None, value: float | None
) -> None:
    """News moves all by their usual multiple; where BTC stands still there is no multiple."""
    found = told(btc, alts)
    assert (found.vote, found.value) == (vote, value)
    assert found.note


def test_fewer_than_four_alts_are_no_breadth() -> None:
    """Two coins' own news would be the market's void."""
    assert told(-0.01, -0.05, count=3).vote is None
