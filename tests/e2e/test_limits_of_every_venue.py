"""Five hundred markets of each venue within its documented limits, counted by the venue server on real sockets.

The clock is hurried but true: a second of a limit is a second of the client's.
"""

from __future__ import annotations

import math

import pytest

from producers.venues.registry import VENUES
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import BookSnapshot
from tests.kit.hurried import hurried
from tests.kit.made_up import MadeUp, made_up

pytestmark = pytest.mark.slow

MARKETS = 500
STEP_NS = 20 * 10**9
"""Slow markets, or five hundred of them are too much work; quick enough not to be taken for dead."""
SLOW = {"lighter": 60, "bitmex": 100}
"""Venues that allow so little that the whole of it takes many minutes: how many markets are tried by default."""


def cases() -> list[object]:
    """Each venue with all markets; of the slow ones fewer by default."""
    all_of_them = [
        pytest.param(one, MARKETS, marks=pytest.mark.slow) if one in SLOW else pytest.param(one, MARKETS)
        for one in VENUES
    ]
    return [*all_of_them, *(pytest.param(one, count) for one, count in SLOW.items())]


def check(run: MadeUp) -> None:
    """Nothing beyond what the venue documents, and not by tolerance either."""
    counts, rules = run.counts, run.mount.rulebook.rules
    assert not counts.violations
    assert counts.messages_within_a_second <= math.ceil(rules.messages_per_s)
    if run.venue.limits.messages_shared:
        assert counts.address_messages_within_a_second <= math.ceil(run.venue.limits.messages_per_s)
    limits: tuple[tuple[str, float | None], ...] = (
        ("topics", rules.topics),
        ("operations", rules.operations_per_h),
        ("frame_bytes", rules.frame_bytes),
        ("connections", rules.connections),
        ("connects_within_a_minute", rules.connects_per_min),
        ("address_messages_within_a_second", rules.address_messages_per_s),
        ("address_messages_within_a_minute", rules.address_messages_per_min),
        ("address_topics", rules.address_topics),
    )
    for name, most in limits:
        assert most is None or getattr(counts, name) <= most, (name, counts)


def every_book(run: MadeUp, since: int) -> bool:
    """Whether the socket has brought the book of each market, among the events from this one on."""
    seen = {event.instrument for event in run.events[since:] if isinstance(event, BookSnapshot)}
    return len(seen) == len(run.of(Instrument))


@pytest.mark.parametrize(("venue_id", "markets"), cases())
@hurried
async def test_five_hundred_markets_are_subscribed_within_the_limits_and_again_after_a_cut(
    venue_id: str, markets: int
) -> None:
    """A client that asks for too much too fast is banned, mostly when everybody reconnects: in a crash."""
    coins = [f"C{number}" for number in range(markets)]
    async with made_up(venue_id, coins=coins, at_most=markets, step_ns=STEP_NS) as run:
        by_socket = run.venue.sequencing is not None and run.venue.sequencing.snapshots == "socket"
        await run.until(lambda: run.is_up() and (not by_socket or every_book(run, 0)), within_s=3_600, look_every_s=1.0)
        assert len(run.of(Instrument)) == markets
        sockets = len(run.states())
        assert len(run.mount.peers) == sockets
        check(run)
        topics, since = run.counts.topics, len(run.events)
        for peer in list(run.mount.peers):
            peer.cut()
        await run.until(lambda: run.health.total("disconnects") == sockets)
        await run.until(
            lambda: run.is_up() and (not by_socket or every_book(run, since)), within_s=3_600, look_every_s=1.0
        )
        assert run.health.total("connects") == 2 * sockets
        assert {event.reason for event in run.events[since:] if isinstance(event, Gap)} <= {"closed_1006"}
        check(run)
        # What one connection carries does not depend on how often it was opened.
        assert run.counts.topics == topics
