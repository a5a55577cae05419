"""The server: every venue under its own path prefix on one port, so that a client overrides base URLs and nothing else.

`ws://127.0.0.1:PORT/binance-usdm/public/stream`, `http://127.0.0.1:PORT/binance-usdm/fapi/v1/depth`, and for whoever
plays it `POST /_control/start` and `GET /_control/status`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Self

import orjson
from aiohttp import WSMsgType, web

from producers.clock import RECORDED_CLOCK_PARAMETER
from producers.venue_server import rest
from producers.venue_server.dialects import dialects
from producers.venue_server.faults import Faults
from producers.venue_server.listener import ViolationError
from producers.venue_server.mount import Mount
from producers.venue_server.peer import Peer
from producers.venue_server.player import Patience, Player
from producers.venue_server.timeline import Frame, leading_market_lists
from producers.venue_server.warden import ask_for_life, cut_in_time

LOOK_EVERY_S = 0.02


class VenueServer:
    """Serves a recording; use it as an async context manager, `url` is the base of every venue's prefix.

    Parameters
    ----------
    frames
        What is played, by receive time; market lists first.
    speed
        Recorded seconds per real second; 0 plays as fast as the clients can read.
    expect_sockets
        The timeline starts when so many sockets are subscribed, and waits for them when they are lost. With 0 it starts
        on `POST /_control/start` (or `start()`).
    recorded_clock
        Give the recorded receive time to every socket, not only to those that ask for it in their URL.
    faults
        What goes wrong, by venue id.
    patience
        How long the timeline waits for its clients.
    """

    def __init__(
        self,
        frames: Iterable[Frame],
        *,
        # Playing
        speed: float = 1.0,
        expect_sockets: int = 1,
        recorded_clock: bool = False,
        # Behaviour
        faults: Mapping[str, Faults] | None = None,
        patience: Patience | None = None,
        # Address
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._patience = patience or Patience()
        lists, played = leading_market_lists(frames)
        self.mounts = {
            venue_id: Mount(dialect, faults=(faults or {}).get(venue_id, Faults()), markets=lists.get(venue_id, ()))
            for venue_id, dialect in dialects().items()
        }
        self.player = Player(
            played,
            mounts=self.mounts,
            speed=speed,
            expect_sockets=expect_sockets,
            patience=self._patience,
        )
        self.url = ""
        self._recorded_clock = recorded_clock
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None
        self._playing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/_control/start", self._start)
        app.router.add_get("/_control/status", self._status)
        # Some venues are spoken to at their bare address.
        app.router.add_route("*", "/{venue}", self._handle)
        app.router.add_route("*", "/{venue}/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self.url = f"http://{self._host}:{self._runner.addresses[0][1]}"
        self._playing = asyncio.create_task(self.player.play())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._playing is not None:
            self._playing.cancel()
            await asyncio.gather(self._playing, return_exceptions=True)
        for mount in self.mounts.values():
            mount.refuse_requests()
            for peer in list(mount.peers):
                peer.cut()
        if self._runner is not None:
            await self._runner.cleanup()

    def websocket_url(self, venue_id: str) -> str:
        """What a client overrides the venue's websocket base with."""
        return f"ws{self.url.removeprefix('http')}/{venue_id}"

    def rest_url(self, venue_id: str) -> str:
        """What a client overrides the venue's REST base with."""
        return f"{self.url}/{venue_id}"

    def start(self) -> None:
        """Play, whoever listens."""
        self.player.start()

    async def deserted(self) -> None:
        """Return when no client is connected any more, or is taken not to go."""
        server = self._runner.server if self._runner is not None else None
        for _ in range(int(self._patience.farewell_s / LOOK_EVERY_S)):
            if server is None or not server.connections:
                return
            await asyncio.sleep(LOOK_EVERY_S)

    async def finished(self) -> None:
        """Return when everything was played; a recording that cannot be played raises here."""
        if self._playing is not None:
            await asyncio.shield(self._playing)

    async def _start(self, _request: web.Request) -> web.Response:
        self.start()
        return web.Response(status=204)

    async def _status(self, _request: web.Request) -> web.Response:
        status = {
            "position_ns": self.player.position_ns,
            "played_out": self.player.played_out.is_set(),
            "frames": self.player.frames_played,
            "sent": {name: mount.sent for name, mount in self.mounts.items()},
            "unknown_frames": {name: mount.unknown_frames for name, mount in self.mounts.items()},
            "sockets": {name: len(mount.peers) for name, mount in self.mounts.items()},
        }
        return web.Response(body=orjson.dumps(status), content_type="application/json")

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        mount = self.mounts.get(request.match_info["venue"])
        if mount is None:
            return web.Response(status=404)
        path = request.match_info.get("path", "")
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request, mount, path)
        return await rest.answer(request, mount, self.player, path)

    async def _socket(self, request: web.Request, mount: Mount, path: str) -> web.StreamResponse:
        if mount.take_failed_handshake():
            asked = mount.faults.handshake_retry_after
            headers = {"Retry-After": asked} if asked is not None else None
            return web.Response(status=mount.faults.handshake_status, headers=headers)
        marked = self._recorded_clock or request.query.get(RECORDED_CLOCK_PARAMETER) == "1"
        # Real seconds mean nothing to a client of the recorded clock.
        if not marked and not mount.rulebook.admit(time.monotonic(), connected=len(mount.peers)):
            return web.Response(status=429)
        try:
            listener = mount.dialect.listener(path, request.query.get("streams", ""))
        except ViolationError as violation:
            mount.rulebook.broken(violation)
            return web.Response(status=400, text=str(violation))
        if listener is None or self.player.played_out.is_set():
            return web.Response(status=404 if listener is None else 503)
        # Pings and pongs are ours to send and to count: those of a half-open connection must stop as well.
        # Who is behind answers a farewell when everything before it has been read.
        socket = web.WebSocketResponse(autoping=False, compress=False, timeout=self._patience.farewell_s)
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        peer = Peer(socket=socket, transport=transport, listener=listener, marked=marked)
        for frame in mount.dialect.greeting(listener):
            peer.answer(frame)
        if self.player.position_ns:
            peer.mark(self.player.position_ns)
        peer.flush()
        mount.join(peer, self.player.position_ns)
        self.player.subscriptions_changed()
        rules = mount.rulebook.rules
        wardens = [asyncio.create_task(cut_in_time(peer, rules, mount.faults))]
        # A ping waits behind megabytes that a busy reader of a recording has yet to take; its pong would come too late.
        if rules.server_ping_s is not None and not marked:
            wardens.append(asyncio.create_task(ask_for_life(peer, rules.server_ping_s)))
        try:
            await self._listen(mount, peer)
        finally:
            for warden in wardens:
                warden.cancel()
            mount.leave(peer)
            mount.rulebook.left(peer.listener)
            self.player.subscriptions_changed()
        return socket

    async def _listen(self, mount: Mount, peer: Peer) -> None:
        async for message in peer.socket:
            try:
                # Venues that count messages count pings and pongs among them.
                if not peer.marked:
                    now_s = time.monotonic()
                    within_a_second = peer.messages_within_a_second(now_s)
                    mount.rulebook.heard(message.data, within_a_second=within_a_second, now_s=now_s)
                if message.type is WSMsgType.TEXT:
                    self._heed(mount, peer, message.data)
            except ViolationError as violation:
                mount.rulebook.broken(violation)
                if violation.answer:
                    peer.answer(violation.answer)
                peer.flush()
                await peer.socket.close(code=1008, message=str(violation).encode())
                return
            if message.type is WSMsgType.PING:
                peer.pong(message.data)
            elif message.type is WSMsgType.PONG:
                peer.ponged()

    def _heed(self, mount: Mount, peer: Peer, text: str) -> None:
        peer.last_s = peer.heard_s = time.monotonic()
        before = set(peer.listener.topics)
        names = len(peer.listener.names)
        answers = mount.dialect.hear(peer.listener, text, mount.faults)
        changed = before != set(peer.listener.topics) or names != len(peer.listener.names)
        mount.rulebook.subscribed(peer.listener, changed=changed)
        for answer in answers:
            peer.answer(answer)
        mount.subscriptions_changed(before, peer, self.player.position_ns)
        peer.flush()
        self.player.subscriptions_changed()
