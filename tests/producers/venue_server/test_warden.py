"""Connections are cut in their time, on a real socket."""

from __future__ import annotations

import asyncio

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from producers.venue_server.faults import Faults
from producers.venue_server.server import VenueServer
from tests.kit.short_recording import short_recording


async def test_a_connection_ends_with_its_lifetime() -> None:
    """Venues cut every connection after a day; here a day is a tenth of a second."""
    faults = {"binance-usdm": Faults(lifetime_s=0.1)}
    async with asyncio.timeout(5), VenueServer(short_recording(), expect_sockets=0, faults=faults) as server:
        socket = await connect(server.websocket_url("binance-usdm") + "/public/stream")
        with pytest.raises(ConnectionClosed):
            await socket.recv()
