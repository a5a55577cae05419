"""Records reach the log: all of them, in order, whatever the broker does meanwhile."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka.errors import OutOfOrderSequenceNumber

from producers.kafka.lanes import Lanes, Record
from producers.kafka.settings import KafkaSettings
from producers.kafka.writer import Writer
from schemas.topics import FRAMES, HEALTH, STATE
from tests.kit.kafka.broker import Broker
from tests.kit.kafka.choice import SharedBroker
from tests.kit.kafka_log import deployment, quiet_client, read_topic

pytestmark = pytest.mark.kafka

KEYS = (b"BTC", b"ETH", b"SOL")


@asynccontextmanager
async def writing(settings: KafkaSettings, lanes: Lanes) -> AsyncIterator[Writer]:
    writer = Writer(settings=settings, lanes=lanes, producer_id="here-1")
    running = asyncio.ensure_future(writer.run())
    try:
        yield writer
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await writer.close()


async def emptied(lanes: Lanes, within_s: float = 30) -> None:
    async with asyncio.timeout(within_s):
        while not lanes.is_empty:  # noqa: ASYNC110  # lanes are emptied without anybody being told
            await asyncio.sleep(0.01)


def put(lanes: Lanes, numbers: range, size: int = 0) -> None:
    for number in numbers:
        lanes.put(Record(FRAMES, KEYS[number % len(KEYS)], b"%d" % number + b" " * size, precious=True))


async def numbers_by_key(settings: KafkaSettings) -> dict[bytes, list[int]]:
    found: dict[bytes, list[int]] = {}
    for record in await read_topic(settings, FRAMES):
        found.setdefault(record.key, []).append(int(record.value))
    return found


def wanted(count: int) -> dict[bytes, list[int]]:
    return {key: list(range(at, count, len(KEYS))) for at, key in enumerate(KEYS)}


async def test_every_record_is_in_the_log_once_in_order_with_the_name_of_its_producer(broker: SharedBroker) -> None:
    """A worker would see a market out of order, and nobody could tell two producers apart."""
    settings = await deployment(broker.bootstrap)
    lanes = Lanes((FRAMES, HEALTH))
    async with writing(settings, lanes) as writer:
        put(lanes, range(3_000), size=500)
        await emptied(lanes)
        assert (writer.failures, writer.refused_records) == (0, 0)
    assert await numbers_by_key(settings) == wanted(3_000)
    assert {record.headers["producer"] for record in await read_topic(settings, FRAMES)} == {b"here-1"}


async def test_what_is_for_all_partitions_is_in_each(broker: SharedBroker) -> None:
    """Partitions without ticks would stand still."""
    settings = await deployment(broker.bootstrap)
    lanes = Lanes((FRAMES,))
    lanes.put(Record(FRAMES, b"*", b"[]", precious=True))
    async with writing(settings, lanes):
        await emptied(lanes)
    assert [record.partition for record in await read_topic(settings, FRAMES)] == list(range(FRAMES.partitions))


async def test_a_record_that_is_too_large_is_given_up_and_the_others_arrive(
    broker: SharedBroker, caplog: pytest.LogCaptureFixture
) -> None:
    """One record that can never be sent would hold up its partition for ever."""
    settings = await deployment(broker.bootstrap)
    lanes = Lanes((FRAMES,))
    put(lanes, range(12))
    # Noise does not shrink: the broker measures what is left after compression.
    huge = Record(FRAMES, b"BTC", random.Random(1).randbytes(20 << 20), precious=False)
    with quiet_client():
        async with writing(settings, lanes) as writer:
            lanes.put(huge)
            put(lanes, range(12, 24))
            await emptied(lanes)
            assert writer.refused_records == 1
    assert "takes no record of 20971520 bytes of BTC" in caplog.text
    assert await numbers_by_key(settings) == wanted(24)


async def test_after_a_failure_that_a_connection_does_not_survive_a_new_one_goes_on(
    broker: SharedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hole in the sequence of an idempotent producer makes the broker refuse all that follows."""
    settings = await deployment(broker.bootstrap)
    lanes = Lanes((FRAMES,))
    monkeypatch.setattr("producers.kafka.link.RETRY_S", 0.01)
    async with writing(settings, lanes) as writer:
        put(lanes, range(30))
        await emptied(lanes)
        producer, _ = await writer._link.current()

        async def refuse(*_: object, **__: object) -> None:
            raise OutOfOrderSequenceNumber

        producer.send_batch = refuse
        put(lanes, range(30, 60))
        await emptied(lanes)
        assert writer.failures == 1
    assert await numbers_by_key(settings) == wanted(60)


async def test_a_broker_that_restarts_costs_nothing(fresh_broker: Broker) -> None:
    """What was on its way when the broker went would be lost, twice there, or in another order."""
    settings = await deployment(fresh_broker.bootstrap, (FRAMES, STATE))
    lanes = Lanes((FRAMES,))
    with quiet_client():
        async with writing(settings, lanes) as writer:
            put(lanes, range(300))
            await asyncio.to_thread(fresh_broker.kill)
            put(lanes, range(300, 600))
            await asyncio.to_thread(fresh_broker.start)
            put(lanes, range(600, 900))
            await emptied(lanes, 60)
            assert writer.failures == 0
    assert await numbers_by_key(settings) == wanted(900)


async def test_without_a_broker_it_ends_within_bounds(fresh_broker: Broker) -> None:
    """A supervisor's patience ends too, and what is kept on disk is kept after this."""
    settings = await deployment(fresh_broker.bootstrap, (FRAMES,))
    lanes = Lanes((FRAMES,))
    with quiet_client():
        async with asyncio.timeout(30), writing(settings, lanes):
            put(lanes, range(3))
            await emptied(lanes)
            await asyncio.to_thread(fresh_broker.kill)
            put(lanes, range(3, 60))
            await asyncio.sleep(0.5)  # for the batches to be under way
    assert not lanes.is_empty


async def test_a_heartbeat_is_told_to_the_topic_of_states(broker: SharedBroker) -> None:
    """Silence could not be told from death."""
    settings = await deployment(broker.bootstrap)
    writer = Writer(settings=settings, lanes=Lanes((FRAMES,)), producer_id="here-1")
    await writer.tell(STATE, b"worker|here-1", b"{}")
    await writer.close()
    (record,) = await read_topic(settings, STATE)
    assert (record.key, record.value, record.headers) == (b"worker|here-1", b"{}", {"producer": b"here-1"})
