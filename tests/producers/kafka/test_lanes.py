"""Queues of records: who goes where, what they hold, and when a file is not needed any more."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiokafka.partitioner import DefaultPartitioner

from producers.kafka.lanes import RECORD_BYTES, Lane, Lanes, Record
from producers.kafka.segments import Segment
from schemas.topics import FRAMES, HEALTH, Topic

ASSETS = [b"BTC", b"ETH", b"SOL", b"1000PEPE", b"HYPE", b"XRP"]


def record(key: bytes, value: bytes = b"[]", topic: Topic = FRAMES, segment: Segment | None = None) -> Record:
    return Record(topic, key, value, precious=True, segment=segment)


def filled(lanes: Lanes) -> list[Lane]:
    return [lane for lane in lanes if lane.records]


@pytest.mark.parametrize("key", ASSETS)
def test_a_key_has_the_partition_that_every_client_of_kafka_gives_it(key: bytes) -> None:
    """A worker would look for an asset's state in another partition."""
    lanes = Lanes((FRAMES,))
    lanes.put(record(key))
    partitions = list(range(FRAMES.partitions))
    assert [lane.partition for lane in filled(lanes)] == [DefaultPartitioner()(key, partitions, partitions)]


def test_what_is_for_all_goes_to_every_partition_behind_what_was_there() -> None:
    """A partition without ticks would never close its seconds."""
    lanes = Lanes((FRAMES, HEALTH))
    lanes.put(record(b"BTC"))
    lanes.put(record(b"*"))
    assert len(filled(lanes)) == FRAMES.partitions
    assert {lane.records[-1].key for lane in filled(lanes)} == {b"*"}
    assert max(len(lane.records) for lane in lanes) == 2


def test_memory_is_what_waits_and_what_is_for_all_counts_once() -> None:
    """The bound would be no bound, or reached twelve times too soon."""
    lanes = Lanes((FRAMES,))
    lanes.put(record(b"BTC", b"x" * 1_000))
    assert lanes.held_bytes == 1_003 + RECORD_BYTES
    lanes.put(record(b"*", b"x" * 10_000))
    assert lanes.held_bytes == pytest.approx(11_004 + 2 * RECORD_BYTES, abs=FRAMES.partitions)
    for lane in lanes:
        lanes.acknowledge(lane, len(lane.records))
    assert (lanes.held_bytes, lanes.is_empty) == (0, True)
    assert lanes.sent_records == 1 + FRAMES.partitions


def test_a_file_goes_when_the_last_of_its_records_is_acknowledged(tmp_path: Path) -> None:
    """Killed before, its records would be nowhere."""
    path = tmp_path / "1.spool"
    path.write_text("")
    lanes, segment = Lanes((FRAMES,)), Segment(path)
    for key in (b"BTC", b"*"):
        lanes.put(record(key, segment=segment))
    *others, last = filled(lanes)
    for lane in others:
        lanes.acknowledge(lane, len(lane.records))
    assert path.exists()
    lanes.acknowledge(last, len(last.records))
    assert not path.exists()


def test_what_is_not_acknowledged_is_told_once_in_the_order_in_which_it_came() -> None:
    """At the end it would be kept twelve times, or out of order."""
    lanes = Lanes((FRAMES,))
    records = [record(key) for key in (b"BTC", b"*", b"ETH", b"*", b"SOL")]
    for one in records:
        lanes.put(one)
    assert lanes.unacknowledged() == records


async def test_a_lane_is_waited_for_until_it_has_something() -> None:
    """A writer would spin, or sleep for ever."""
    lanes = Lanes((HEALTH,))
    (lane,) = lanes
    assert lanes.oldest_s() == 0.0
    lanes.put(record(b"binance", topic=HEALTH))
    await lane.wait()
    assert lanes.oldest_s() > 0.0
