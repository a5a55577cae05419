"""One fate for all that came in one message."""

from __future__ import annotations

from itertools import count

from producers.injection.messages import Fates
from tests.producers.injection.scenes import BTC, NORTH, SOUTH, top, trade


def test_what_came_at_one_moment_from_a_venue_shares_a_fate() -> None:
    """Half a message would be lost, which no wire can do."""
    numbers = count()
    fates = Fates(lambda: next(numbers))
    events = [trade(0, 1), top(0), trade(0, 2, (NORTH, "ETH-USDT-PERP")), trade(1, 3), top(1)]
    assert [fates.of(event) for event in events] == [0, 0, 0, 1, 1]


def test_another_venue_at_the_same_moment_has_its_own() -> None:
    """Two venues would fail together by chance."""
    numbers = count()
    fates = Fates(lambda: next(numbers))
    events = [trade(0, 1), trade(0, 1, (SOUTH, BTC)), trade(0, 2)]
    assert [fates.of(event) for event in events] == [0, 1, 0]
