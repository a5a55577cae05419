"""Crossed books stay crossed as long as was asked for."""

from __future__ import annotations

import pytest

from schemas.base import Event
from schemas.market import BookDelta
from tests.producers.injection.scenes import BTC, NORTH, between, definition, delta, quiet, read_book, snapshot, struck

QUIET = quiet(11)


@pytest.mark.parametrize("side", ["bid", "ask"])
def test_the_best_bid_is_above_the_best_ask_after_every_change(side: str) -> None:
    """The fault would come and go with the market."""
    out = struck(f"cross@21:00:05+4:north,side={side}", QUIET)
    for until, event in enumerate(out):
        if until % 5 == 0 and isinstance(event, BookDelta) and (event.venue, event.instrument) == (NORTH, BTC):
            book = read_book(out[: until + 1])
            assert book is not None
            crossed = max(book[0]) >= min(book[1])
            assert crossed == (event in between(out, 5 * 1_000, 9 * 1_000 + 5))


def test_it_follows_a_market_that_runs_away() -> None:
    """In a squeeze the cross would be gone with the first tick."""
    rising: list[Event] = [definition(), snapshot(0), delta(100, 2)]
    for step in range(60):
        price = 100.01 + step * 0.05
        changes = (("ask", round(price, 2), 0.0), ("ask", round(price + 0.05, 2), 9.0))
        gone = [("ask", round(100 * (1 + level / 10_000), 2), 0.0) for level in range(1, 41) if level < step * 5 + 5]
        rising.append(delta(5_050 + step * 50, 3 + step, *gone, *changes))
    out = struck("cross@21:00:05+4", rising)
    for until in range(4, len(out)):
        book = read_book(out[:until])
        assert book is not None
        assert max(book[0]) >= min(book[1])


def test_it_reaches_as_far_into_the_other_side_as_was_asked_for() -> None:
    """A cross of a tick would hide behind a large one."""
    for by_bp in (1, 20):
        book = read_book(between(struck(f"cross@21:00:05+4:north,by_bp={by_bp}", QUIET), 0, 5_200))
        assert book is not None
        assert max(book[0]) / min(book[1]) - 1 == pytest.approx(by_bp / 10_000, abs=1e-4)
