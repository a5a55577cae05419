"""One socket kept open: connect, stay, come back, change over before the venue's own cut. No venue name in here.

What happens to the connection travels in order with the market events: `VenueStatus`, and a `Gap` for what it carried.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal, Protocol, TypeAlias

from producers.backoff import Backoff
from producers.clock import ask_for_marks
from producers.connection import Connection, Timing
from producers.endings import Ending
from producers.errand import Errand
from producers.errors import FleetError
from producers.health import Health
from producers.merge import Source
from producers.overlap import Overlap
from producers.pace import Pace
from producers.venue import Socket, Venue
from schemas.base import EVERY_INSTRUMENT, Event
from schemas.health import Channel, Gap, VenueStatus
from schemas.market import (
    Adl,
    AdlState,
    BookDelta,
    BookSnapshot,
    BookTop,
    DerivativeState,
    Insurance,
    Liquidation,
    OpenInterest,
    PriceBand,
    Trade,
)

logger = logging.getLogger(__name__)

Speech: TypeAlias = Callable[[int], Sequence[Event]]
"""Events that wait for their time: called with the receive time at which they take place."""

State = Literal["connecting", "up", "down", "rejected"]

CHANNELS: Mapping[type[Event], Channel] = {
    Trade: "trade",
    Adl: "trade",
    BookDelta: "book",
    BookSnapshot: "book",
    BookTop: "book",
    Liquidation: "liquidation",
    DerivativeState: "derivative",
    OpenInterest: "derivative",
    Insurance: "derivative",
    AdlState: "derivative",
    PriceBand: "derivative",
}

BESIDE: Mapping[str, Channel] = {"marks": "derivative", "trades": "trade"}
"""With which channel a market's liquidations come."""

ROTATE_FROM = 0.9
"""Sockets opened together rotate between this share of the lifetime and the whole of it, each at its own moment."""

RECORDED_TRIES = 5
"""A server that plays a recording is our own and near: one that stays away is gone, and the run with it."""


class Intake(Protocol):
    """Where a session delivers. `recorded` asks the server for receive times."""

    recorded: bool

    def frame(self, session: Session, connection: Connection, raw: bytes) -> None:
        """A raw frame; whoever takes it calls `connection.read` when its turn has come."""

    def mark(self, session: Session, recv_ns: int) -> None:
        """The recorded receive time of what follows on this socket."""

    def say(self, session: Session, speech: Speech) -> None:
        """Events of the session's own, in order with its frames."""


class Session:
    """Keeps one `Socket` of a venue alive until cancelled, or until the recording that it listens to has ended."""

    def __init__(
        self,
        *,
        venue: Venue,
        socket: Socket,
        websocket_base: str,
        intake: Intake,
        gate: Pace,
        health: Health,
        timing: Timing | None = None,
        draw: Callable[[], float] = random.random,
        hold: Callable[[], Awaitable[None]] | None = None,
        pace: Pace | None = None,
        markets: Sequence[str] = (),
    ) -> None:
        url = websocket_base.rstrip("/") + socket.path
        self.source: Source = (venue.id, socket.name)
        self.overlap: Overlap | None = None
        """Set while two connections bring the same."""
        self._venue = venue
        self._socket = socket
        self._url = ask_for_marks(url) if intake.recorded else url
        self._intake = intake
        self._gate = gate
        self._health = health
        self._timing = timing or Timing()
        self._draw = draw
        self._hold = hold
        self._pace = pace
        self._markets = markets
        self._backoff = Backoff(base_s=self._timing.first_retry_below_s, cap_s=self._timing.retry_cap_s, draw=draw)
        self._carried: set[tuple[str, type[Event]]] = set()
        self._said: tuple[State, str] | None = None
        self._lives: list[_Life] = []
        self._tries = 0

    async def run(self) -> None:
        """Run until cancelled; return at the end of a recording."""
        # A recording over sockets equals the same recording in a file: as long as all goes well nothing is added to it.
        if not self._intake.recorded:
            self._say("connecting", "")
        try:
            life = await self._begin()
            while True:
                await self._until_over_or_due(life)
                if not life.task.done():
                    life = await self._rotate(life)
                    continue
                ending = life.task.result()
                if ending.finished:
                    return
                self._lost(life, ending)
                await asyncio.sleep(self._wait_s(life, ending))
                life = await self._begin()
        finally:
            for life in tuple(self._lives):
                await self._finish(life)

    def resubscribe(self, instrument: str, errand: Errand) -> bool:
        """Have it said where this session carries the book of the market; whether it does."""
        if not self._lives or not {(instrument, BookDelta), (instrument, BookSnapshot)} & self._carried:
            return False
        # While sockets are changed over both carry it, and the newer one stays.
        self._lives[-1].connection.tell(errand)
        return True

    async def _begin(self) -> _Life:
        await asyncio.sleep(self._gate.reserve_s())
        intake = self._intake
        connection = Connection(
            venue=self._venue,
            socket=self._socket,
            url=self._url,
            timing=self._timing,
            health=self._health,
            carried=self._carried,
            on_frame=lambda connection, raw: intake.frame(self, connection, raw),
            on_state=self._say,
            on_mark=(lambda recv_ns: intake.mark(self, recv_ns)) if intake.recorded else None,
            hold=self._hold,
            pace=self._pace,
        )
        lifetime_s = self._venue.limits.lifetime_s
        rotate_after_s = None
        if lifetime_s is not None and not intake.recorded:
            rotate_after_s = lifetime_s * (ROTATE_FROM + (1 - ROTATE_FROM) * self._draw())
        life = _Life(connection, asyncio.create_task(connection.run()), rotate_after_s)
        self._lives.append(life)
        return life

    async def _finish(self, life: _Life) -> None:
        self._lives.remove(life)
        life.task.cancel()
        await asyncio.wait({life.task})
        if not life.task.cancelled() and (error := life.task.exception()) is not None:
            raise error

    # Rotation: the new connection has to bring market events before the old one goes.

    async def _until_over_or_due(self, life: _Life) -> None:
        """Wait for the end of the connection, for its planned rotation, or for the venue to announce the end."""
        leaving = life.connection.leaving
        announced = asyncio.create_task(leaving.wait())
        try:
            # What a recording holds of it was heeded when it was made.
            watched = {life.task} if self._intake.recorded else {life.task, announced}
            await asyncio.wait(watched, timeout=self._until_rotation_s(life), return_when=asyncio.FIRST_COMPLETED)
        finally:
            announced.cancel()
        leaving.clear()

    def _until_rotation_s(self, life: _Life) -> float | None:
        return None if life.rotate_at_s is None else max(0.0, life.rotate_at_s - asyncio.get_running_loop().time())

    async def _rotate(self, old: _Life) -> _Life:
        self._health.add(self._venue.id, "rotations")
        self.overlap = Overlap()
        fresh = await self._begin()
        proven = asyncio.create_task(fresh.connection.proven.wait())
        try:
            await asyncio.wait({proven, fresh.task, old.task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            proven.cancel()
        if fresh.connection.proven.is_set():
            await asyncio.wait({old.task}, timeout=self._timing.overlap_s)
            await self._finish(old)
            asyncio.get_running_loop().call_later(self._timing.overlap_s, self._forget, self.overlap)
            return fresh
        self.overlap = None
        if old.task.done():
            # The old one left before the new one could take over: what lies between is lost after all.
            self._lost(old, old.task.result())
            if fresh.connection.up:
                self._say("up", "")
            return fresh
        # A venue that names a time to stay away means the next try as well.
        asked_s = fresh.task.result().wait_s if fresh.task.done() else None
        await self._finish(fresh)
        old.rotate_at_s = asyncio.get_running_loop().time() + max(self._timing.retry_cap_s, asked_s or 0.0)
        return old

    def _forget(self, overlap: Overlap) -> None:
        if self.overlap is overlap:
            self.overlap = None

    # What is said about it, and how long to stay away.

    def _wait_s(self, life: _Life, ending: Ending) -> float:
        if life.connection.market_frames and life.lasted_s() >= self._timing.healthy_after_s:
            self._backoff.reset()
        self._tries = 0 if life.connection.up else self._tries + 1
        if self._intake.recorded and self._tries >= RECORDED_TRIES:
            raise FleetError(f"{self._url} is gone before the end of its recording ({ending.reason}: {ending.message})")
        wait_s = self._backoff.next_s()
        # The jitter comes on top, or everyone who was sent away returns in the same instant.
        return wait_s if ending.wait_s is None else ending.wait_s + wait_s

    def _lost(self, life: _Life, ending: Ending) -> None:
        """Say that the connection is gone, and since when the market events that it carried are missing."""
        self._lives.remove(life)
        connection = life.connection
        if connection.opened:
            self._health.add(self._venue.id, "disconnects", ending.reason)
        reason = f"{ending.reason}: {ending.message}" if ending.message else ending.reason
        self._say("rejected" if ending.refused else "down", reason)
        self._intake.say(self, lambda recv_ns: self._gaps(connection, ending.reason, recv_ns))

    def _say(self, state: State, reason: str) -> None:
        # A try that fails like the one before is no news.
        if (state, reason) == self._said:
            return
        if self._intake.recorded and self._said is None and state == "up":
            return
        self._said = (state, reason)
        log = logger.info if state in ("connecting", "up") else logger.warning
        log("%s %s is %s%s", *self.source, state, f" ({reason})" if reason else "")
        self._intake.say(
            self,
            lambda recv_ns: [
                VenueStatus(
                    venue=self._venue.id,
                    instrument=EVERY_INSTRUMENT,
                    ts_event_ns=recv_ns,
                    ts_recv_ns=recv_ns,
                    state=state,
                    session=self._socket.name,
                    reason=reason,
                )
            ],
        )

    def _gaps(self, connection: Connection, reason: str, recv_ns: int) -> list[Event]:
        since_ns = connection.last_data_ns
        if since_ns is None:
            return []
        return [
            Gap(
                venue=self._venue.id,
                instrument=instrument,
                ts_event_ns=recv_ns,
                ts_recv_ns=recv_ns,
                channel=channel,
                since_ns=since_ns,
                reason=reason,
            )
            for instrument, channel in self._missing()
        ]

    def _missing(self) -> list[tuple[str, Channel]]:
        """What a lost socket no longer brings, per market and channel.

        Only what it was seen to carry, so that a book that a neighbour goes on proving stays known. Liquidations are
        too rare for that: they are missing with what the venue sends them beside, whether or not one ever came.
        """
        missing: set[tuple[str, Channel]] = set()
        beside = BESIDE.get(self._socket.liquidations)
        for instrument, kind in self._carried:
            channel = CHANNELS.get(kind)
            if channel is not None and channel != "liquidation":
                missing.add((instrument, channel))
            if channel is not None and channel == beside:
                missing.add((instrument, "liquidation"))
        if self._socket.liquidations == "all":
            missing |= {(instrument, "liquidation") for instrument in self._markets}
        return sorted(missing)


class _Life:
    """A connection, the task that runs it, and when it is to be replaced."""

    def __init__(self, connection: Connection, task: asyncio.Task[Ending], rotate_after_s: float | None) -> None:
        self._began_s = asyncio.get_running_loop().time()
        self.connection = connection
        self.task = task
        self.rotate_at_s = None if rotate_after_s is None else self._began_s + rotate_after_s

    def lasted_s(self) -> float:
        return asyncio.get_running_loop().time() - self._began_s
