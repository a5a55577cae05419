"""The market-wide stage over Kafka: readings of all partitions in, one second at a time; one process has it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import msgspec

from detector.config import Config
from detector.market_engine import MarketEngine
from detector.runtime.cluster.alignment import Alignment
from detector.runtime.cluster.log import Log
from detector.runtime.cluster.outbox import Outbox
from detector.runtime.cluster.records import UNREADABLE, Record
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
QUIET_S = 10.0
"""Where nobody is heard for so long, the brokers were away: that is no partition's silence, and each has its time anew.
"""

SNAPSHOT_KEY = b"*market"
"""No asset has such a name. Saved in the first partition of the snapshots."""


class MarketSnapshot(msgspec.Struct):
    """The stage's state with the last offset of the readings that it has taken."""

    offset: int
    next_offset: int
    """Where to read on: readings that wait for others are read again."""
    market: bytes
    alignment: bytes


class Stage:
    """The stage with its place in the log of the readings."""

    def __init__(self, config: Config, next_offset: int) -> None:
        self.market = MarketEngine(config)
        self.alignment = Alignment(FRAME_PARTITIONS)
        self.next_offset = next_offset
        self.held = -1
        """The last offset that the restored state has taken."""

    @classmethod
    def restored(cls, config: Config, data: bytes) -> Stage:
        """Continue exactly where `snapshot` was taken; raises `StateError` for another version's state."""
        saved = decode_tree(data, MarketSnapshot)
        stage = cls(config, saved.next_offset)
        stage.held = saved.offset
        stage.market.restore(saved.market)
        stage.alignment = decode_tree(saved.alignment, Alignment)
        return stage

    def snapshot(self) -> bytes:
        """The whole state."""
        first = min(self.alignment.first_offsets.values(), default=self.next_offset)
        alignment = encode_tree(self.alignment.before_waiting())
        return encode_tree(MarketSnapshot(self.next_offset - 1, first, self.market.snapshot(), alignment))


class MarketWorker:
    """Feeds readings to the stage and says what follows."""

    def __init__(
        self,
        settings: KafkaSettings,
        config: Config,
        log: Log,
        outbox: Outbox,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._config = config
        self._log = log
        self._outbox = outbox
        self._clock = clock
        self._saved_s = clock() - SNAPSHOT_S
        self._heard_s: dict[int, float] = {}
        self._last_s = clock()
        """When any partition was heard."""
        self._stage: Stage | None = None
        self._ours = False
        self._forgotten = 0
        """How often the stage went to another: it may do so while a record is under way."""
        self._said_before = 0
        self.repeated = 0
        self.poisoned = 0

    @property
    def state(self) -> MarketState | None:
        """Where the market stands; None while this process does not have the stage."""
        return self._stage.market.memory.state if self._stage is not None and self._ours else None

    @property
    def awaited(self) -> list[int]:
        """Partitions that hold the next second up."""
        return self._stage.alignment.awaited() if self._stage is not None and self._ours else []

    def forget(self) -> None:
        """The stage is another's now."""
        self._ours = False
        self._forgotten += 1

    async def take(self, record: Record) -> None:
        """Take a record as delivered. Where it fails (the log cannot be read), it may be called again."""
        stage = self._stage if self._ours else None
        if stage is None or record.offset > stage.next_offset:
            forgotten = self._forgotten
            stage = self._stage = await self._recover(record)
            self._ours = forgotten == self._forgotten
        if record.offset < stage.next_offset:
            self.repeated += 1
            return
        await self._feed(stage, record)

    async def _feed(self, stage: Stage, record: Record) -> None:
        stage.next_offset = record.offset + 1
        muted = record.offset < self._said_before
        try:
            reading = msgspec.json.decode(record.value or b"", type=Reading)
            await self._judge(stage, reading, muted=muted)
        except Exception as error:
            # One record must not end the stream of all others.
            if not isinstance(error, UNREADABLE):
                logger.exception("the market-wide stage failed on offset %d", record.offset)
            if not muted:
                self.poisoned += 1
                await self._outbox.dead_letter(READINGS_DEAD_LETTERS, record, f"{type(error).__name__}: {error}")
        if self._clock() - self._saved_s >= SNAPSHOT_S and not muted:
            self._saved_s = self._clock()
            await self._outbox.snapshot(0, SNAPSHOT_KEY, stage.snapshot())

    async def _judge(self, stage: Stage, reading: Reading, *, muted: bool) -> None:
        if not 0 <= reading.partition < FRAME_PARTITIONS:
            raise msgspec.ValidationError(f"there is no partition {reading.partition}")
        market, alignment, now_s = stage.market, stage.alignment, self._clock()
        if now_s - self._last_s > QUIET_S:
            self._heard_s.clear()
        self._last_s = self._heard_s[reading.partition] = now_s
        late = alignment.take(reading, stage.next_offset - 1)
        if late is not None:
            market.catch_up(late)
        for partition in alignment.awaited():
            if now_s - self._heard_s.setdefault(partition, now_s) > EXCUSED_AFTER_S and not muted:
                logger.warning(
                    "partition %d has been silent for %.0f s: judging without it", partition, EXCUSED_AFTER_S
                )
                alignment.excused.add(partition)
        for readings in alignment.ready():
            outputs = market.observe(readings, missing=tuple(sorted(alignment.excused)))
            if muted:
                continue
            for output in outputs:
                if isinstance(output, Alert):
                    await self._outbox.alert(output)
                else:
                    await self._outbox.transition(output)
            if outputs and market.memory.state is not None:
                await self._outbox.market_state(market.memory.state)

    async def _recover(self, record: Record) -> Stage:
        """The stage just before `record`."""
        committed = self._said_before = await self._log.committed(record.topic, record.partition)
        # What we have not heard while another had the stage, or while nobody had, is nobody's silence.
        self._heard_s.clear()
        stage = await self._saved(record)
        if self._stage is not None and (stage is None or self._stage.next_offset >= stage.next_offset):
            stage = self._stage
        elif stage is None:
            stage = Stage(self._config, min(record.offset, committed))
        start = stage.next_offset
        async for old in self._log.read(record.topic, record.partition, start, record.offset):
            await self._feed(stage, old)
        stage.next_offset = max(stage.next_offset, record.offset)
        logger.info(
            "the market-wide stage goes on from offset %d, %d records after it",
            start - 1,
            max(0, record.offset - start),
        )
        return stage

    async def _saved(self, record: Record) -> Stage | None:
        found = (await self._log.latest(self._settings.topic(SNAPSHOTS), 0)).get(SNAPSHOT_KEY)
        if found is None:
            return None
        try:
            stage = Stage.restored(self._config, found)
        except StateError as error:
            logger.warning("the saved state of the market-wide stage cannot be used: %s", error)
            return None
        end = await self._log.end(record.topic, record.partition)
        if stage.held >= end:
            logger.warning(
                "the saved state of the market-wide stage cannot be used: it is of offset %d, and the log ends at %d",
                stage.held,
                end,
            )
            return None
        return stage
