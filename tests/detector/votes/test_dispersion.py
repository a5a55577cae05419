"""Prices apart between venues."""

from __future__ import annotations

import pytest

from detector.votes.dispersion import Dispersion
from tests.kit.looks import asset, moved, view


@pytest.mark.parametrize(
    ("dislocations", "vote", "value"),
    [
        ((0.001, 0.031), 1, 0.031),
        ((0.001, 0.004), -1, 0.004),
        ((None, 0.004), -1, 0.004),
        ((0.001, 0.006), 0, 0.006),
        ((None, None), None, None),
    ],
)
def test_any_asset_far_apart_is_a_void_and_all_together_are_news(
    dislocations: tuple[float | None, ...], vote: int | None, value: float | None
) -> None:
    """One venue that nobody can arbitrage is the surest sign; without two markets of an asset there is none."""
    look, move = Dispersion(), moved()
    seen = view(1, *(asset(f"C{n}", 1, dislocation=size) for n, size in enumerate(dislocations)))
    look.close_second(seen, move)
    told = look.vote(seen, move)
    assert (told.vote, told.value) == (vote, value)
    assert bool(told.note) is (vote is None)
