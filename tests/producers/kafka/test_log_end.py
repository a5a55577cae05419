"""Where the log ended before: the newest tick of its last records."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from aiokafka import AIOKafkaProducer

from producers.kafka.log_end import TAIL, newest_tick_ns
from producers.kafka.settings import KafkaSettings
from schemas.base import Event
from schemas.frames import encode_frame
from schemas.topics import FRAMES
from tests.kit.kafka.choice import SharedBroker
from tests.kit.kafka_log import deployment
from tests.kit.stream import MS, T0, gap, tick, trade

pytestmark = pytest.mark.kafka


async def write(settings: KafkaSettings, *records: tuple[int, bytes, Sequence[Event] | bytes]) -> None:
    producer = AIOKafkaProducer(**settings.client())
    await producer.start()
    for partition, key, events in records:
        value = events if isinstance(events, bytes) else encode_frame(events)
        await producer.send(settings.topic(FRAMES), value, key=key, partition=partition)
    await producer.stop()


async def test_a_new_log_has_no_end(broker: SharedBroker) -> None:
    """A first start would claim a gap since 1970."""
    assert await newest_tick_ns(await deployment(broker.bootstrap)) is None


async def test_the_newest_tick_of_any_partition_counts(broker: SharedBroker) -> None:
    """A gap would begin too early, or not cover what was lost."""
    settings = await deployment(broker.bootstrap)
    await write(
        settings,
        (0, b"*", [tick(1_000), gap(2_000, "*", "all")]),
        (0, b"BTC", [trade(9_000)]),
        (3, b"*", [tick(5_000)]),
        (3, b"*", b"no frame"),
        (4, b"*", [tick(4_000)]),
    )
    assert await newest_tick_ns(settings) == T0 + 5_000 * MS


async def test_only_the_last_records_are_read(broker: SharedBroker) -> None:
    """A start would read hours of the log."""
    settings = await deployment(broker.bootstrap)
    await write(settings, (0, b"*", [tick(1)]), *[(0, b"BTC", [trade(1)])] * TAIL)
    assert await newest_tick_ns(settings) is None
