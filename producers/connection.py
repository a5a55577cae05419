"""One websocket from its handshake to its end: subscribe, have it confirmed, read, ping, notice silence. No venue name.

It never tries again: `Session` does, told by the `Ending`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Literal, NoReturn

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from producers.clock import END_OF_RECORDING_NS, MARK_BYTES, mark_ns
from producers.endings import FORBIDDEN_WAIT_S, Ending, of_close, of_handshake
from producers.errand import Errand
from producers.errors import reason_of
from producers.health import Health
from producers.pace import Pace
from producers.proxy import proxy_for
from producers.venue import Ack, Control, Refusal, Reply, Socket, Venue
from producers.venue_paces import message_pace, operation_pace
from schemas.base import Event

logger = logging.getLogger(__name__)

MAX_FRAME_BYTES = 32 * 1024 * 1024
"""Far above any market frame; a larger one is an attack or an error and closes the connection."""

READ_AHEAD_FRAMES = 1024
"""The library stops reading the socket above this: a burst stays in the kernel and memory stays bounded."""

STALE_CHECKS = 8
"""Silence is counted in wake-ups and not by a clock: after a suspended process or a busy loop only one has passed."""

MAX_RESUBSCRIPTIONS = 3
"""A venue that asks for it more often on one connection gets a new connection instead."""


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Waits of a session, in seconds. Tests scale them."""

    open_timeout_s: float = 10.0
    close_timeout_s: float = 1.0
    ack_deadline_s: float = 10.0
    # The library's own ping, for peers that vanished without a word; venues ping us too, but minutes apart.
    keepalive_s: float = 20.0

    # A connection that breaks sooner did not prove that the trouble is over.
    healthy_after_s: float = 60.0
    first_retry_below_s: float = 0.5
    retry_cap_s: float = 30.0

    # Long enough for both sockets to have brought what the slower one brings.
    overlap_s: float = 2.0


class Connection:
    """A connection and what it has seen. `on_frame` gets every raw frame; its taker calls `read` when it is its turn.

    With `on_mark` the connection expects a server that plays a recording: binary frames are marks and go there. Such a
    server waits for its audience: `hold` is awaited before each frame.
    """

    def __init__(
        self,
        *,
        venue: Venue,
        socket: Socket,
        url: str,
        timing: Timing,
        health: Health,
        carried: set[tuple[str, type[Event]]],
        on_frame: Callable[[Connection, bytes], None],
        on_state: Callable[[Literal["rejected", "up"], str], None],
        on_mark: Callable[[int], None] | None = None,
        hold: Callable[[], Awaitable[None]] | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._venue = venue
        self._socket = socket
        self._url = url
        self._proxy = proxy_for(url)
        self._timing = timing
        self._health = health
        self._carried = carried
        self._on_frame = on_frame
        self._on_state = on_state
        self._on_mark = on_mark
        self._hold = hold
        self._held = False
        self._pace = pace or message_pace(venue)
        self._hourly = operation_pace(venue)
        self._errands: deque[Errand] = deque()
        self._told = asyncio.Event()
        self._gone = False
        self._replies: asyncio.Queue[str] = asyncio.Queue()
        self._number: int | None = None
        self.holed = False
        """A numbered message is missing: nothing that comes after it is used, nor recorded."""
        self._ending: Ending | None = None
        self._over = asyncio.Event()
        self._answered = asyncio.Event()
        self._asked_again = asyncio.Event()
        self._acks = 0
        self._rejections: list[str] = []
        self._marks = 0
        self.opened = False
        self.market_frames = 0
        self.last_data_ns: int | None = None
        self.up = False
        self.leaving = asyncio.Event()
        """The venue has announced the end: time to open another."""
        self.proven = asyncio.Event()
        """Up and delivering: an older connection may be closed in favour of this one."""

    async def run(self) -> Ending:
        """Live until the end and tell it."""
        try:
            return await self._live()
        finally:
            self._gone = True
            for errand in self._errands:
                errand.over.set()

    async def _live(self) -> Ending:
        timing = self._timing
        try:
            websocket = await connect(
                self._url,
                proxy=None if self._proxy is None else self._proxy.url,
                additional_headers=self._socket.headers,
                max_size=MAX_FRAME_BYTES,
                max_queue=READ_AHEAD_FRAMES,
                compression=None,
                open_timeout=timing.open_timeout_s,
                close_timeout=timing.close_timeout_s,
                # A pong would wait behind all that a playing server has sent ahead.
                ping_interval=None if self._on_mark else timing.keepalive_s,
                ping_timeout=timing.keepalive_s,
            )
        # ImportError: a SOCKS proxy in the environment without the library that speaks it.
        except (OSError, WebSocketException, TimeoutError, EOFError, ImportError) as error:
            ending = of_handshake(error, now_ns=time.time_ns(), proxy=self._proxy)
            self._health.add(self._venue.id, "connect_failures", ending.reason)
            return ending
        self.opened = True
        self._health.add(self._venue.id, "connects")
        chores = [
            asyncio.create_task(_until_closed(chore(websocket)))
            for chore in (self._subscribe, self._watch, self._ping, self._speak, self._reply, self._close_when_over)
        ]
        try:
            await (self._read_recorded(websocket, self._on_mark) if self._on_mark else self._read_live(websocket))
        except ConnectionClosed as closed:
            return self._ending or of_close(closed)
        finally:
            for task in chores:
                task.cancel()
            results = await asyncio.gather(*chores, return_exceptions=True)
            await websocket.close()
            for result in results:
                if isinstance(result, Exception):
                    raise result

    def tell(self, errand: Errand) -> None:
        """Say its frames on the socket, in order, within the venue's limits."""
        if self._gone:
            errand.over.set()
        else:
            self._errands.append(errand)
            self._told.set()

    def read(self, raw: bytes, recv_ns: int) -> Sequence[Event]:
        """The events of a frame. What controls the connection is acted upon; an unreadable frame is counted."""
        answer: Any  # most frames hold events alone; where one confirms as well, that stands first
        try:
            number = self._venue.message_number(raw)
            if number is not None and not self._counts(number):
                return ()
            answer = self._venue.parse(raw, recv_ns)
        except Exception as error:  # noqa: BLE001
            self._count_unreadable(reason_of(error), raw)
            return ()
        if not answer:
            self._health.add(self._venue.id, "ignored_frames")
            return ()
        if not isinstance(answer[0], Event):
            for control in answer:
                if not isinstance(control, Event):
                    self._heed(control)
            # Only now: one answer may confirm some subscriptions and refuse others.
            if self._acks + len(self._rejections) >= self._socket.expect_acks:
                self._answered.set()
            answer = [event for event in answer if isinstance(event, Event)]
            if not answer:
                return ()
        self.market_frames += 1
        self.last_data_ns = recv_ns
        if self.up and not self.proven.is_set():
            self.proven.set()
        carried = self._carried
        for event in answer:
            carried.add((event.instrument, type(event)))
        events: Sequence[Event] = answer
        return events

    async def _read_live(self, websocket: ClientConnection) -> NoReturn:
        recv, on_frame = websocket.recv, self._on_frame
        while True:
            # While frames are buffered `recv` returns without a trip through the loop: a burst is drained at once.
            on_frame(self, await recv(decode=False))

    async def _read_recorded(self, websocket: ClientConnection, on_mark: Callable[[int], None]) -> NoReturn:
        recv, on_frame, hold = websocket.recv, self._on_frame, self._hold
        while True:
            if hold is not None:
                self._held = True
                await hold()
                self._held = False
            frame = await recv()
            if isinstance(frame, str):
                if self._marks:
                    on_frame(self, frame.encode())
                else:
                    # Before the first mark there is no recorded time: these are answers to our subscriptions.
                    self.read(frame.encode(), 0)
            elif len(frame) == MARK_BYTES:
                self._marks += 1
                recv_ns = mark_ns(frame)
                on_mark(recv_ns)
                if recv_ns == END_OF_RECORDING_NS:
                    self._end(Ending(reason="end_of_recording", finished=True))
            else:
                self._count_unreadable("not_a_mark", frame)

    def _counts(self, number: int) -> bool:
        """Venues that number every message of a connection show what was lost: then nothing after it can be trusted."""
        expected, self._number = self._number, number + 1
        if expected is not None and number > expected and self._on_mark is None and not self.holed:
            self.holed = True
            self._health.add(self._venue.id, "lost_messages", count=number - expected)
            self._end(Ending(reason="lost_messages", message=f"message {expected} is missing: the next was {number}"))
        return not self.holed

    def _count_unreadable(self, reason: str, raw: bytes) -> None:
        venue = self._venue.id
        if not self._health.total("decode_errors", venue=venue, label=reason):
            logger.warning("%s %s: %s in a frame, counted from now on: %.200r", venue, self._socket.name, reason, raw)
        self._health.add(venue, "decode_errors", reason)

    def _heed(self, control: Control) -> None:
        if isinstance(control, Ack):
            self._acks += 1
        elif isinstance(control, Reply):
            self._replies.put_nowait(control.text)
        elif isinstance(control, Refusal):
            self._health.add(self._venue.id, "refusals", control.action)
            logger.warning("%s %s: refused (%s): %s", self._venue.id, self._socket.name, control.action, control.reason)
            if control.action == "replace":
                self.leaving.set()
            elif not self._answered.is_set() or not self.up:
                self._rejections.append(control.reason)
            elif control.action == "ignore":
                self._on_state("up", f"refused: {control.reason}")
            if control.action == "resubscribe":
                self._asked_again.set()
            elif control.action == "reconnect":
                self._end(Ending(reason="asked_to_reconnect", message=control.reason))
            elif control.action == "fatal":
                self._end(Ending(reason="refused", message=control.reason, wait_s=FORBIDDEN_WAIT_S, refused=True))

    def _end(self, ending: Ending) -> None:
        self._ending = self._ending or ending
        self._over.set()

    # Chores beside the reading. One that ends the connection says why; the reader then meets the close.

    async def _close_when_over(self, websocket: ClientConnection) -> None:
        await self._over.wait()
        await websocket.close()

    async def _say(self, websocket: ClientConnection, text: str) -> None:
        if self._on_mark is None:  # a server that plays a recording has no limit, and waits for us
            await asyncio.sleep(self._pace.reserve_s())
        await websocket.send(text)

    async def _operate(self, websocket: ClientConnection, text: str) -> None:
        """Say what venues count by the hour: subscriptions, and their end."""
        await self._take_turn()
        await self._say(websocket, text)

    async def _take_turn(self) -> None:
        if self._on_mark is None and self._hourly is not None:
            await asyncio.sleep(self._hourly.reserve_s())

    async def _speak(self, websocket: ClientConnection) -> None:
        while True:
            await self._told.wait()
            self._told.clear()
            while self._errands:
                errand = self._errands[0]
                for _ in errand.frames:
                    await self._take_turn()
                if errand.wanted():
                    for text in errand.frames:
                        await self._say(websocket, text)
                    errand.said = True
                self._errands.popleft().over.set()

    async def _reply(self, websocket: ClientConnection) -> None:
        while True:
            await self._say(websocket, await self._replies.get())

    async def _subscribe(self, websocket: ClientConnection) -> None:
        for _ in range(1 + MAX_RESUBSCRIPTIONS):
            self._acks = 0
            self._rejections.clear()
            self._answered.clear()
            self._asked_again.clear()
            for text in self._socket.subscribe:
                await self._operate(websocket, text)
            if self._socket.expect_acks:
                # Not `wait_for`: before Python 3.12 it loses a cancellation that meets the answer.
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._timing.ack_deadline_s):
                        await self._answered.wait()
                self._answered.set()
            self._confirm()
            await self._asked_again.wait()
        self._end(Ending(reason="resubscriptions", message="the venue asks for subscriptions again and again"))

    def _confirm(self) -> None:
        expected, acks = self._socket.expect_acks, self._acks
        # A recording that plays was subscribed to, whatever became of the acks.
        if (acks >= expected and not self._rejections) or self._marks:
            self._rise("")
            return
        partial = f"{acks} of {expected} subscriptions confirmed" if acks < expected else "refused"
        if self._rejections:
            partial += ": " + ", ".join(sorted(set(self._rejections)))
        if acks:
            self._on_state("rejected", partial)
            self._rise(partial)
        elif self.market_frames:
            # Data without a single confirmation: use it, but do not call it up.
            self._on_state("rejected", partial)
        elif self._rejections:
            self._end(Ending(reason="rejected", message=partial, refused=True))
        else:
            self._end(Ending(reason="unconfirmed", message=partial))

    def _rise(self, reason: str) -> None:
        self.up = True
        if self.market_frames:
            self.proven.set()
        self._on_state("up", reason)

    async def _watch(self, _: ClientConnection) -> None:
        """End a connection that is alive and says nothing of the market."""
        silent = 0
        seen_before = -1
        while silent < STALE_CHECKS:
            await asyncio.sleep(self._socket.stale_after_s / STALE_CHECKS)
            seen = self.market_frames if self._on_mark is None else self._marks
            # A playing server waits for its audience before its first mark.
            waits = self._on_mark is not None and (not seen or self._held)
            silent = 0 if waits or seen != seen_before else silent + 1
            seen_before = seen
        self._end(Ending(reason="stale", message=f"no market event for {self._socket.stale_after_s:g} s"))

    async def _ping(self, websocket: ClientConnection) -> None:
        if self._socket.ping is not None:
            while True:
                await asyncio.sleep(self._socket.ping_every_s)
                await self._say(websocket, self._socket.ping)


async def _until_closed(chore: Coroutine[None, None, None]) -> None:
    with suppress(ConnectionClosed):
        await chore
