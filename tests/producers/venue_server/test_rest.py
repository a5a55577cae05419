"""The REST side: market lists, books, and the venues' own errors."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import orjson
import pytest

from producers.clock import RECORDED_RECEIVE_HEADER
from producers.venue_server.faults import Faults
from producers.venue_server.player import Patience
from producers.venue_server.server import VenueServer
from tests.kit.short_recording import DELTAS, SNAPSHOT, STEP_NS, T0, listen, short_recording, subscribe

IMPATIENT = Patience(return_s=0.1, settle_s=0.02)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield session


async def test_market_lists_are_the_recorded_ones(http: aiohttp.ClientSession) -> None:
    """Every venue under its own path, empty where nothing was recorded."""
    async with VenueServer(short_recording()) as server:
        async with http.get(server.rest_url("binance-usdm") + "/fapi/v1/exchangeInfo") as response:
            assert [row["symbol"] for row in (await response.json())["symbols"]] == ["BTCUSDT", "ETHUSDT"]
        async with http.get(server.rest_url("binance-spot") + "/api/v3/exchangeInfo") as response:
            assert (await response.json())["symbols"] == []
        async with http.post(server.rest_url("hyperliquid") + "/info", json={"type": "meta"}) as response:
            assert (await response.json())["universe"][0]["name"] == "BTC"


async def test_a_book_comes_with_the_time_of_its_receipt(http: aiohttp.ClientSession) -> None:
    """A client of the recorded clock puts the answer where it belongs."""
    async with VenueServer(short_recording(), speed=0, patience=IMPATIENT) as server:
        url = server.websocket_url("binance-usdm") + "/public/stream?recorded-clock=1"
        await listen(url, subscribe("btcusdt@depth"))
        async with http.get(server.rest_url("binance-usdm") + "/fapi/v1/depth?symbol=BTCUSDT&limit=1000") as response:
            assert response.headers[RECORDED_RECEIVE_HEADER] == str(T0 + 3 * STEP_NS + 1)
            assert await response.read() == SNAPSHOT
        async with http.get(server.rest_url("binance-usdm") + "/fapi/v1/depth?symbol=BTCUSDT") as response:
            assert orjson.loads(await response.read())["lastUpdateId"] == DELTAS * 10


async def test_errors_are_those_of_the_venues(http: aiohttp.ClientSession) -> None:
    """A client's handling of them is tested against these."""
    async with VenueServer(short_recording(), faults={"binance-usdm": Faults(failed_requests=1)}) as server:
        usdm = server.rest_url("binance-usdm")
        statuses = []
        for path in ("ping", "ping", "depth?symbol=NOPE", "depth?symbol=ETHUSDT", "nothing"):
            async with http.get(f"{usdm}/fapi/v1/{path}") as response:
                statuses.append(response.status)
        assert statuses == [429, 200, 400, 404, 404]
        async with http.get(f"{server.url}/nowhere/x") as response:
            assert response.status == 404


async def test_hyperliquid_answers_what_it_was_asked(http: aiohttp.ClientSession) -> None:
    """One path, by POST, and the latest book that was played."""
    book = b'{"channel":"l2Book","data":{"coin":"BTC","time":1,"levels":[[],[]]}}'
    frames = [*short_recording(), (T0 + 10**12, "hyperliquid", book)]
    async with VenueServer(frames, speed=0, patience=IMPATIENT) as server:
        info = server.rest_url("hyperliquid") + "/info"
        request = {"method": "subscribe", "subscription": {"type": "trades", "coin": "BTC"}}
        assert len((await listen(server.websocket_url("hyperliquid") + "/ws", request)).data()) == 2
        async with http.post(info, json={"type": "l2Book", "coin": "BTC"}) as response:
            assert (await response.json())["time"] == 1
        async with http.post(info, json={"type": "l2Book", "coin": "ETH"}) as response:
            assert await response.json() is None
        for method, url, body in (("POST", info, {"type": "weather"}), ("GET", info, None), ("POST", info + "/x", {})):
            async with http.request(method, url, json=body) as response:
                assert response.status in (404, 422)
