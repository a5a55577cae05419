"""Perpetuals beyond spot."""

from __future__ import annotations

import pytest

from detector.votes.spot_and_perp import SpotAndPerp
from schemas.alert import Vote
from tests.kit.looks import asset, moved, view


def told(extreme: float, *discounts: float | None) -> Vote:
    """The vote on assets with such distances of perpetuals from spot."""
    look, move = SpotAndPerp(), moved(extreme)
    seen = view(0, *(asset(f"C{n}", perp_discount=size) for n, size in enumerate(discounts)))
    look.close_second(seen, move)
    return look.vote(seen, move)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize(("beyond", "vote"), [(0.0051, 1), (0.005, 0), (0.0011, 0), (0.0009, -1), (-0.02, -1)])
def test_perpetuals_beyond_spot_are_forced_and_spot_that_leads_is_news(sign: float, beyond: float, vote: int) -> None:
    """In a squeeze it is a premium; perpetuals that lag behind spot are dragged by nobody."""
    assert told(sign * 0.03, sign * beyond).vote == vote


def test_the_middle_asset_speaks() -> None:
    """One coin's odd spot market would be the market's forced flow."""
    assert told(-0.03, -0.08, -0.0002, 0.0001).value == 0.0002
    assert told(-0.03, None).vote is None


def test_without_a_move_of_a_percent_agreement_says_nothing() -> None:
    """They always agree in the calm."""
    assert told(-0.0099, 0.0).vote == 0


def test_a_stablecoin_off_its_peg_is_no_discount() -> None:
    """A collateral that breaks is a stage of its own."""
    look, move = SpotAndPerp(), moved()
    seen = view(0, asset("USDE", perp_discount=-0.3))
    look.close_second(seen, move)
    assert look.vote(seen, move).vote is None
