from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from producers.clock import END_OF_RECORDING_NS
from producers.connection import Timing
from producers.continuity import BookSyncs
from producers.errors import FleetError
from producers.fleet import EndpointOverride, Fleet
from producers.health import Health
from producers.proxy import ProxyAddressError
from producers.recording import Recording, rest_answer
from producers.venue import Venue
from producers.venue_server.dialects import recognise
from producers.venue_server.server import VenueServer
from producers.venue_server.timeline import Frame, recorded
from producers.venues.binance_usdm import BinanceUsdm
from schemas.base import Event
from schemas.health import VenueStatus
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, Trade
from tests.kit.scripted_server import Peer, Reply, ScriptedServer
from tests.kit.toy_venue import ToyVenue, delta, trade

HASTY = Timing(ack_deadline_s=0.5, first_retry_below_s=0.05, retry_cap_s=0.1, overlap_s=0.1)


class Audience:
    """Keeps what is published and lets a test wait for it."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def publish(self, events: Sequence[Event]) -> None:
        self.events += events

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110  # `publish` is called as the engine is: without a loop
                await asyncio.sleep(0.005)


def override(server: ScriptedServer) -> EndpointOverride:
    return EndpointOverride(websocket_base=server.websocket_url, rest_base=server.rest_url)


def rest_of(*symbols: str, books: dict[str, tuple[int, int]] | None = None) -> Callable[[str], Awaitable[Reply]]:
    """A market list, and books by symbol as (last id, recorded receive time)."""
    listed = "[" + ",".join(f'"{symbol}"' for symbol in symbols) + "]"

    async def rest(path: str) -> Reply:
        if path == "/markets":
            return 200, listed.encode(), {}
        last_id, recv_ns = (books or {}).get(path.rpartition("=")[2], (0, 0))
        if not last_id:
            return 404, b"", {}
        return 200, str(last_id).encode(), {"X-Recorded-Receive-Ns": str(recv_ns)}

    return rest


@asynccontextmanager
async def running(fleet: Fleet) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(fleet.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def leftovers() -> list[str]:
    mine = asyncio.current_task()
    return [repr(task) for task in asyncio.all_tasks() if task is not mine and "producers" in repr(task.get_coro())]


async def test_instruments_come_first_and_a_fetched_snapshot_completes_the_book() -> None:
    """Depth would be computed from changes alone, on a market whose contract size is not known yet."""

    async def script(peer: Peer) -> None:
        for last in range(10, 20):
            await peer.send(delta(last, prev=last - 1))
        await asyncio.Event().wait()

    audience = Audience()
    async with ScriptedServer(script, rest=rest_of("BTCUSDT", "DOGEUSDT", books={"BTCUSDT": (12, 0)})) as server:
        fleet = Fleet(
            venues=[ToyVenue()],
            symbols=["btc"],
            publish=audience.publish,
            overrides={"toy": override(server)},
            timing=HASTY,
        )
        async with running(fleet):
            await audience.until(lambda: audience.kinds().count("BookDelta") >= 8)
    assert isinstance(audience.events[0], Instrument)
    assert [event.instrument for event in audience.events if isinstance(event, Instrument)] == ["BTC-USDT-PERP"]
    book = [event for event in audience.events if isinstance(event, BookSnapshot | BookDelta)]
    assert isinstance(book[0], BookSnapshot)
    assert [delta.last_id for delta in book[1:] if isinstance(delta, BookDelta)] == list(range(12, 20))
    assert server.calls == ["/markets", "/book?symbol=BTCUSDT"]


async def test_a_cancel_closes_every_socket_and_leaves_no_task() -> None:
    """A stopped radar would hold its connections, or warn of tasks that nobody awaited."""

    async def script(peer: Peer) -> None:
        await peer.send(trade(1))

    audience = Audience()
    async with ScriptedServer(script, rest=rest_of("BTCUSDT")) as server:
        venue = ToyVenue(sockets=("a", "b", "c"))
        fleet = Fleet(venues=[venue], symbols=["all"], publish=audience.publish, overrides={"toy": override(server)})
        async with running(fleet):
            await audience.until(lambda: audience.kinds().count("Trade") == 3)
        assert not leftovers()
        async with asyncio.timeout(5):
            for peer in server.peers:
                await peer.gone.wait()


async def test_a_venue_that_is_away_does_not_keep_the_others_from_running() -> None:
    """A blocked spot market would blind the futures."""

    async def script(peer: Peer) -> None:
        await peer.send(trade(1))

    async def blocked(_: str) -> Reply:
        return 451, b"", {}

    audience = Audience()
    async with ScriptedServer(script, rest=rest_of("BTCUSDT")) as here, ScriptedServer(rest=blocked) as there:
        fleet = Fleet(
            venues=[ToyVenue(id="there"), ToyVenue(id="here")],
            symbols=["BTC"],
            publish=audience.publish,
            overrides={"here": override(here), "there": override(there)},
        )
        async with running(fleet):
            await audience.until(lambda: "Trade" in audience.kinds() and bool(there.calls))
            await audience.until(lambda: any(is_refusal(event) for event in audience.events))
        assert there.calls == ["/markets"]


def is_refusal(event: Event) -> bool:
    return isinstance(event, VenueStatus) and event.state == "rejected" and "http_451" in event.reason


async def test_a_broken_proxy_in_the_environment_ends_the_run_with_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every venue would look as if it were away, for ever."""
    monkeypatch.setenv("HTTPS_PROXY", "http://ann:secret@")
    fleet = Fleet(venues=[BinanceUsdm()], symbols=["BTC"], publish=Audience().publish)
    with pytest.raises(ProxyAddressError, match="HTTPS_PROXY"):
        await asyncio.wait_for(fleet.run(), 10)
    assert not leftovers()


async def test_connections_of_an_address_that_is_counted_as_one_share_their_messages() -> None:
    """Ten connections that each keep the limit would break it ten times."""
    heard: list[float] = []

    def acks(_: str) -> str:
        heard.append(asyncio.get_running_loop().time())
        return '{"ack":1}'

    audience = Audience()
    async with ScriptedServer(acks=acks, rest=rest_of("BTCUSDT")) as server:
        venue = ToyVenue(sockets=("a", "b", "c"))
        venue.limits = msgspec.structs.replace(venue.limits, messages_per_s=25, messages_shared=True)
        fleet = Fleet(venues=[venue], symbols=["BTC"], publish=audience.publish, overrides={"toy": override(server)})
        async with running(fleet):
            await audience.until(lambda: len(heard) == 3)
    assert heard[2] - heard[0] > 0.09


async def test_a_venue_says_how_many_connections_may_come_at_once() -> None:
    """Some allow few a minute, but all of them together."""
    audience = Audience()
    async with ScriptedServer(rest=rest_of("BTCUSDT")) as server:
        venue = ToyVenue(sockets=("a", "b", "c", "d"))
        venue.limits = msgspec.structs.replace(venue.limits, connects_per_min=6, connects_at_once=3)
        fleet = Fleet(venues=[venue], symbols=["BTC"], publish=audience.publish, overrides={"toy": override(server)})
        async with running(fleet):
            async with asyncio.timeout(5):
                await server.attempts(3)
            await asyncio.sleep(0.2)
            assert len(server.attempts_at) == 3


async def test_symbols_that_no_venue_lists_are_an_error_and_not_silence() -> None:
    """A mistyped symbol would look like a calm market."""
    audience = Audience()
    async with ScriptedServer(rest=rest_of("BTCUSDT")) as server:
        fleet = Fleet(
            venues=[ToyVenue()], symbols=["BTX"], publish=audience.publish, overrides={"toy": override(server)}
        )
        with pytest.raises(FleetError, match="BTX"):
            await asyncio.wait_for(fleet.run(), 10)
    assert [event.reason for event in audience.events if isinstance(event, VenueStatus)] == [
        "none of these symbols is listed: BTX"
    ]


async def test_an_engine_that_fails_ends_the_run_with_its_own_error() -> None:
    """The cause would be buried in groups, or the radar go on without a detector."""

    async def script(peer: Peer) -> None:
        await peer.send(trade(1))

    def publish(events: Sequence[Event]) -> None:
        if any(isinstance(event, Trade) for event in events):
            raise ZeroDivisionError

    async with ScriptedServer(script, rest=rest_of("BTCUSDT")) as server:
        fleet = Fleet(venues=[ToyVenue()], symbols=["BTC"], publish=publish, overrides={"toy": override(server)})
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(fleet.run(), 10)
    assert not leftovers()


async def test_a_recorded_snapshot_takes_its_place_before_younger_frames_are_read() -> None:
    """A run over sockets would sync its books later than a read of the file."""

    async def script(peer: Peer) -> None:
        while not peer.said:  # noqa: ASYNC110  # a plain list
            await asyncio.sleep(0.005)
        for recv_ns in range(10, 20):
            await peer.mark(recv_ns)
            await peer.send(delta(recv_ns, prev=recv_ns - 1))
            await peer.send(trade(recv_ns))
        await peer.mark(END_OF_RECORDING_NS)
        await peer.close(1000, "end of recording")

    audience = Audience()
    recorded_raw: list[tuple[int, str]] = []
    async with ScriptedServer(script, rest=rest_of("BTCUSDT", books={"BTCUSDT": (12, 15)})) as server:
        fleet = Fleet(
            venues=[ToyVenue()],
            symbols=["BTC"],
            publish=audience.publish,
            overrides={"toy": override(server)},
            clock="recorded",
            record=lambda _venue, recv_ns, _raw, kind: recorded_raw.append((recv_ns, kind)),
        )
        await asyncio.wait_for(fleet.run(), 10)
        assert "recorded-clock=1" in server.peers[0].path
    said = [(type(event).__name__, event.ts_recv_ns) for event in audience.events]
    assert said[0] == ("Instrument", 0)
    assert said[1:6] == [("Trade", recv_ns) for recv_ns in range(10, 15)]
    assert said[6:10] == [("BookSnapshot", 15), ("BookDelta", 12), ("BookDelta", 13), ("BookDelta", 14)]
    assert said[10:12] == [("BookDelta", 15), ("Trade", 15)]
    assert len(said) == 1 + 10 + 1 + 8
    assert recorded_raw == sorted(recorded_raw, key=lambda entry: entry[0])
    assert (15, "book:BTCUSDT") in recorded_raw
    assert fleet.clock.now_ns() == 19
    assert not leftovers()


async def test_a_recording_without_the_wanted_symbols_is_an_error() -> None:
    """A replay of the wrong file would wait for ever."""
    async with ScriptedServer(rest=rest_of("BTCUSDT")) as server:
        fleet = Fleet(
            venues=[ToyVenue()],
            symbols=["DOGE"],
            publish=Audience().publish,
            overrides={"toy": override(server)},
            clock="recorded",
        )
        with pytest.raises(FleetError, match="DOGE"):
            await asyncio.wait_for(fleet.run(), 10)


async def test_a_recording_whose_server_goes_away_ends_with_an_error() -> None:
    """A half-played recording would look like a whole one, or the run never end."""

    async def script(peer: Peer) -> None:
        await peer.mark(1)
        await peer.send(trade(1))
        await peer.close(1011, "crash")

    audience = Audience()
    server = ScriptedServer(script, handshakes=(None, 503), rest=rest_of("BTCUSDT"))
    async with server:
        fleet = Fleet(
            venues=[ToyVenue()],
            symbols=["BTC"],
            publish=audience.publish,
            overrides={"toy": override(server)},
            clock="recorded",
            timing=HASTY,
        )
        with pytest.raises(FleetError, match="before the end of its recording"):
            await asyncio.wait_for(fleet.run(), 20)


# The real venue over the real server.


def cut(path: Path, *, frames: int) -> list[Frame]:
    """The beginning of a recording."""

    def some(lines: Iterator[Frame]) -> Iterator[Frame]:
        for number, line in enumerate(lines):
            if number >= frames:
                return
            yield line

    return list(some(recorded([path])))


def read_in_order(path: Path, frames: list[Frame]) -> list[Event]:
    """What a plain read of the same frames gives."""
    recording = Recording(path, recognise=recognise)
    assert recording.venue_id == "binance-usdm"
    venue: Venue = BinanceUsdm()
    books = BookSyncs(venue=venue.id, sequencing=venue.sequencing)
    events: list[Event] = []
    for recv_ns, _, raw in frames:
        answer = rest_answer(raw)
        if answer is None:
            events += books.feed(event for event in venue.parse(raw, recv_ns) if isinstance(event, Event))
        elif answer.rest == "markets":
            listed = (venue.infer_instrument(row["symbol"], recv_ns) for row in json.loads(bytes(answer.body)))
            instruments = [instrument for instrument in listed if instrument is not None]
            venue.register(instruments)
        else:
            book = venue.parse_snapshot(bytes(answer.body), instruments[0], recv_ns)
            events += books.feed([book])
    return events


async def play(frames: list[Frame]) -> tuple[list[Event], Health]:
    audience = Audience()
    async with VenueServer(frames, speed=0, expect_sockets=2) as server:
        fleet = Fleet(
            venues=[BinanceUsdm()],
            symbols=["BTC"],
            publish=audience.publish,
            clock="recorded",
            overrides={
                "binance-usdm": EndpointOverride(
                    websocket_base=server.websocket_url("binance-usdm"), rest_base=server.rest_url("binance-usdm")
                )
            },
        )
        await asyncio.wait_for(fleet.run(), 30)
    return audience.events, fleet.health


async def test_a_real_recording_over_sockets_equals_a_plain_read_of_it(shared_data: Path) -> None:
    """What is tested from files would not be what runs on sockets."""
    path = shared_data / "binance-raw" / "usdm_btcusdt_20240808.gz"
    frames = cut(path, frames=6_000)
    events, health = await play(frames)
    expected = read_in_order(path, frames)
    market = [event for event in events if not isinstance(event, Instrument)]
    assert market == expected
    assert sum(isinstance(event, BookSnapshot) for event in market) == 1
    assert health.total("decode_errors") == 0
    again, _ = await play(frames)
    assert again == events


async def test_what_silences_one_venue_silences_those_that_share_its_budget() -> None:
    """The second venue would go on asking, and turn the first one's warning into a ban."""
    venues = [ToyVenue(id="warned"), ToyVenue(id="sibling"), ToyVenue(id="stranger")]
    for venue in venues[:2]:
        venue.limits = msgspec.structs.replace(venue.limits, weight_pool="common")
    warned = asyncio.Event()

    async def warn(_: str) -> Reply:
        warned.set()
        return 429, b"", {"Retry-After": "60"}

    async def listed(path: str) -> Reply:
        await warned.wait()
        return await rest_of("BTCUSDT")(path)

    async def script(peer: Peer) -> None:
        for last in range(10, 12):
            await peer.send(delta(last, prev=last - 1))
        await peer.send(trade(1))
        await asyncio.Event().wait()

    audience = Audience()
    async with (
        ScriptedServer(rest=warn) as first,
        ScriptedServer(script, rest=listed) as second,
        ScriptedServer(script, rest=listed) as third,
    ):
        overrides = {"warned": override(first), "sibling": override(second), "stranger": override(third)}
        fleet = Fleet(venues=venues, symbols=["BTC"], publish=audience.publish, overrides=overrides)
        async with running(fleet):
            await audience.until(lambda: audience.kinds().count("Trade") == 2 and len(third.calls) == 2)
            assert second.calls == ["/markets"]
