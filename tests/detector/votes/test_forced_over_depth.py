"""V/D over the assets."""

from __future__ import annotations

from typing import Any

import pytest

from detector.votes.forced_over_depth import ForcedOverDepth
from schemas.alert import Vote
from tests.kit.looks import asset, market, moved, view


def told(*ratios: float | None, **fields: Any) -> Vote:
    """The vote on one market an asset, each with its V/D."""
    look, move = ForcedOverDepth(), moved()
    seen = view(0, *(asset(f"C{n}", forced_over_depth=ratio, **fields) for n, ratio in enumerate(ratios)))
    look.close_second(seen, move)
    return look.vote(seen, move)


@pytest.mark.parametrize(
    ("ratios", "vote", "value"),
    [
        ((9.0, 8.0, 4.6, 0.0), 1, 4.6),
        ((9.0, 8.0, 0.1, 0.0), -1, 0.1),  # two thin alts are their own story
        ((9.0, 8.0, 0.8, None), 0, 0.8),
        ((9.0, 5.0), 1, 5.0),
        ((None, None), None, None),
    ],
)
def test_the_third_largest_asset_speaks(
    ratios: tuple[float | None, ...], vote: int | None, value: float | None
) -> None:
    """One book that was run over would be the market's cascade."""
    found = told(*ratios)
    assert (found.vote, found.value) == (vote, value)


def test_the_worst_market_speaks_for_its_asset() -> None:
    """A deep venue beside it would hide that a book was run over."""
    look, move = ForcedOverDepth(), moved()
    coins = [
        asset(n, 0, market(n, forced_over_depth=5.0), market(n, venue="deep", forced_over_depth=0.1)) for n in "ABC"
    ]
    look.close_second(view(0, *coins), move)
    assert look.vote(view(0), move).vote == 1


@pytest.mark.parametrize(("estimate_usd", "vote"), [(10.0, -1), (69.0, -1), (71.0, 0), (None, 0)])
def test_what_throttled_feeds_hide_is_counted_before_it_is_called_news(estimate_usd: float | None, vote: int) -> None:
    """A cascade behind a throttle would be news."""
    fields = {"liquidated_longs_usd": 10.0, "liquidated_method": "occupancy", "liquidated_estimate_usd": estimate_usd}
    assert told(0.1, 0.1, 0.1, **fields).vote == vote
