"""Depth and price impact while prices move."""

from __future__ import annotations

from typing import Any

import pytest

from detector.votes.depth_and_impact import DepthAndImpact
from schemas.alert import Vote
from tests.kit.looks import asset, moved, view

NAMES = ("BTC", "ETH", "SOL")


def told(*seconds: dict[str, Any], middle_60s: float = -0.01, rate: float = 5.0) -> Vote:
    """The vote after these seconds of three assets alike."""
    look, move = DepthAndImpact(), moved(middle_60s=middle_60s, BTC=-0.01, ETH=-0.01, SOL=-0.01)
    seen = view(0)
    for n, fields in enumerate(seconds):
        seen = view(n, *(asset(name, n, **{"traded_usd_60s": 1_000.0} | fields) for name in NAMES), rate=rate)
        look.close_second(seen, move)
    return look.vote(seen, move)


@pytest.mark.parametrize(
    ("depth", "impact", "vote"),
    [
        (0.9, 0.5, -1),
        (0.61, 1.9, -1),
        (0.59, 0.5, 0),
        (0.9, 2.1, 0),
        (0.2, 3.0, 0),  # thin, and traded all the same
        (None, 0.5, -1),
        (None, 2.1, 0),
        (0.9, None, -1),
        (None, None, None),
    ],
)
def test_books_that_stand_in_a_busy_move_are_news(depth: float | None, impact: float | None, vote: int | None) -> None:
    """Makers who stay say that there is a price; without books a dollar's impact speaks alone."""
    found = told({"depth_ratio": depth, "impact_ratio": impact})
    assert found.vote == vote
    assert found.value == (depth if depth is not None else impact)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("move", "impact", "vote"), [(0.02, 5.1, 1), (0.019, 5.1, 0), (0.02, 4.9, 0)])
def test_a_steep_impact_is_a_void_with_a_move_of_two_percent(sign: int, move: float, impact: float, vote: int) -> None:
    """Impact alone cries wolf in the calm; a squeeze upwards has voids too."""
    assert told({"impact_ratio": impact}, middle_60s=sign * move).vote == vote


def test_depth_that_is_gone_while_trading_dries_up_is_a_void() -> None:
    """The worst moment is the one in which nothing trades."""
    thin = {"depth_ratio": 0.2, "impact_ratio": 1.0}
    assert told(thin, thin | {"traded_usd_60s": 499.0}).vote == 1
    assert told(thin, thin | {"traded_usd_60s": 501.0}).vote == 0


def test_trading_below_its_usual_is_no_vote_for_news() -> None:
    """A dead market whose book stands says nothing."""
    assert told({"depth_ratio": 0.9, "impact_ratio": 0.5}, rate=0.9).vote == 0


def test_seconds_without_a_move_are_not_judged() -> None:
    """The calm before a shock would call it news."""
    assert told({"depth_ratio": 0.9, "impact_ratio": 0.5}, middle_60s=0.0059).vote is None


def test_a_book_that_came_back_had_been_gone() -> None:
    """The refill after a void would take its vote back."""
    void, refill = {"impact_ratio": 9.0}, {"impact_ratio": 0.5}
    assert told(void, *[refill] * 200, middle_60s=-0.03).vote == 1
    assert told(void, *[refill] * 400, middle_60s=-0.03).vote == 0
