"""Connections are cut in their time, on a real socket."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
from aiohttp import web
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from producers.venue_server.dialect import Rules
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener
from producers.venue_server.peer import Peer
from producers.venue_server.server import VenueServer
from producers.venue_server.warden import ask_for_life, cut_in_time
from tests.kit.hurried import hurried
from tests.kit.short_recording import short_recording


async def test_a_connection_ends_with_its_lifetime() -> None:
    """Venues cut every connection after a day; here a day is a tenth of a second."""
    faults = {"binance-usdm": Faults(lifetime_s=0.1)}
    async with asyncio.timeout(5), VenueServer(short_recording(), expect_sockets=0, faults=faults) as server:
        socket = await connect(server.websocket_url("binance-usdm") + "/public/stream")
        with pytest.raises(ConnectionClosed):
            await socket.recv()


class Line:
    """A transport that knows whether it was closed."""

    def __init__(self) -> None:
        self.closed = False

    def write(self, data: bytes) -> None:
        """Into the void."""

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed

    def close(self) -> None:
        """Close."""
        self.closed = True

    def pause_reading(self) -> None:
        """Nothing is read anyway."""


def peer_on(line: Line) -> Peer:
    """A client at the other end of this line."""
    transport = cast("asyncio.Transport", line)
    return Peer(socket=web.WebSocketResponse(), transport=transport, listener=Listener(""), marked=False)


@hurried
async def test_a_client_that_does_not_answer_pings_is_cut_at_the_next_one() -> None:
    """The venue counts it as gone: so does the test that watches a client answer."""
    line = Line()
    async with asyncio.timeout(25):
        await ask_for_life(peer_on(line), 10.0)
    assert line.closed


@hurried
async def test_a_client_that_answers_pings_stays() -> None:
    """Whoever only listens is not silent."""
    line = Line()
    peer = peer_on(line)
    asking = asyncio.create_task(ask_for_life(peer, 10.0))
    for _ in range(5):
        await asyncio.sleep(10.1)
        peer.ponged()
    assert not line.closed
    asking.cancel()


@hurried
async def test_a_half_open_connection_is_left_open() -> None:
    """A server that forgot a connection closes nothing."""
    line = Line()
    peer = peer_on(line)
    peer.deafen()
    async with asyncio.timeout(120):
        await cut_in_time(peer, Rules(messages_per_s=1, client_silence_s=30), Faults(lifetime_s=60))
        await ask_for_life(peer, 10.0)
    assert not line.closed
