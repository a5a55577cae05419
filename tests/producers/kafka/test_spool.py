"""The way of a record through memory and disk: in order, within bounds, and over a restart."""

from __future__ import annotations

import asyncio
import tempfile
from collections import defaultdict
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.kafka.lanes import Record
from producers.kafka.spool import Spool
from schemas.topics import FRAMES
from tests.kit.stream import spool_in


def record(number: int, key: bytes = b"BTC", *, precious: bool = True, size: int = 800) -> Record:
    return Record(FRAMES, key, b"%d " % number + b"x" * size, precious)


def send(spool: Spool, most: int = 1_000) -> dict[int, list[int]]:
    """Acknowledge up to `most` records of each lane; their numbers by partition."""
    sent: dict[int, list[int]] = defaultdict(list)
    for lane in spool.lanes:
        records = [lane.records[at] for at in range(min(most, len(lane.records)))]
        sent[lane.partition] += [int(one.value.split()[0]) for one in records]
        spool.lanes.acknowledge(lane, len(records))
    return sent


def numbers(sent: dict[int, list[int]]) -> list[int]:
    return [number for _, found in sorted(sent.items()) for number in found]


def end(spool: Spool) -> None:
    spool.keep()
    spool.disk.close()


def test_beyond_the_bound_records_go_to_disk_and_come_back_in_order(tmp_path: Path) -> None:
    """An outage would fill the memory, or change the order of a partition."""
    spool = spool_in(tmp_path)
    for number in range(100):
        spool.put(record(number))
        assert spool.lanes.held_bytes <= 20_000 + 1_100
    assert spool.full
    assert spool.disk.waiting_records > 70
    sent: list[int] = []
    while spool.full:
        spool.relieve()
        assert spool.lanes.held_bytes <= 20_000 + 1_100
        sent += numbers(send(spool, 3))
    sent += numbers(send(spool))
    assert sent == list(range(100))
    assert list(tmp_path.glob("*.spool")) == []
    end(spool)


def test_as_long_as_something_older_is_on_disk_newer_records_go_there_too(tmp_path: Path) -> None:
    """A liquidation would overtake an older one of its asset."""
    spool = spool_in(tmp_path)
    for number in range(60):
        spool.put(record(number))
    numbers_before = numbers(send(spool))
    assert not spool.relieve() or spool.disk.next_bytes == 0
    spool.put(record(60))
    sent = list(numbers_before)
    for _ in range(20):
        spool.relieve()
        sent += numbers(send(spool))
    assert sent == list(range(61))
    end(spool)


@pytest.mark.slow
@given(st.lists(st.sampled_from(["put", "all", "send", "relieve", "restart"]), max_size=60))
def test_whatever_happens_each_partition_gets_every_record_in_order(script: list[str]) -> None:
    """Over full memories and restarts, what must not be lost is lost or reordered."""
    with tempfile.TemporaryDirectory() as folder:
        spool = spool_in(Path(folder), memory_bytes=5_000)
        sent: dict[int, list[int]] = defaultdict(list)
        put: list[tuple[int, bytes]] = []

        def note(found: dict[int, list[int]]) -> None:
            for partition, some in found.items():
                sent[partition] += some

        for step in script:
            if step in ("put", "all"):
                key = b"*" if step == "all" else (b"BTC", b"ETH", b"SOL")[len(put) % 3]
                put.append((len(put), key))
                spool.put(record(len(put) - 1, key))
            elif step == "send":
                note(send(spool, 2))
            elif step == "relieve":
                spool.relieve()
            else:
                end(spool)
                spool = spool_in(Path(folder), memory_bytes=5_000)
        while spool.full or not spool.lanes.is_empty:
            spool.relieve()
            note(send(spool))
        for lane in spool.lanes:
            if lane.topic is FRAMES:
                # What one lane of many has not acknowledged is sent to all of them again.
                told = list(dict.fromkeys(sent[lane.partition]))
                assert told == sorted(told)
        assert set().union(*sent.values()) == {number for number, _ in put}
        end(spool)


def test_what_is_left_at_the_end_is_sent_first_at_the_next_start(tmp_path: Path) -> None:
    """Stopped while Kafka is away, a producer would take its liquidations with it."""
    spool = spool_in(tmp_path)
    for number in range(40):
        spool.put(record(number))
    assert spool.keep() == 40
    spool.disk.close()
    again = spool_in(tmp_path)
    assert again.full
    again.put(record(40))
    sent: list[int] = []
    while again.full:
        again.relieve()
        sent += numbers(send(again))
    sent += numbers(send(again))
    assert sent == list(range(41))
    end(again)


def test_at_the_end_what_is_precious_comes_before_the_rest_where_the_disk_is_small(tmp_path: Path) -> None:
    """Old books would push liquidations off the disk."""
    spool = spool_in(tmp_path, memory_bytes=100_000, quota_bytes=10_000)
    for number in range(50):
        spool.put(record(number, precious=number % 10 == 0))
    assert spool.keep() == 5
    assert spool.disk.lost_records == 0
    spool.disk.close()


def test_a_record_of_an_unknown_topic_on_disk_is_let_go(tmp_path: Path) -> None:
    """A spool of a newer version would stop an older one for ever."""
    spool = spool_in(tmp_path)
    spool.full = True
    spool.put(Record(msgspec.structs.replace(FRAMES, name="other.v9"), b"k", b"1 ", precious=True))
    spool.put(record(2))
    spool.relieve()
    assert numbers(send(spool)) == [2]
    end(spool)


async def test_input_that_can_wait_waits_for_room_and_loses_nothing(tmp_path: Path) -> None:
    """A recording would be played with holes that it does not have."""
    spool = spool_in(tmp_path, lossless=True)
    for number in range(100):
        spool.put(record(number))
    assert not spool.full
    waiting = asyncio.ensure_future(spool.room())
    drained = asyncio.ensure_future(spool.drained())
    await asyncio.sleep(0.02)
    assert not waiting.done()
    assert numbers(send(spool)) == list(range(100))
    async with asyncio.timeout(5):
        await waiting
        await drained
    assert spool.disk.spilled_records == 0
    end(spool)


def test_input_that_can_wait_begins_behind_what_an_earlier_run_left(tmp_path: Path) -> None:
    """The rest of one recording would be mixed into the next."""
    spool = spool_in(tmp_path)
    for number in range(40):
        spool.put(record(number))
    end(spool)
    again = spool_in(tmp_path, lossless=True)
    again.put(record(40))
    assert numbers(send(again)) == list(range(41))
    end(again)
