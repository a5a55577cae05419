"""Reading the log beside the group: exactly what was asked for, whatever compaction and retention have left."""

from __future__ import annotations

import asyncio
import secrets

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.structs import OffsetAndMetadata

from detector.runtime.cluster.log import Log
from producers.kafka.settings import KafkaSettings
from tests.kit.kafka.choice import SharedBroker

pytestmark = pytest.mark.kafka

GROUP = "readers"
PARTITION = 1


class Topic:
    """A topic of two partitions; everything is in the second."""

    def __init__(self, broker: SharedBroker) -> None:
        self.settings = KafkaSettings(bootstrap_servers=broker.bootstrap)
        self.name = f"log-{secrets.token_hex(4)}"
        self.log = Log(self.settings, f"{self.name}-{GROUP}")
        self.where = TopicPartition(self.name, PARTITION)

    async def create(self, **config: str) -> None:
        admin = AIOKafkaAdminClient(**self.settings.client())
        await admin.start()
        await admin.create_topics([NewTopic(self.name, 2, 1, topic_configs=config)])
        await admin.close()

    async def write(self, *records: tuple[bytes | None, bytes | None]) -> None:
        producer = AIOKafkaProducer(**self.settings.client(), enable_idempotence=True)
        await producer.start()
        for key, value in records:
            await producer.send(self.name, value, key=key, partition=PARTITION, headers=[("producer", b"north-1")])
        await producer.stop()

    async def forget_before(self, offset: int) -> None:
        admin = AIOKafkaAdminClient(**self.settings.client())
        await admin.start()
        await admin.delete_records({self.where: RecordsToDelete(before_offset=offset)})
        await admin.close()

    async def commit(self, offset: int) -> None:
        consumer = AIOKafkaConsumer(**self.settings.client(), group_id=f"{self.name}-{GROUP}", enable_auto_commit=False)
        await consumer.start()
        consumer.assign([self.where])
        await consumer.commit({self.where: OffsetAndMetadata(offset, "")})
        await consumer.stop()

    async def values(self, start: int, end: int | None) -> list[tuple[int, bytes | None]]:
        async with asyncio.timeout(60):
            return [(each.offset, each.value) async for each in self.log.read(self.name, PARTITION, start, end)]


@pytest.fixture
async def topic(broker: SharedBroker) -> Topic:
    return Topic(broker)


def numbers(first: int, last: int) -> list[tuple[bytes | None, bytes | None]]:
    return [(b"BTC", b"%d" % number) for number in range(first, last)]


def expected(first: int, last: int) -> list[tuple[int, bytes | None]]:
    return [(number, b"%d" % number) for number in range(first, last)]


async def test_records_are_read_from_an_offset_up_to_another(topic: Topic) -> None:
    """A restored state would miss a frame, or count one twice."""
    await topic.create()
    await topic.write(*numbers(0, 300))
    assert await topic.values(0, 300) == expected(0, 300)
    assert await topic.values(17, 23) == expected(17, 23)
    assert await topic.values(17, None) == expected(17, 300)
    assert await topic.log.end(topic.name, PARTITION) == 300


async def test_what_is_not_there_is_not_waited_for(topic: Topic) -> None:
    """A worker would hang before its first record."""
    await topic.create()
    assert await topic.values(0, None) == []
    assert await topic.values(0, 10) == []
    await topic.write(*numbers(0, 10))
    assert await topic.values(4, 1_000) == expected(4, 10)
    assert await topic.values(10, 1_000) == []
    assert await topic.values(1_000, None) == []
    assert await topic.values(5, 5) == []
    assert await topic.values(7, 5) == []


async def test_what_retention_has_taken_is_passed_over(topic: Topic) -> None:
    """A worker that was away for long would fail, or begin at the end."""
    await topic.create()
    await topic.write(*numbers(0, 100))
    await topic.forget_before(60)
    assert await topic.values(0, 80) == expected(60, 80)
    assert await topic.values(0, 50) == []
    assert await topic.log.end(topic.name, PARTITION) == 100


async def test_a_record_is_read_with_key_and_headers(topic: Topic) -> None:
    """Copies of two producers would not be told apart in what is replayed."""
    await topic.create()
    await topic.write((b"BTC", None), (None, b""))
    records = [record async for record in topic.log.read(topic.name, PARTITION, 0, None)]
    assert [(record.key, record.value) for record in records] == [(b"BTC", None), (None, b"")]
    assert (records[0].topic, records[0].partition) == (topic.name, PARTITION)
    assert records[0].header("producer") == "north-1"


async def test_the_latest_value_of_each_key_is_found_wherever_compaction_is(topic: Topic) -> None:
    """A worker would go on from an old state, or from one that was taken away."""
    await topic.create(**{"cleanup.policy": "compact"})
    await topic.write((b"BTC", b"old"), (b"ETH", b"eth"), (b"SOL", b"sol"), (b"BTC", b"new"), (b"SOL", None))
    assert await topic.log.latest(topic.name, PARTITION) == {b"BTC": b"new", b"ETH": b"eth"}


async def test_the_holes_of_a_compacted_partition_end_nothing(topic: Topic) -> None:
    """Reading would hang where the last offset before the end is gone, or stop at the first hole."""
    await topic.create(
        **{
            "cleanup.policy": "compact",
            "segment.ms": "100",
            "min.cleanable.dirty.ratio": "0.01",
            "max.compaction.lag.ms": "100",
            "delete.retention.ms": "0",
        }
    )
    wanted = {b"%d" % key: b"last of %d" % key for key in range(3)}
    async with asyncio.timeout(90):
        while True:
            await topic.write(*[(key, b"x" * 500) for key in wanted for _ in range(30)], *wanted.items())
            # A segment is closed by the first record behind it.
            await asyncio.sleep(0.3)
            records = [record async for record in topic.log.read(topic.name, PARTITION, 0, None)]
            assert {record.key: record.value for record in records} == wanted
            assert await topic.log.latest(topic.name, PARTITION) == wanted
            if len(records) < records[-1].offset:
                break


async def test_the_offset_of_a_moment_is_the_first_behind_it(topic: Topic) -> None:
    """The baselines would be warmed up with too little, or with all there is."""
    await topic.create()
    await topic.write(*numbers(0, 5))
    assert await topic.log.offset_at(topic.name, PARTITION, 0) == 0
    assert await topic.log.offset_at(topic.name, PARTITION, 1 << 42) == 5


async def test_the_position_of_the_group_is_read_without_joining_it(topic: Topic) -> None:
    """What was said would be said again, or what was not said never."""
    await topic.create()
    await topic.write(*numbers(0, 9))
    await topic.commit(7)
    assert await topic.log.committed(topic.name, PARTITION) == 7
    assert await topic.log.committed(topic.name, 0) == 0
