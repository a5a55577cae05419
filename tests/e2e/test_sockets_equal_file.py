"""A run over real sockets and a read of the file give the same events, byte for byte."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from producers.bundled import CALM_SECONDS
from producers.fleet import EndpointOverride, Fleet
from producers.replay import Replay
from producers.venue import Venue
from producers.venue_server.faults import Faults
from producers.venue_server.server import VenueServer
from producers.venue_server.timeline import Frame, recorded
from producers.venues.binance_coinm import BinanceCoinm
from producers.venues.binance_spot import BinanceSpot
from producers.venues.binance_usdm import BinanceUsdm
from producers.venues.hyperliquid import Hyperliquid
from schemas.base import Event
from schemas.health import Gap, VenueStatus
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot

SOCKETS = 4
"""USD-M has two, COIN-M and spot one each."""
PLAYED_S = 12
BINANCE: tuple[type[Venue], ...] = (BinanceUsdm, BinanceCoinm, BinanceSpot)


def first_seconds(frames: Iterable[Frame], seconds: int) -> Iterable[Frame]:
    """The beginning of a timeline."""
    until_ns = 0
    for frame in frames:
        until_ns = until_ns or frame[0] + seconds * 10**9
        if frame[0] >= until_ns:
            return
        yield frame


def from_file(paths: Sequence[Path], venues: Sequence[Venue], until_ns: int) -> list[Event]:
    """What a replay of the files says before a moment."""
    events = [event for batch in Replay(paths, venues=venues) for event in batch]
    return [event for event in events if event.ts_recv_ns < until_ns and not isinstance(event, Instrument)]


async def over_sockets(
    frames: Iterable[Frame],
    venues: Sequence[Venue],
    *,
    symbols: Sequence[str],
    sockets: int,
    faults: dict[str, Faults] | None = None,
) -> list[Event]:
    """What a fleet publishes when a server plays these frames, as fast as both can."""
    events: list[Event] = []
    async with VenueServer(frames, speed=0, expect_sockets=sockets, faults=faults) as server:
        overrides = {
            venue.id: EndpointOverride(
                websocket_base=server.websocket_url(venue.id), rest_base=server.rest_url(venue.id)
            )
            for venue in venues
        }
        fleet = Fleet(venues=venues, symbols=symbols, publish=events.extend, overrides=overrides, clock="recorded")
        async with asyncio.timeout(50):
            await fleet.run()
    return [event for event in events if not isinstance(event, Instrument)]


def encoded(events: Iterable[Event]) -> list[bytes]:
    """Every event as JSON."""
    return [msgspec.json.encode(event) for event in events]


async def test_three_venues_over_sockets_are_the_bundled_files() -> None:
    """What is tested on files runs live, and the other way round: one path, not two."""
    venues = [kind() for kind in BINANCE]
    begins_ns = next(iter(recorded(CALM_SECONDS)))[0]
    until_ns = begins_ns + PLAYED_S * 10**9
    live = await over_sockets(
        first_seconds(recorded(CALM_SECONDS), PLAYED_S), venues, symbols=["BTC", "ETH"], sockets=SOCKETS
    )
    replayed = from_file(CALM_SECONDS, [kind() for kind in BINANCE], until_ns)
    assert encoded(live) == encoded(replayed)
    assert sum(isinstance(event, BookSnapshot) for event in live) == 4


async def test_hyperliquid_over_a_socket_is_its_file(shared_data: Path) -> None:
    """The venue without sequence numbers goes the same way."""
    paths = [shared_data / "binance-raw" / "hyperliquid_btcusd_20250126.gz"]
    live = await over_sockets(recorded(paths), [Hyperliquid()], symbols=["BTC"], sockets=1)
    assert encoded(live) == encoded(from_file(paths, [Hyperliquid()], 2**63))


async def test_a_forced_reconnect_says_so_and_mends_the_book_with_a_fresh_snapshot() -> None:
    """A cut in the middle costs a gap and one snapshot; no delta after it is lost."""
    begins_ns = next(iter(recorded(CALM_SECONDS)))[0]
    faults = {"binance-usdm": Faults(drop_at_ns=(begins_ns + 6 * 10**9,))}
    venues = [kind() for kind in BINANCE]
    live = await over_sockets(
        first_seconds(recorded(CALM_SECONDS), PLAYED_S), venues, symbols=["BTC", "ETH"], sockets=SOCKETS, faults=faults
    )
    usdm = [event for event in live if event.venue == "binance-usdm"]
    books = [event for event in usdm if event.instrument == "BTC-USDT-PERP"]
    assert any(isinstance(event, VenueStatus) and event.state == "down" for event in usdm)
    gap_at = next(at for at, event in enumerate(books) if isinstance(event, Gap) and event.channel == "book")
    snapshots = [at for at, event in enumerate(books) if isinstance(event, BookSnapshot)]
    assert len(snapshots) == 2
    assert snapshots[0] < gap_at < snapshots[1]
    undisturbed = from_file(CALM_SECONDS, [kind() for kind in BINANCE], begins_ns + PLAYED_S * 10**9)
    deltas = [event for event in undisturbed if isinstance(event, BookDelta) and event.instrument == "BTC-USDT-PERP"]
    after = [event for event in books[snapshots[1] :] if isinstance(event, BookDelta)]
    assert len(after) > 100
    assert encoded(after) == encoded(deltas)[-len(after) :]
