"""A venue that does what a test tells it to: one port with websockets and REST, both by script.

Every websocket attempt takes the next handshake step of `handshakes` (a status to refuse with, or None to accept); the
last step repeats. What happens on an accepted socket is up to `on_socket`.
"""

from __future__ import annotations

import asyncio
import socket as sockets
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from aiohttp import WSMsgType, web

Reply = tuple[int, bytes, Mapping[str, str]]
"""Status, body and headers of a REST answer."""

MARK_BYTES = 8


class Peer:
    """One accepted websocket, from the server's side."""

    def __init__(self, websocket: web.WebSocketResponse, request: web.Request) -> None:
        self._websocket = websocket
        self._request = request
        self.path = request.path_qs
        self.said: list[str] = []
        self.gone = asyncio.Event()

    async def send(self, text: str) -> None:
        """A text frame."""
        await self._websocket.send_str(text)

    async def send_binary(self, data: bytes) -> None:
        """A binary frame."""
        await self._websocket.send_bytes(data)

    async def mark(self, recv_ns: int) -> None:
        """A recorded receive time."""
        await self.send_binary(recv_ns.to_bytes(MARK_BYTES, "big"))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """A closing handshake."""
        await self._websocket.close(code=code, message=reason.encode())

    def reset(self) -> None:
        """A TCP reset, without a word."""
        transport = self._request.transport
        assert transport is not None
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, linger)
        transport.abort()


class ScriptedServer:
    """Use it as an async context manager. `on_socket` runs beside the reading of what the client says."""

    def __init__(
        self,
        on_socket: Callable[[Peer], Awaitable[None]] | None = None,
        *,
        handshakes: Sequence[int | None] = (None,),
        handshake_headers: Mapping[str, str] | None = None,
        acks: Callable[[str], str | None] = lambda _: '{"ack":1}',
        rest: Callable[[str], Awaitable[Reply]] | None = None,
    ) -> None:
        self._on_socket = on_socket
        self._handshakes = list(handshakes)
        self._handshake_headers = dict(handshake_headers or {})
        self._acks = acks
        self._rest = rest
        self._runner: web.AppRunner | None = None
        self._arrived = asyncio.Condition()
        self.peers: list[Peer] = []
        self.attempts_at: list[float] = []
        self.calls: list[str] = []
        self.rest_url = ""
        self.websocket_url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        self.rest_url = f"http://127.0.0.1:{port}"
        self.websocket_url = f"ws://127.0.0.1:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        for peer in self.peers:
            await peer.close()
        await self._runner.cleanup()

    async def peer(self, number: int) -> Peer:
        """The number-th accepted socket, counted from 1, when it has come."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.peers) >= number)
        return self.peers[number - 1]

    async def attempts(self, number: int) -> list[float]:
        """When the first `number` websocket attempts came, once they have."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.attempts_at) >= number)
        return self.attempts_at[:number]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._websocket(request)
        self.calls.append(request.path_qs)
        status, body, headers = (404, b"", {}) if self._rest is None else await self._rest(request.path_qs)
        return web.Response(status=status, body=body, headers=headers)

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        step = self._handshakes.pop(0) if len(self._handshakes) > 1 else self._handshakes[0]
        async with self._arrived:
            self.attempts_at.append(asyncio.get_running_loop().time())
            self._arrived.notify_all()
        if step is not None:
            return web.Response(status=step, headers=self._handshake_headers)
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        peer = Peer(websocket, request)
        async with self._arrived:
            self.peers.append(peer)
            self._arrived.notify_all()
        script = asyncio.create_task(self._run(peer))
        try:
            async for message in websocket:
                if message.type is WSMsgType.TEXT:
                    peer.said.append(message.data)
                    ack = self._acks(message.data)
                    if ack is not None:
                        await websocket.send_str(ack)
        finally:
            peer.gone.set()
            script.cancel()
            await asyncio.gather(script, return_exceptions=True)
        return websocket

    async def _run(self, peer: Peer) -> None:
        if self._on_socket is not None:
            await self._on_socket(peer)
