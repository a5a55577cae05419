"""How far the workers of a deployment are: what their group has committed, and what is left for them."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from producers.kafka.settings import KafkaSettings
from schemas.topics import FRAMES, READINGS, Topic

GROUP = "cascade-detector"
LOOK_S = 0.25


async def committed(settings: KafkaSettings, topic: Topic) -> dict[int, int]:
    """The group's position in each partition; 0 where it has none."""
    admin = AIOKafkaAdminClient(**settings.client())
    await admin.start()
    try:
        partitions = [TopicPartition(settings.topic(topic), number) for number in range(topic.partitions)]
        found = await admin.list_consumer_group_offsets(settings.named(GROUP), partitions=partitions)
        return {at.partition: max(0, found[at].offset) if at in found else 0 for at in partitions}
    finally:
        await admin.close()


async def ends(settings: KafkaSettings, topic: Topic) -> dict[int, int]:
    """The offset that each partition's next record will have."""
    consumer = AIOKafkaConsumer(**settings.client())
    await consumer.start()
    try:
        partitions = [TopicPartition(settings.topic(topic), number) for number in range(topic.partitions)]
        return {at.partition: end for at, end in (await consumer.end_offsets(partitions)).items()}
    finally:
        await consumer.stop()


async def lag(settings: KafkaSettings, topic: Topic) -> int:
    """Records that the group has not committed."""
    where, end = await committed(settings, topic), await ends(settings, topic)
    return sum(end[number] - where[number] for number in end)


async def until_done(settings: KafkaSettings, *, within_s: float) -> None:
    """Until the workers have said all that follows from the frames that are there now."""
    left: dict[str, int] = {}
    try:
        async with asyncio.timeout(within_s):
            # The readings follow from the frames: only when these are done no more of them come.
            for topic in (FRAMES, READINGS):
                while left.setdefault(topic.name, 1):
                    await asyncio.sleep(LOOK_S)
                    try:
                        left[topic.name] = await lag(settings, topic)
                    except KafkaError:
                        continue  # the group is between two coordinators
    except TimeoutError:
        raise TimeoutError(f"the workers are not done within {within_s:g} s: {left} records are left") from None
