"""A deployment of one test on a shared broker, and what its topics hold."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from producers.kafka.admin import create_topics
from producers.kafka.settings import KafkaSettings
from schemas.base import Event
from schemas.frames import decode_frame
from schemas.topics import FRAMES, TOPICS, Topic


class Found(NamedTuple):
    """A record of a topic."""

    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: dict[str, bytes]


async def deployment(bootstrap: str, topics: Sequence[Topic] = TOPICS) -> KafkaSettings:
    """Settings with a prefix of their own, and the topics."""
    settings = KafkaSettings(bootstrap_servers=bootstrap, topic_prefix=f"{secrets.token_hex(4)}.")
    await create_topics(settings, topics)
    return settings


async def read_topic(settings: KafkaSettings, topic: Topic) -> list[Found]:
    """Everything that a topic holds now, partition by partition."""
    consumer = AIOKafkaConsumer(**settings.client(), auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(settings.topic(topic), number) for number in range(topic.partitions)]
        ends = await consumer.end_offsets(partitions)
        consumer.assign(partitions)
        for at in partitions:
            consumer.seek(at, 0)
        found: list[Found] = []
        async with asyncio.timeout(30):
            while any([await consumer.position(at) < ends[at] for at in partitions]):
                for at, records in (await consumer.getmany(timeout_ms=200)).items():
                    found += [Found(at.partition, r.offset, r.key, r.value, dict(r.headers)) for r in records]
    finally:
        await consumer.stop()
    return sorted(found, key=lambda record: (record.partition, record.offset))


async def read_frames(settings: KafkaSettings) -> dict[int, list[Event]]:
    """The events of each partition of the frames, in their order."""
    events: dict[int, list[Event]] = {number: [] for number in range(FRAMES.partitions)}
    for record in await read_topic(settings, FRAMES):
        events[record.partition] += decode_frame(record.value)
    return events


@contextmanager
def quiet_client() -> Iterator[None]:
    """Without the client's own words about a broker that is away."""
    logger = logging.getLogger("aiokafka")
    before, logger.level = logger.level, logging.CRITICAL
    try:
        yield
    finally:
        logger.level = before
