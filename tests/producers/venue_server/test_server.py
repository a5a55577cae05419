"""The server over real sockets, spoken to by a client that is not ours."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from producers.bundled import CALM_SECONDS
from producers.recording import Recording
from producers.venue_server.dialects import recognise
from producers.venue_server.faults import Faults
from producers.venue_server.player import Patience
from producers.venue_server.server import VenueServer
from producers.venue_server.timeline import recorded
from tests.kit.short_recording import DELTAS, coin, depth, listen, short_recording, subscribe

IMPATIENT = Patience(return_s=0.1, settle_s=0.02)


async def test_frames_are_played_verbatim_to_whoever_subscribed_them() -> None:
    """What is tested is what was recorded, to the byte."""
    async with VenueServer(short_recording(), speed=0, expect_sockets=2, patience=IMPATIENT) as server:
        usdm, hyperliquid = await asyncio.gather(
            listen(server.websocket_url("binance-usdm") + "/public/stream", subscribe("btcusdt@depth@100ms")),
            listen(
                server.websocket_url("hyperliquid") + "/ws",
                {"method": "subscribe", "subscription": {"type": "trades", "coin": "BTC"}},
            ),
        )
    assert usdm.texts[0] == b'{"result":null,"id":1}'
    assert usdm.data() == [depth(number) for number in range(1, DELTAS + 1)]
    assert hyperliquid.data() == [coin(20), coin(40)]
    assert (usdm.code, usdm.reason) == (hyperliquid.code, hyperliquid.reason) == (1000, "end of recording")


async def test_a_real_recording_arrives_byte_for_byte() -> None:
    """Every websocket frame of a bundled file, in its order, and nothing else."""
    streams = [f"btcusd_perp@{name}" for name in ("depth@100ms", "bookTicker", "trade")]
    async with VenueServer(recorded(CALM_SECONDS[1:2]), speed=0, patience=IMPATIENT) as server:
        heard = await listen(server.websocket_url("binance-coinm") + "/stream", subscribe(*streams))
    frames = [frame.raw for frame in Recording(CALM_SECONDS[1], recognise=recognise)]
    assert heard.data() == [raw for raw in frames if not raw.startswith(b'{"rest":')]


async def test_a_stream_on_the_wrong_route_is_acknowledged_and_silent() -> None:
    """The trap of the routed URLs, as the venue sets it."""
    async with VenueServer(short_recording(), speed=0, patience=IMPATIENT) as server:
        heard = await listen(server.websocket_url("binance-usdm") + "/market/stream", subscribe("btcusdt@depth"))
    assert heard.texts == [b'{"result":null,"id":1}']


async def test_everybody_can_be_given_the_recorded_clock() -> None:
    """For clients whose URL cannot be changed."""
    async with VenueServer(short_recording(), speed=0, recorded_clock=True, patience=IMPATIENT) as server:
        heard = await listen(server.websocket_url("binance-usdm") + "/public/stream", subscribe("btcusdt@depth"))
    assert len(heard.marks) > DELTAS


async def test_handshakes_fail_as_often_as_they_are_told_to_and_unknown_paths_always() -> None:
    """A client's retries are tested against these."""
    faults = {"binance-usdm": Faults(failed_handshakes=1, handshake_status=418)}
    async with VenueServer(short_recording(), speed=0, faults=faults, patience=IMPATIENT) as server:
        base = server.websocket_url("binance-usdm")
        for path, status in (("/public/stream", 418), ("/private", 404)):
            with pytest.raises(InvalidStatus) as refused:
                await listen(base + path)
            assert refused.value.response.status_code == status
        assert (await listen(base + "/public/stream", subscribe("btcusdt@depth"))).data()
        with pytest.raises(InvalidStatus) as ended:
            await listen(base + "/public/stream")
        assert ended.value.response.status_code == 503


async def test_a_refused_handshake_says_how_long_to_stay_away() -> None:
    """A client's patience is tested against this header."""
    faults = {"bybit": Faults(failed_handshakes=1, handshake_status=429, handshake_retry_after="7")}
    async with VenueServer(short_recording(), expect_sockets=0, faults=faults) as server:
        with pytest.raises(InvalidStatus) as refused:
            await listen(server.websocket_url("bybit") + "/v5/public/linear")
        assert refused.value.response.headers["Retry-After"] == "7"
        assert server.mounts["bybit"].handshakes == 1


async def test_a_venue_without_a_path_is_served_at_its_bare_address() -> None:
    """Some nodes have no path at all."""
    async with (
        VenueServer(short_recording(), expect_sockets=0) as server,
        connect(server.websocket_url("gmx")) as socket,
    ):
        await socket.send('{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}')
        assert "0xa4b1" in str(await socket.recv())


async def test_pings_are_answered_and_what_is_broken_is_noted() -> None:
    """Clients ping by themselves, and a test reads why they were cut."""
    async with VenueServer(short_recording(), expect_sockets=0) as server:
        url = server.websocket_url("binance-usdm") + "/public/stream"
        async with asyncio.timeout(5), connect(url) as socket:
            await (await socket.ping())
        await listen(url, *['{"method":"LIST_SUBSCRIPTIONS","id":1}'] * 40)
        assert server.mounts["binance-usdm"].rulebook.counts.violations == ["Too many requests"]


async def test_too_many_messages_or_streams_close_the_connection() -> None:
    """The venue's limits hold here too, so that a client that breaks them is seen before it is banned."""
    async with VenueServer(short_recording()) as server:
        url = server.websocket_url("binance-usdm") + "/public/stream"
        flooding = await listen(url, *['{"method":"LIST_SUBSCRIPTIONS","id":1}'] * 40)
        assert (flooding.code, flooding.reason) == (1008, "Too many requests")
        crowding = await listen(url, subscribe(*[f"c{number}usdt@trade" for number in range(1_100)]))
        assert crowding.texts == [b'{"error":{"code":4,"msg":"Too many subscriptions"}}']
        assert crowding.code == 1008


async def test_a_slow_client_gets_everything() -> None:
    """At full speed the server is faster than any reader, and must not drop for it."""
    async with VenueServer(recorded(CALM_SECONDS[2:]), speed=0, patience=IMPATIENT) as server:
        url = server.websocket_url("binance-spot") + "/stream?streams=btcusdt@bookTicker/btcusdt@depth/btcusdt@trade"
        count = 0
        async with connect(url, compression=None, max_queue=1) as socket:
            await asyncio.sleep(0.2)
            async for _ in socket:
                count += 1
        assert count == server.mounts["binance-spot"].sent == 8_943


async def test_the_state_of_the_play_can_be_asked_for() -> None:
    """A demo in another process starts the play and watches it."""
    async with (
        VenueServer(short_recording(), speed=0, expect_sockets=0, patience=IMPATIENT) as server,
        aiohttp.ClientSession() as http,
    ):
        async with http.post(f"{server.url}/_control/start") as response:
            assert response.status == 204
        await server.finished()
        async with http.get(f"{server.url}/_control/status") as response:
            status = await response.json()
    assert status["played_out"]
    assert status["frames"] == DELTAS + 4


async def test_leaving_while_clients_listen_leaves_nothing_behind() -> None:
    """A test that fails in the middle must not hang its suite."""
    async with VenueServer(short_recording(), speed=0.001) as server:
        listening = asyncio.create_task(
            listen(server.websocket_url("binance-usdm") + "/public/stream", subscribe("btcusdt@depth"))
        )
        for _ in range(500):
            if server.mounts["binance-usdm"].sent:
                break
            await asyncio.sleep(0.01)
    assert (await listening).data() == [depth(1)]
