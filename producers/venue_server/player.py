"""Plays the timeline in its tempo, and holds it where a client that follows the recorded clock has to act first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter

import msgspec

from producers.clock import END_OF_RECORDING_NS
from producers.recording import rest_answer
from producers.venue_server.mount import Mount, Snapshot
from producers.venue_server.timeline import MARK_EVERY_NS, Ahead, Frame, Tempo

FRAMES_PER_TURN = 256
"""Frames between two looks at the network: enough to make a write worth its system call, few enough to hear clients."""


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long the timeline is held for clients, in real seconds."""

    return_s: float = 10.0
    """After lost sockets, for them to come back and subscribe."""
    settle_s: float = 0.1
    """After the last subscription, for another to follow: venues take a long list in several messages."""
    farewell_s: float = 30.0
    """Once all is sent, for it to be read, and for each client to answer that the recording has ended."""


class Player:
    """Plays frames to the mounted venues.

    Parameters
    ----------
    frames
        By receive time.
    mounts
        By venue id; frames of other venues are left out.
    speed
        Recorded seconds per real second; 0 as fast as possible.
    expect_sockets
        So many subscribed sockets start the timeline, and hold it when some are lost; 0 waits for `start` alone.
    """

    def __init__(
        self,
        frames: Iterable[Frame],
        *,
        mounts: Mapping[str, Mount],
        speed: float,
        expect_sockets: int,
        patience: Patience,
    ) -> None:
        self.played_out = asyncio.Event()
        self.position_ns = 0
        self.frames_played = 0
        self.playing_s = 0.0
        self._ahead = Ahead(frames)
        self._mounts = mounts
        self._tempo = Tempo(speed=speed, now_s=time.monotonic)
        self._fast = speed == 0
        self._expect_sockets = expect_sockets
        self._patience = patience
        self._started = asyncio.Event()
        self._changed = asyncio.Event()
        self._next_mark_ns = 0
        self._drops_ns = sorted(
            ((at_ns, mount) for mount in mounts.values() for at_ns in mount.faults.drop_at_ns), key=itemgetter(0)
        )

    def start(self) -> None:
        """Play, whoever listens."""
        self._started.set()
        self.subscriptions_changed()

    def subscriptions_changed(self) -> None:
        """A socket came, went or subscribed."""
        self._changed.set()

    async def book(self, mount: Mount, symbol: str) -> Snapshot | None:
        """The book of a symbol and its receive time, when there is one to be had."""
        return await mount.book(symbol, self._ahead, self.position_ns)

    async def play(self) -> None:
        """Play to the end, say so on every socket, and close them."""
        await self._until_subscribed()
        began_s = time.monotonic()
        turn = 0
        for recv_ns, venue_id, raw in self._ahead:
            mount = self._mounts.get(venue_id)
            if mount is None:
                continue
            if self._drops_ns and recv_ns >= self._drops_ns[0][0]:
                await self._drop(recv_ns)
            self.position_ns = recv_ns
            if recv_ns >= self._next_mark_ns:
                self._mark_everywhere(recv_ns)
            turn += 1
            wait_s = self._tempo.wait_s(recv_ns)
            if turn >= FRAMES_PER_TURN or wait_s > 0.001:
                turn = 0
                await self._turn(wait_s)
            answer = rest_answer(raw)
            if answer is None:
                self.frames_played += 1
                mount.deliver(recv_ns, raw)
            elif answer.rest in ("poll", "gaps"):
                mount.repeat_answer(recv_ns, raw)
            elif answer.rest == "book":
                mount.take_recorded_book(answer.symbol, bytes(answer.body), recv_ns)
        self.playing_s = time.monotonic() - began_s
        await self._end()

    async def _turn(self, wait_s: float) -> None:
        peers = [peer for mount in self._mounts.values() for peer in mount.peers]
        for peer in peers:
            peer.flush()
        await asyncio.sleep(max(0.0, wait_s))
        for peer in peers:
            await peer.keep_up()
        if self._sockets() < self._expect_sockets and self._holds_for_sockets():
            await self._until_subscribed(self._patience.return_s)

    async def _drop(self, recv_ns: int) -> None:
        self._mark_everywhere(recv_ns)
        await self._turn(0.0)
        while self._drops_ns and recv_ns >= self._drops_ns[0][0]:
            mount = self._drops_ns.pop(0)[1]
            for peer in list(mount.peers):
                peer.cut()
                mount.leave(peer)
        if self._holds_for_sockets():
            await self._until_subscribed(self._patience.return_s)

    async def _until_subscribed(self, patience_s: float | None = None) -> None:
        enough = self._expect_sockets

        def ready() -> bool:
            return (patience_s is None and self._started.is_set()) or 0 < enough <= self._sockets()

        if patience_s is not None and ready():
            return
        if not await self._wait(self._changed, ready, patience_s):
            # Whoever did not come back in time has left.
            self._expect_sockets = self._sockets()
        elif not self._started.is_set():
            while await self._wait_once(self._changed, self._patience.settle_s):
                pass
        self._expect_sockets = max(self._expect_sockets, self._sockets())
        self._tempo.restart()

    async def _wait(self, event: asyncio.Event, condition: Callable[[], bool], timeout_s: float | None) -> bool:
        for mount in self._mounts.values():
            for peer in mount.peers:
                peer.flush()
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    event.clear()
                    await event.wait()
        except TimeoutError:
            return False
        return True

    @staticmethod
    async def _wait_once(event: asyncio.Event, timeout_s: float) -> bool:
        event.clear()
        try:
            async with asyncio.timeout(timeout_s):
                return await event.wait()
        except TimeoutError:
            return False

    def _mark_everywhere(self, recv_ns: int) -> None:
        self._next_mark_ns = recv_ns + MARK_EVERY_NS
        for mount in self._mounts.values():
            if not mount.faults.silent_at(recv_ns):
                for peer in mount.peers:
                    peer.mark(recv_ns)

    def _sockets(self) -> int:
        return sum(mount.subscribed_sockets() for mount in self._mounts.values())

    def _holds_for_sockets(self) -> bool:
        return self._fast or any(mount.lockstep for mount in self._mounts.values())

    async def _end(self) -> None:
        self.played_out.set()
        for mount in self._mounts.values():
            mount.refuse_requests()
            for peer in mount.peers:
                peer.mark(END_OF_RECORDING_NS)
                peer.flush()
        closing = [
            peer.socket.close(code=1000, message=b"end of recording")
            for mount in self._mounts.values()
            for peer in mount.peers
        ]
        await asyncio.gather(*closing, return_exceptions=True)
