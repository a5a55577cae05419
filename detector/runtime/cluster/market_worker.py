"""The market-wide stage over Kafka: readings of all partitions in, one second at a time; one process has it."""

from __future__ import annotations

import logging
import time

import msgspec

from detector.config import Config
from detector.market_engine import MarketEngine
from detector.runtime.cluster.alignment import Alignment
from detector.runtime.cluster.log import Log
from detector.runtime.cluster.outbox import Outbox
from detector.runtime.cluster.records import Record
from detector.state import StateError, decode_tree, encode_tree
from producers.kafka.settings import KafkaSettings
from schemas.alert import Alert
from schemas.reading import Reading
from schemas.state import MarketState
from schemas.topics import FRAME_PARTITIONS, READINGS_DEAD_LETTERS, SNAPSHOTS

logger = logging.getLogger(__name__)

SNAPSHOT_S = 10.0
EXCUSED_AFTER_S = 30.0
"""A worker that was killed is replaced within its session, about ten seconds; for so much longer the market waits."""

SNAPSHOT_KEY = b"*market"
"""No asset has such a name. Saved in the first partition of the snapshots."""


class MarketSnapshot(msgspec.Struct):
    """The stage's state with the last offset of the readings that it holds."""

    offset: int
    market: bytes
    alignment: bytes


class MarketWorker:
    """Feeds readings to the stage and says what follows."""

    def __init__(self, settings: KafkaSettings, config: Config, log: Log, outbox: Outbox) -> None:
        self._settings = settings
        self._log = log
        self._outbox = outbox
        self._config = config
        self._saved_s = 0.0
        self._heard_s: dict[int, float] = {}
        self.next_offset: int | None = None
        self.market = MarketEngine(config)
        self.alignment = Alignment(FRAME_PARTITIONS)
        self.repeated = 0
        self.poisoned = 0

    @property
    def state(self) -> MarketState | None:
        """Where the market stands; None while this process does not have the stage."""
        return self.market.memory.state if self.next_offset is not None else None

    def forget(self) -> None:
        """The stage is another's now."""
        self.next_offset = None

    async def take(self, record: Record) -> None:
        """Take a record as delivered."""
        if self.next_offset is None or record.offset > self.next_offset:
            await self._recover(record)
        if self.next_offset is not None and record.offset < self.next_offset:
            self.repeated += 1
            return
        await self._feed(record, muted=False)

    async def _feed(self, record: Record, *, muted: bool) -> None:
        self.next_offset = record.offset + 1
        try:
            reading = msgspec.json.decode(record.value or b"", type=Reading)
            await self._judge(reading, muted=muted)
        except Exception as error:
            # One record must not end the stream of all others.
            if not isinstance(error, (msgspec.DecodeError, UnicodeDecodeError)):
                logger.exception("the market-wide stage failed on offset %d", record.offset)
            self.poisoned += 1
            if not muted:
                await self._outbox.dead_letter(READINGS_DEAD_LETTERS, record, f"{type(error).__name__}: {error}")
        if time.monotonic() - self._saved_s >= SNAPSHOT_S and not muted:
            self._saved_s = time.monotonic()
            # What a snapshot holds is never said again: all of it must have arrived before the snapshot can.
            await self._outbox.flush()
            await self._outbox.snapshot(0, SNAPSHOT_KEY, self._snapshot())

    async def _judge(self, reading: Reading, *, muted: bool) -> None:
        if not 0 <= reading.partition < FRAME_PARTITIONS:
            raise msgspec.ValidationError(f"there is no partition {reading.partition}")
        alignment, now_s = self.alignment, time.monotonic()
        self._heard_s[reading.partition] = now_s
        late = alignment.take(reading)
        if late is not None:
            self.market.catch_up(late)
        for partition in alignment.awaited():
            if now_s - self._heard_s.setdefault(partition, now_s) > EXCUSED_AFTER_S and not muted:
                logger.warning(
                    "partition %d has been silent for %.0f s: judging without it", partition, EXCUSED_AFTER_S
                )
                alignment.excused.add(partition)
        for readings in alignment.ready():
            outputs = self.market.observe(readings, missing=tuple(sorted(alignment.excused)))
            if muted:
                continue
            for output in outputs:
                if isinstance(output, Alert):
                    await self._outbox.alert(output)
                else:
                    await self._outbox.transition(output)
            if outputs and self.state is not None:
                await self._outbox.market_state(self.state)

    def _snapshot(self) -> bytes:
        offset = (self.next_offset or 0) - 1
        return encode_tree(MarketSnapshot(offset, self.market.snapshot(), encode_tree(self.alignment)))

    async def _recover(self, record: Record) -> None:
        """Bring the stage up to just before `record`."""
        committed = await self._log.committed(record.topic, record.partition)
        saved = await self._saved()
        if saved is not None and saved.offset >= (self.next_offset or 0):
            self.market = MarketEngine(self._config)
            self.market.restore(saved.market)
            self.alignment = decode_tree(saved.alignment, Alignment)
            self.next_offset = saved.offset + 1
        elif self.next_offset is None:
            self.market, self.alignment = MarketEngine(self._config), Alignment(FRAME_PARTITIONS)
            self.next_offset = record.offset
        start = self.next_offset
        async for old in self._log.read(record.topic, record.partition, start, record.offset):
            await self._feed(old, muted=old.offset < committed)
        self.next_offset = max(self.next_offset, record.offset)
        logger.info(
            "the market-wide stage goes on from offset %d, %d records after it", start - 1, record.offset - start
        )

    async def _saved(self) -> MarketSnapshot | None:
        found = (await self._log.latest(self._settings.topic(SNAPSHOTS), 0)).get(SNAPSHOT_KEY)
        if found is None:
            return None
        try:
            return decode_tree(found, MarketSnapshot)
        except StateError as error:
            logger.warning("the saved state of the market-wide stage is left alone: %s", error)
            return None
