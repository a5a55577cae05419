"""The frames of the partitions that this process was given: every offset once and in order, whatever is delivered.

Deliveries are not trusted. A record before the position that the state holds is dropped; one beyond it means that
somebody else had the partition, or that deliveries were lost: the state is then brought up from its snapshot and the
log itself, saying nothing that was said before the committed position.
"""

from __future__ import annotations

import logging
import time
from typing import NamedTuple

from detector.config import Config
from detector.runtime.cluster.log import Log
from detector.runtime.cluster.outbox import Outbox
from detector.runtime.cluster.partition import Partition
from detector.runtime.cluster.records import Record
from detector.runtime.cluster.rounds import Rounds
from detector.shard import Closed
from detector.state import StateError
from producers.kafka.settings import KafkaSettings
from schemas.topics import FRAMES_DEAD_LETTERS, SNAPSHOTS

logger = logging.getLogger(__name__)

SNAPSHOT_S = 10.0
"""Every asset's state is saved so often: a restart replays at most twice as many seconds of frames."""

WARM_UP_MS = 900_000
"""Without a snapshot a quarter of an hour of the log warms the baselines up."""


class Owned(NamedTuple):
    """A partition and the rounds in which it is saved."""

    partition: Partition
    rounds: Rounds


class FramesWorker:
    """Feeds frames to their partitions and says what follows."""

    def __init__(self, settings: KafkaSettings, config: Config, log: Log, outbox: Outbox) -> None:
        self._settings = settings
        self._config = config
        self._log = log
        self._outbox = outbox
        self.owned: dict[int, Owned] = {}
        self.records = 0
        self.repeated = 0
        self.poisoned = 0
        self.recoveries = 0
        self.last_record_s = 0.0
        """When the last record came, by the monotonic clock."""

    async def take(self, record: Record) -> None:
        """Take a record as delivered."""
        self.records += 1
        self.last_record_s = time.monotonic()
        owned = self.owned.get(record.partition)
        if owned is None or record.offset > owned.partition.next_offset:
            owned = await self._recover(record)
        if record.offset < owned.partition.next_offset:
            self.repeated += 1
            return
        await self._feed(owned, record, muted=False)

    def keep(self, partitions: set[int]) -> None:
        """Forget the partitions that are another's now."""
        for number in self.owned.keys() - partitions:
            del self.owned[number]

    @property
    def events(self) -> int:
        """Events taken on the partitions at hand."""
        return sum(owned.partition.events for owned in self.owned.values())

    @property
    def watermark_ns(self) -> int:
        """Event time of the newest tick; 0 before the first."""
        return max((owned.partition.shard.standing.newest_ns for owned in self.owned.values()), default=0)

    async def _feed(self, owned: Owned, record: Record, *, muted: bool) -> None:
        partition = owned.partition
        try:
            fed = partition.feed(record)
        except Exception as error:
            # One record must not end the stream of all others.
            logger.exception("the detector failed on %s-%d offset %d", record.topic, record.partition, record.offset)
            partition.next_offset = record.offset + 1
            self.poisoned += 1
            await self._outbox.dead_letter(FRAMES_DEAD_LETTERS, record, f"{type(error).__name__}: {error}")
            return
        if fed.faults and not muted:
            self.poisoned += 1
            await self._outbox.dead_letter(FRAMES_DEAD_LETTERS, record, "; ".join(fed.faults))
        if fed.closed and not muted:
            for second in fed.closed:
                await self._publish(second)
        if fed.closed and (due := list(owned.rounds.due())):
            # What a snapshot holds is never said again: all of it must have arrived before the snapshot can.
            await self._outbox.flush()
            for key in due:
                await self._outbox.snapshot(record.partition, key, partition.snapshot(key))

    async def _publish(self, second: Closed) -> None:
        for transition in second.transitions:
            await self._outbox.transition(transition)
        for alert in second.alerts:
            await self._outbox.alert(alert)
        await self._outbox.reading(second.reading)

    async def _recover(self, record: Record) -> Owned:
        """The partition's state just before `record`."""
        self.recoveries += 1
        number = record.partition
        started_s = time.monotonic()
        committed = await self._log.committed(record.topic, number)
        partition = await self._nearest(record, committed)
        rounds = Rounds(SNAPSHOT_S, partition.keys)
        owned = self.owned[number] = Owned(partition, rounds)
        start = partition.next_offset
        async for old in self._log.read(record.topic, number, start, record.offset):
            await self._feed(owned, old, muted=old.offset < committed)
        partition.next_offset = max(partition.next_offset, record.offset)
        logger.info(
            "partition %d: state of %d assets at offset %d, %d records after it, %.1f s",
            number, len(partition.shard.assets), start - 1, record.offset - start, time.monotonic() - started_s,
        )  # fmt: skip
        return owned

    async def _nearest(self, record: Record, committed: int) -> Partition:
        """The state to go on from: our own, the saved one, or an empty one that the log will warm up."""
        number = record.partition
        saved = await self._saved(number)
        own = self.owned[number].partition if number in self.owned else None
        if own is not None and (saved is None or own.next_offset >= saved.next_offset):
            return own
        if saved is not None:
            return saved
        start = record.offset
        if committed:
            began_ms = time.time_ns() // 1_000_000 - WARM_UP_MS
            start = min(start, await self._log.offset_at(record.topic, number, began_ms))
        return Partition(number, self._config, start)

    async def _saved(self, number: int) -> Partition | None:
        snapshots = await self._log.latest(self._settings.topic(SNAPSHOTS), number)
        try:
            return Partition.restored(number, self._config, snapshots)
        except StateError as error:
            logger.warning("partition %d: its saved state is left alone: %s", number, error)
            return None
