"""The frames of the partitions that this process was given: every offset once and in order, whatever is delivered.

Deliveries are not trusted. A record before the position that the state holds is dropped; one beyond it means that
somebody else had the partition, or that deliveries were lost: the state is then brought up from its snapshot and the
log itself, saying nothing that was said before.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from detector.config import Config
from detector.runtime.cluster.log import Log
from detector.runtime.cluster.outbox import Outbox
from detector.runtime.cluster.partition import WHOLE, Partition
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
    """A partition, the rounds in which it is saved, and the offset from which on something is said."""

    partition: Partition
    rounds: Rounds
    said_before: int
    due: list[bytes]
    """Keys of the states that are to be saved now."""


class FramesWorker:
    """Feeds frames to their partitions and says what follows."""

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
        self._kept: set[int] | None = None
        """What the last rebalance gave us; None before the first."""
        self._rebalances = 0
        self.owned: dict[int, Owned] = {}
        self.records = 0
        self.events = 0
        self.repeated = 0
        self.poisoned = 0
        self.recoveries = 0
        self.last_record_s = 0.0
        """When the last record came, by the monotonic clock."""

    async def take(self, record: Record) -> None:
        """Take a record as delivered. Where it fails (the log cannot be read), it may be called again."""
        self.records += 1
        self.last_record_s = self._clock()
        owned = self.owned.get(record.partition)
        if owned is None or record.offset > owned.partition.next_offset:
            owned = await self._recover(record)
        if record.offset < owned.partition.next_offset:
            self.repeated += 1
            return
        await self._feed(owned, record)

    def keep(self, partitions: set[int]) -> None:
        """Forget the partitions that are another's now."""
        self._kept = set(partitions)
        self._rebalances += 1
        for number in self.owned.keys() - partitions:
            del self.owned[number]

    @property
    def watermark_ns(self) -> int:
        """Event time of the newest tick; 0 before the first."""
        return max((owned.partition.shard.standing.newest_ns for owned in self.owned.values()), default=0)

    @property
    def failed_seconds(self) -> int:
        """Seconds of single assets that the detector could not close."""
        return sum(owned.partition.shard.standing.failed for owned in self.owned.values())

    @property
    def unbelieved_ticks(self) -> int:
        """Ticks a minute ahead of another producer's: somebody's clock is wrong."""
        return sum(owned.partition.shard.standing.leaps for owned in self.owned.values())

    async def _feed(self, owned: Owned, record: Record) -> None:
        partition, muted = owned.partition, record.offset < owned.said_before
        try:
            fed = partition.feed(record)
        except Exception as error:
            # One record must not end the stream of all others.
            logger.exception("the detector failed on %s-%d offset %d", record.topic, record.partition, record.offset)
            await self._set_aside(record, f"{type(error).__name__}: {error}", muted=muted)
            return
        self.events += fed.events
        if fed.faults:
            await self._set_aside(record, "; ".join(fed.faults), muted=muted)
        if muted:
            return
        for second in fed.closed:
            await self._publish(second)
        if not owned.due and not fed.closed:
            return
        # What is due is saved behind the records that follow, one state each: at the end of a second all partitions'
        # ticks come at once, and their alerts would wait. What is left of it by the next tick is saved there.
        for key in owned.due if fed.closed else owned.due[:1]:
            await self._outbox.snapshot(record.partition, key, partition.snapshot(key))
        del owned.due[: None if fed.closed else 1]
        if fed.closed:
            owned.due.extend(owned.rounds.due())

    async def _set_aside(self, record: Record, reason: str, *, muted: bool) -> None:
        if muted:
            return
        self.poisoned += 1
        await self._outbox.dead_letter(FRAMES_DEAD_LETTERS, record, reason)

    async def _publish(self, second: Closed) -> None:
        for transition in second.transitions:
            await self._outbox.transition(transition)
        for alert in second.alerts:
            await self._outbox.alert(alert)
        await self._outbox.reading(second.reading)

    async def _recover(self, record: Record) -> Owned:
        """The partition's state just before `record`."""
        self.recoveries += 1
        number, rebalances = record.partition, self._rebalances
        started_s = self._clock()
        committed = await self._log.committed(record.topic, number)
        partition = await self._nearest(record, committed)
        rounds = Rounds(SNAPSHOT_S, partition.begin_round, clock=self._clock)
        owned = Owned(partition, rounds, max(committed, partition.held + 1), [])
        start = partition.next_offset
        async for old in self._log.read(record.topic, number, start, record.offset):
            await self._feed(owned, old)
        partition.next_offset = max(partition.next_offset, record.offset)
        if rebalances == self._rebalances or number in (self._kept or ()):
            self.owned[number] = owned
        logger.info(
            "partition %d: state of %d assets at offset %d, %d records after it, %.1f s",
            number, len(partition.shard.assets), start - 1, max(0, record.offset - start),
            self._clock() - started_s,
        )  # fmt: skip
        return owned

    async def _nearest(self, record: Record, committed: int) -> Partition:
        """The state to go on from: our own, the saved one, or an empty one that the log will warm up."""
        number = record.partition
        saved = await self._saved(record)
        own = self.owned[number].partition if number in self.owned else None
        if own is not None and (saved is None or own.next_offset >= saved.next_offset):
            return own
        if saved is not None:
            return saved
        # The first delivery need not be the first record; where nothing was committed, it is the oldest that is left.
        start = min(record.offset, committed)
        if start:
            began_ms = time.time_ns() // 1_000_000 - WARM_UP_MS
            start = min(start, await self._log.offset_at(record.topic, number, began_ms))
        return Partition(number, self._config, start)

    async def _saved(self, record: Record) -> Partition | None:
        """The partition as it was saved; where that cannot be used, it is taken away, lest parts of it come back."""
        number = record.partition
        everything = await self._log.latest(self._settings.topic(SNAPSHOTS), number)
        # The first partition also holds the market-wide stage's; no asset has a name that begins so.
        saved = {key: value for key, value in everything.items() if key == WHOLE or not key.startswith(WHOLE)}
        try:
            partition = Partition.restored(number, self._config, saved)
        except StateError as error:
            await self._drop(number, saved, str(error))
            return None
        if partition is not None:
            end = await self._log.end(record.topic, number)
            if partition.held >= end:
                await self._drop(number, saved, f"it is of offset {partition.held}, and the log ends at {end}")
                return None
        return partition

    async def _drop(self, number: int, saved: Mapping[bytes, bytes], reason: str) -> None:
        logger.warning("partition %d: its saved state cannot be used: %s", number, reason)
        for key in saved:
            await self._outbox.snapshot(number, key, None)
