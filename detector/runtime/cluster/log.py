"""Reading the log beside the consumer group: snapshots, the tail behind a snapshot, committed positions."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from detector.runtime.cluster.records import Record, record_of
from producers.kafka.settings import KafkaSettings

POLL_MS = 200


class Log:
    """Partitions read from an offset, without joining a group."""

    def __init__(self, settings: KafkaSettings, group: str) -> None:
        self._settings = settings
        self._group = group

    async def committed(self, topic: str, partition: int) -> int:
        """The group's committed position; 0 where it has none."""
        admin = AIOKafkaAdminClient(**self._settings.client())
        try:
            await admin.start()
            where = TopicPartition(topic, partition)
            found = await admin.list_consumer_group_offsets(self._group, partitions=[where])
            position = found[where].offset if where in found else -1
            return max(0, position)
        finally:
            await admin.close()

    async def latest(self, topic: str, partition: int) -> dict[bytes, bytes]:
        """The newest value of every key of a compacted partition, as of now."""
        found: dict[bytes, bytes] = {}
        async for record in self.read(topic, partition, 0, None):
            if record.key is not None and record.value:
                found[record.key] = record.value
            elif record.key is not None:
                found.pop(record.key, None)
        return found

    async def offset_at(self, topic: str, partition: int, at_ms: int) -> int:
        """The first offset written at or after a moment; the end where there is none."""
        where = TopicPartition(topic, partition)
        consumer = await self._consumer()
        try:
            consumer.assign([where])
            found = (await consumer.offsets_for_times({where: at_ms}))[where]
            offset: int = found.offset if found is not None else (await consumer.end_offsets([where]))[where]
            return offset
        finally:
            await consumer.stop()

    async def end(self, topic: str, partition: int) -> int:
        """The offset that the next record will have."""
        where = TopicPartition(topic, partition)
        consumer = await self._consumer()
        try:
            consumer.assign([where])
            offset: int = (await consumer.end_offsets([where]))[where]
            return offset
        finally:
            await consumer.stop()

    async def read(self, topic: str, partition: int, start: int, end: int | None) -> AsyncIterator[Record]:
        """Records from `start`, or from the oldest that is left, up to but not including `end` (None: the end now)."""
        where = TopicPartition(topic, partition)
        consumer = await self._consumer()
        try:
            consumer.assign([where])
            first = (await consumer.beginning_offsets([where]))[where]
            newest = (await consumer.end_offsets([where]))[where]
            stop = newest if end is None else min(end, newest)
            start = max(start, first)
            if start >= stop:
                return
            consumer.seek(where, start)
            # The position moves past what compaction removed, so it says when the end is reached.
            while await consumer.position(where) < stop:
                batches = await consumer.getmany(where, timeout_ms=POLL_MS)
                for message in batches.get(where, ()):
                    if message.offset >= stop:
                        return
                    yield record_of(message)
        finally:
            await consumer.stop()

    async def _consumer(self) -> AIOKafkaConsumer:
        # `earliest`: with the default the reset that `assign` starts may win over the seek.
        consumer = AIOKafkaConsumer(**self._settings.client(), enable_auto_commit=False, auto_offset_reset="earliest")
        await consumer.start()
        return consumer
