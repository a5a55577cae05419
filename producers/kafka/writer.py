"""From the lanes to Kafka: one batch at a time for each partition, in order, until it is acknowledged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, Literal

from aiokafka import AIOKafkaProducer
from aiokafka.codec import has_zstd
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from producers.kafka.errors import SettingsError
from producers.kafka.lanes import Lane, Lanes, Record
from producers.kafka.link import Link
from producers.kafka.settings import KafkaSettings
from schemas.topics import Topic

logger = logging.getLogger(__name__)

BATCH_BYTES = 512 * 1024
"""Before compression; a calm market's batches are far smaller. One batch of a partition is under way at a time, so that
in a burst its size is the speed: with 128 KB 141,000 events/s, with 512 KB 209,000 (`python -m benchmarks.produce`).
"""
REQUEST_TIMEOUT_MS = 120_000
"""A broker that restarts is back by then. A batch that was sent once is repeated even longer."""
LARGEST_REQUEST_BYTES = 64 * 1024 * 1024
"""One batch for each partition may go in one request; what a single record may have is the broker's to say."""
Compression = Literal["zstd", "lz4", "gzip"]
"""zstd by default: the bundled recordings' frames shrink 7 times for 0.6 µs an event; with lz4 (as the client sets it)
5 times for 3.5 µs, with gzip 8 times for 12 µs (same command).
"""

PRODUCER_HEADER = "producer"


class Writer:
    """Empties the lanes for as long as it runs.

    Each batch is idempotent: what is repeated within the life of a connection is in the log once. After a failure that
    a new connection has to mend, a batch may be there twice; readers know events by the venues' numbers.
    """

    def __init__(
        self, *, settings: KafkaSettings, lanes: Lanes, producer_id: str, compression: Compression | None = "zstd"
    ) -> None:
        self.refused_records = 0
        """Records that the broker will never take, because they are too large."""
        if compression == "zstd" and not has_zstd():
            raise SettingsError("Kafka's compression is not installed: pip install 'cascade-detector[kafka]'")
        self._settings = settings
        self._lanes = lanes
        self._headers = [(PRODUCER_HEADER, producer_id.encode())]
        self._compression = compression
        self._link = Link(self._make)

    @property
    def failures(self) -> int:
        """How often a connection had to be replaced."""
        return self._link.failures

    async def run(self) -> None:
        """Write until cancelled."""
        async with asyncio.TaskGroup() as group:
            for lane in self._lanes:
                group.create_task(self._work(lane))

    async def tell(self, topic: Topic, key: bytes, value: bytes) -> None:
        """Write a record that nobody misses, to the only partition of a topic; returns when its fate is known."""
        producer, broken = await self._link.current()
        batch = producer.create_batch()
        _fill(batch, (Record(topic, key, value, precious=False),), None, self._headers)
        try:
            delivery = await producer.send_batch(batch, self._settings.topic(topic), partition=0)
            await _either(delivery, broken)
        except KafkaError as error:
            await self._link.replace(broken, error)

    async def close(self) -> None:
        """Let go of the broker; to be called when nothing runs any more."""
        await self._link.close()

    def _make(self) -> AIOKafkaProducer:
        arguments = self._settings.client() | {
            "request_timeout_ms": REQUEST_TIMEOUT_MS,
            "enable_idempotence": True,
            "acks": "all",
            "linger_ms": 5,
            "max_batch_size": BATCH_BYTES,
            "max_request_size": LARGEST_REQUEST_BYTES,
            "compression_type": self._compression,
        }
        return AIOKafkaProducer(**arguments)

    async def _work(self, lane: Lane) -> None:
        # So many records go alone: after a refusal, until the one that is too large is found.
        alone = 0
        while True:
            await lane.wait()
            producer, broken = await self._link.current()
            count = 0
            try:
                batch = producer.create_batch()
                count = _fill(batch, lane.records, 1 if alone else None, self._headers)
                delivery = await producer.send_batch(batch, self._settings.topic(lane.topic), partition=lane.partition)
                if not await _either(delivery, broken):
                    continue
            except (MessageSizeTooLargeError, RecordListTooLargeError) as error:
                if count == 1:
                    self._give_up(lane)
                alone = max(alone - 1, 0) if count == 1 else count
                await self._link.replace(broken, error)
                continue
            except Exception as error:  # noqa: BLE001
                # Whatever the client raises, a new one takes the same records: ending here would lose them.
                await self._link.replace(broken, error)
                continue
            self._lanes.acknowledge(lane, count)
            alone = max(0, alone - count)

    def _give_up(self, lane: Lane) -> None:
        self.refused_records += 1
        logger.error(
            "%s takes no record of %d bytes of %s: it is lost; raise the topic's max.message.bytes",
            self._settings.topic(lane.topic),
            len(lane.records[0].value),
            lane.records[0].key.decode(errors="replace"),
        )
        self._lanes.acknowledge(lane, 1)


def _fill(batch: Any, records: Iterable[Record], most: int | None, headers: list[tuple[str, bytes]]) -> int:
    """Append from the head what a batch can hold; how many it holds."""
    count = 0
    for record in records:
        if count == most:
            break
        if batch.append(timestamp=None, key=record.key, value=record.value, headers=headers) is None:
            break
        count += 1
    return count


async def _either(delivery: asyncio.Future[Any], broken: asyncio.Future[None]) -> bool:
    """Whether the delivery came before the end of its connection; raises why it failed."""
    # Once the connection is replaced nobody asks what became of the delivery.
    delivery.add_done_callback(lambda done: done.cancelled() or done.exception())
    await asyncio.wait((delivery, broken), return_when=asyncio.FIRST_COMPLETED)
    if not delivery.done():
        return False
    delivery.result()
    return True
