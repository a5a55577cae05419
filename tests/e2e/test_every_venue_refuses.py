"""Each venue's doors closed, on real sockets: what a person is told, and how often the venue is asked again.

The waits are as long as they are in life; the clock is hurried.
"""

from __future__ import annotations

import pytest

from producers.backoff import Backoff
from producers.endings import BANNED_WAIT_S, FORBIDDEN_WAIT_S, TOO_MANY_WAIT_S
from producers.fleet import MARKET_LIST
from producers.rest import RestLimits
from producers.venue_server.faults import Faults
from producers.venues.registry import VENUES
from schemas.base import Event
from schemas.health import VenueStatus
from schemas.instrument import Instrument
from tests.kit.hurried import hurried
from tests.kit.made_up import made_up

WATCHED_S = 900.0
ALWAYS = 10**9
BACKOFF_MEAN_S = 15.0
"""Half of the longest wait: its jitter is drawn evenly."""
WHERE_FROM = "check where you connect from"
STATUS_PAGE = "check its status page"

SOME = ("binance-usdm", "okx", "hyperliquid")
"""Of whom every refusal is tried by default; nothing in them depends on the venue."""

every_venue = pytest.mark.parametrize("venue_id", VENUES)
some_venues = pytest.mark.parametrize(
    "venue_id", [one if one in SOME else pytest.param(one, marks=pytest.mark.slow) for one in VENUES]
)


def most_tries(wait_s: float) -> float:
    """How often somebody may ask who waits so long each time, with some quick tries at the start."""
    return 1 + WATCHED_S / wait_s


@some_venues
@pytest.mark.parametrize(
    ("status", "retry_after", "state", "advice", "most"),
    [
        (429, None, "down", "asks us to wait 30 s", most_tries(TOO_MANY_WAIT_S)),
        (429, "100", "down", "asks us to wait 100 s", most_tries(100.0)),
        (418, None, "down", "asks us to wait 120 s", most_tries(BANNED_WAIT_S)),
        (418, "600", "down", "asks us to wait 600 s", most_tries(600.0)),
        (403, None, "rejected", WHERE_FROM, most_tries(FORBIDDEN_WAIT_S)),
        (451, None, "rejected", WHERE_FROM, most_tries(FORBIDDEN_WAIT_S)),
        (404, None, "rejected", "nothing at this address: check it", most_tries(FORBIDDEN_WAIT_S)),
        (503, None, "down", STATUS_PAGE, 12 + 1.5 * most_tries(BACKOFF_MEAN_S)),
    ],
)
@hurried
async def test_a_socket_that_is_refused_is_told_once_and_causes_no_storm(
    venue_id: str, status: int, retry_after: str | None, state: str, advice: str, most: float
) -> None:
    """Who asks on after a refusal is banned, and who is not told why cannot mend it."""
    faults = Faults(handshake_status=status, handshake_retry_after=retry_after, failed_handshakes=ALWAYS)
    async with made_up(venue_id, faults=faults) as run:
        await run.watch(WATCHED_S)
        sockets = len(run.venue.sockets(run.of(Instrument)))
        told = [one for one in run.of(VenueStatus) if one.state != "connecting"]
        assert len(told) == sockets
        for one in told:
            assert one.state == state
            assert one.reason.startswith(f"http_{status}: HTTP {status}: ")
            assert advice in one.reason
        assert sockets <= run.mount.handshakes <= sockets * most
        assert run.health.total("connect_failures", label=f"http_{status}") == run.mount.handshakes


@some_venues
@pytest.mark.parametrize(
    ("status", "retry_after", "state", "advice", "most"),
    [
        (429, None, "down", "the venue asks for silence", most_tries(RestLimits().too_many_wait_s)),
        (429, "100", "down", "the venue asks for silence", most_tries(100.0)),
        (418, None, "down", "the venue asks for silence", most_tries(RestLimits().banned_wait_s)),
        (403, None, "rejected", WHERE_FROM, most_tries(FORBIDDEN_WAIT_S)),
        (451, None, "rejected", WHERE_FROM, most_tries(FORBIDDEN_WAIT_S)),
        (404, None, "rejected", "check the address", most_tries(FORBIDDEN_WAIT_S)),
        # Each round has five tries within seconds.
        (503, None, "down", STATUS_PAGE, 5 * (12 + 1.5 * most_tries(BACKOFF_MEAN_S))),
    ],
)
@hurried
async def test_a_market_list_that_is_refused_is_told_once_and_causes_no_storm(
    venue_id: str, status: int, retry_after: str | None, state: str, advice: str, most: float
) -> None:
    """The first call of a run is the one that a geo-block answers."""
    faults = Faults(request_status=status, request_retry_after=retry_after, failed_requests=ALWAYS)
    async with made_up(venue_id, faults=faults) as run:
        await run.watch(WATCHED_S)
        (told,) = run.of(VenueStatus)
        assert (told.state, told.session) == (state, MARKET_LIST)
        assert f"http_{status}" in told.reason
        assert advice in told.reason
        assert 1 <= run.mount.calls <= most
        assert not run.mount.handshakes
        assert [event for event in run.events if event is not told] == list[Event]()


@every_venue
@hurried
async def test_a_venue_that_opens_its_doors_again_is_listened_to(venue_id: str) -> None:
    """Nobody would restart a radar for a venue's five minutes of trouble."""
    faults = Faults(handshake_status=503, failed_handshakes=6, request_status=500, failed_requests=3)
    async with made_up(venue_id, step_ns=500_000_000, faults=faults) as run:
        await run.until(lambda: run.is_up() and len(run.events) > 20, within_s=200)
        assert run.mount.handshakes > 6
        assert not run.health.total("decode_errors")


def test_the_backoff_is_what_is_reckoned_with_here() -> None:
    """A shorter one would pass these tests with more tries than a venue endures."""
    backoff = Backoff(draw=lambda: 0.5)
    assert [backoff.next_s() for _ in range(9)][-1] == BACKOFF_MEAN_S
