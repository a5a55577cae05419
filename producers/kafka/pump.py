"""A fleet of venue sessions on one side, Kafka on the other: started, kept going, and brought to an end in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from producers.clock import ClockName
from producers.fleet import EndpointOverride, Fleet
from producers.health import Health
from producers.intake import Record
from producers.kafka import heartbeat
from producers.kafka.check import check_cluster
from producers.kafka.lanes import Lanes
from producers.kafka.log_end import newest_tick_ns
from producers.kafka.publisher import Publisher
from producers.kafka.segments import Segments, sync_and_close
from producers.kafka.settings import KafkaSettings
from producers.kafka.spool import Spool
from producers.kafka.writer import Writer
from producers.ticker.ticker import Ticker
from producers.venue import Venue
from schemas.topics import ADL, FRAMES, HEALTH, LIQUIDATIONS, STATE

LANES = (FRAMES, LIQUIDATIONS, ADL, HEALTH)
FLUSH_S = 0.02
"""How long an event of a calm market waits for others of its frame."""
TICK_S = 1.0
FAREWELL_S = 2.0
MIB = 1 << 20


class SpoolSize(msgspec.Struct, frozen=True, kw_only=True):
    """Where records wait, and how many."""

    folder: Path
    memory_mb: float = 64
    disk_mb: float = 512


class Pump:
    """One producer process.

    Parameters
    ----------
    worker
        Its name, in the headers of its records and in its heartbeats.
    clock
        `recorded` plays a recording to its end and loses nothing: the server waits while Kafka does not follow.
    """

    def __init__(
        self,
        *,
        settings: KafkaSettings,
        worker: str,
        size: SpoolSize,
        venues: Sequence[Venue],
        symbols: Sequence[str],
        overrides: Mapping[str, EndpointOverride],
        clock: ClockName = "wall",
        record: Record | None = None,
        at_most: int | None = None,
        health: Health | None = None,
    ) -> None:
        self._settings = settings
        self._worker = worker
        self._live = clock == "wall"
        memory_bytes = int(size.memory_mb * MIB)
        self.disk = Segments(
            size.folder,
            quota_bytes=int(size.disk_mb * MIB),
            # What falls off the end of the quota, or is read back at once, is little at a time.
            segment_bytes=max(1024, min(int(size.disk_mb * MIB) // 32, memory_bytes // 8)),
        )
        self.lanes = Lanes(LANES)
        self.spool = Spool(lanes=self.lanes, disk=self.disk, memory_bytes=memory_bytes, lossless=not self._live)
        self.publisher = Publisher(ticker=Ticker(), spool=self.spool)
        self.writer = Writer(settings=settings, lanes=self.lanes, producer_id=worker)
        self.kept_records = 0
        """On disk for the next start."""
        self._venues = venues
        self._fleet = Fleet(
            venues=venues,
            symbols=symbols,
            publish=self.publisher.publish,
            at_most=at_most,
            overrides=overrides,
            clock=clock,
            record=record,
            health=health,
            hold=None if self._live else self.spool.room,
        )

    async def run(self, *, stop: asyncio.Event, drain_s: float, on_turn: Callable[[], None] = lambda: None) -> None:
        """Run until `stop`, or to the end of a recording; then send what waits, and keep what could not be sent.

        `on_turn` is called about once a second.
        """
        try:
            await check_cluster(self._settings, (*LANES, STATE))
            await self._mark_start()
            async with self._chores(on_turn):
                ended = await self._listen(stop)
                if ended and not self._live:
                    self.publisher.finish()
                    await _first(stop.wait(), self.spool.drained())
                self.publisher.flush()
                with suppress(TimeoutError):
                    async with asyncio.timeout(drain_s):
                        await self.spool.drained()
                await self._take_leave()
        except BaseExceptionGroup as failures:
            # One cause is raised as itself: who reads it should not need to know what else was going on.
            raise failures.exceptions[0] from failures
        finally:
            await self.writer.close()
            self.publisher.flush()
            self.kept_records = self.spool.keep()
            self.disk.close()

    async def _mark_start(self) -> None:
        """What nobody heard until now is a gap; what an earlier run left is sent before."""
        since_ns = await newest_tick_ns(self._settings)
        now_ns = time.time_ns() if self._live else since_ns
        self.publisher.flush()
        if now_ns is not None:
            for venue in self._venues:
                self.publisher.say_started(venue.id, since_ns=since_ns or now_ns, now_ns=now_ns)

    async def _listen(self, stop: asyncio.Event) -> bool:
        """Until the fleet ends or is stopped; whether it came to its own end."""
        listening = asyncio.ensure_future(self._fleet.run())
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait((listening, stopping), return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                listening.result()
                return True
            return False
        finally:
            listening.cancel()
            stopping.cancel()
            await asyncio.gather(listening, stopping, return_exceptions=True)

    @asynccontextmanager
    async def _chores(self, on_turn: Callable[[], None]) -> AsyncIterator[None]:
        """What goes on beside the sockets; a chore that fails ends the run."""
        async with asyncio.TaskGroup() as group:
            chores = [
                group.create_task(chore)
                for chore in (
                    self.writer.run(),
                    heartbeat.beat(worker=self._worker, publisher=self.publisher, writer=self.writer),
                    self._flush(),
                    self._turn(on_turn),
                )
            ]
            yield
            for task in chores:
                task.cancel()

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            self.publisher.flush()

    async def _turn(self, on_turn: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            if self._live:
                self.publisher.advance()
            unsynced = self.disk.unsynced()
            if unsynced is not None:
                await asyncio.to_thread(sync_and_close, unsynced)
            on_turn()

    async def _take_leave(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_S if not self.lanes.oldest_s() else 0):
                await heartbeat.tell(worker=self._worker, publisher=self.publisher, writer=self.writer, ends=True)


async def _first(*waits: Coroutine[Any, Any, object]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
