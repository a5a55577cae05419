"""Whatever Faust delivers, and whoever dies when: what is said is what one worker that never stops would say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from random import Random

import pytest
from aiokafka.errors import KafkaConnectionError
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.config import Config
from detector.runtime.cluster.frames_worker import SNAPSHOT_S, FramesWorker
from detector.runtime.cluster.market_worker import SNAPSHOT_KEY
from detector.runtime.cluster.partition import WHOLE
from detector.runtime.cluster.records import Record
from detector.state import VERSION
from schemas.alert import Alert, Transition
from schemas.reading import Reading
from schemas.topics import FRAMES, FRAMES_DEAD_LETTERS, SNAPSHOTS
from tests.kit.cluster import PRODUCER, SETTINGS, Clock, FakeLog, FakeOutbox, as_log, as_outbox, framed, ticked
from tests.kit.synthetic_crash import synthetic_crash

PARTITIONS = 2
FRAMES_LOG = framed(ticked(synthetic_crash(5, calm_s=60, crash_s=90)), PARTITIONS, most_events=10)
SECONDS_A_RECORD = SNAPSHOT_S / 40
"""Of the worker's own clock: a round of snapshots every forty records."""


def fresh_log() -> FakeLog:
    log = FakeLog()
    log.records = {where: list(records) for where, records in FRAMES_LOG.records.items()}
    return log


class Worker:
    """A worker with everything around it."""

    def __init__(self, log: FakeLog, name: str = "here-1") -> None:
        self.log = log
        self.clock = Clock()
        self.outbox = FakeOutbox(log, name)
        self.frames = FramesWorker(SETTINGS, Config(), as_log(log), as_outbox(self.outbox), clock=self.clock)

    async def take(self, records: Iterable[Record]) -> None:
        for record in records:
            self.clock.now_s += SECONDS_A_RECORD
            await self.frames.take(record)


def records(partition: int = 0) -> list[Record]:
    return FRAMES_LOG.of(FRAMES, partition)


async def uninterrupted() -> list[Alert | Transition | Reading]:
    worker = Worker(fresh_log())
    await worker.take(records())
    return [message for message in worker.outbox.said if isinstance(message, Alert | Transition | Reading)]


WHOLE_STORY = asyncio.run(uninterrupted())


def without_repeats(told: Iterable[object]) -> list[object]:
    """The first time of each."""
    out: list[object] = []
    seen: set[str] = set()
    for message in told:
        if (text := repr(message)) not in seen:
            seen.add(text)
            out.append(message)
    return out


def test_the_story_has_alerts_and_readings() -> None:
    """Two silent runs are always the same."""
    assert len([told for told in WHOLE_STORY if isinstance(told, Alert)]) > 1
    assert len([told for told in WHOLE_STORY if isinstance(told, Reading)]) == 150
    assert without_repeats(WHOLE_STORY) == WHOLE_STORY


@pytest.mark.slow
@settings(max_examples=10)
@given(seed=st.integers(0, 10_000))
async def test_deliveries_that_are_lost_twice_or_out_of_order_change_nothing(seed: int) -> None:
    """Faust's restarts lose records and repeat others: alerts would be missing, or would come from nothing."""
    random = Random(seed)
    delivered: list[Record] = []
    for at, record in enumerate(records()):
        if random.random() < 0.9:
            delivered.append(record)
        if random.random() < 0.05:
            delivered += records()[max(0, at - random.randrange(60)) : at + 1]
        if random.random() < 0.02:
            delivered.append(records()[min(at + random.randrange(9), len(records()) - 1)])
    worker = Worker(fresh_log())
    await worker.take([*delivered, records()[-1]])
    assert worker.outbox.said == WHOLE_STORY
    assert worker.frames.repeated > 0


@pytest.mark.slow
@settings(max_examples=10)
@given(seed=st.integers(0, 10_000))
async def test_workers_that_are_killed_one_after_the_other_tell_the_story_once(seed: int) -> None:
    """A kill would lose alerts for ever, or tell another story from there on."""
    random = Random(seed)
    log, told, at = fresh_log(), list[object](), 0
    while at < len(records()):
        worker = Worker(log)
        # Where the group stands is somewhere behind what was said; deliveries begin there.
        position = log.positions.get((records()[0].topic, 0), 0)
        died = min(len(records()), at + random.randrange(1, 250))
        await worker.take(records()[position:died])
        told += worker.outbox.said
        at = max(at, died)
        if acknowledged := random.randrange(at):
            log.positions[records()[0].topic, 0] = max(position, acknowledged)
    assert without_repeats(told) == WHOLE_STORY


async def test_what_was_said_before_the_committed_position_is_not_said_again() -> None:
    """Subscribers would get an hour of old alerts after each restart."""
    log = fresh_log()
    first, second = Worker(log), Worker(log, "here-2")
    await first.take(records()[:400])
    log.positions[records()[0].topic, 0] = 400
    log.records.pop((SETTINGS.topic(SNAPSHOTS), 0))
    await second.take(records()[400:])
    assert log.reads[-1][2] == 0
    assert first.outbox.said + second.outbox.said == WHOLE_STORY


async def test_nothing_is_said_of_a_part_of_the_assets_when_commits_are_behind_snapshots() -> None:
    """A second would be told without the assets that hold it already, and believed."""
    log = fresh_log()
    first, second = Worker(log), Worker(log, "here-2")
    await first.take(records()[:500])
    log.positions[records()[0].topic, 0] = 420
    await second.take(records()[420:])
    assert second.outbox.said == WHOLE_STORY[-len(second.outbox.said) :]


async def test_a_worker_starts_anywhere_in_a_log_that_nobody_has_read() -> None:
    """The first worker of a deployment would fail where the oldest frames are gone already."""
    log = fresh_log()
    log.records[records()[0].topic, 0] = records()[300:]
    worker = Worker(log)
    await worker.take(records()[300:])
    assert worker.frames.owned[0].partition.next_offset == len(records())
    assert worker.frames.recoveries == 1


async def test_the_first_record_of_all_need_not_be_delivered() -> None:
    """Assets that are defined in it would be unknown."""
    worker = Worker(fresh_log())
    await worker.take(records()[2:])
    assert worker.outbox.said == WHOLE_STORY


async def test_what_is_no_longer_in_the_log_is_passed_over() -> None:
    """A worker that was away for longer than frames are kept would wait for them for ever."""
    log = fresh_log()
    first, second = Worker(log), Worker(log, "here-2")
    await first.take(records()[:300])
    log.positions[records()[0].topic, 0] = 300
    log.records[records()[0].topic, 0] = records()[450:]
    await second.take(records()[450:])
    assert second.frames.owned[0].partition.next_offset == len(records())
    assert second.frames.repeated == 0


async def test_the_state_of_another_version_is_taken_away_and_the_log_warms_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """After an upgrade a worker would not start, or would stumble for ever over an asset that is traded no more."""
    log = fresh_log()
    first, second = Worker(log), Worker(log, "here-2")
    await first.take(records()[:400])
    keys = {record.key for record in log.of(SNAPSHOTS, 0)}
    assert WHOLE in keys
    assert len(keys) > 2
    log.positions[records()[0].topic, 0] = 400
    log.warm_up_from = 1
    monkeypatch.setattr("detector.state.VERSION", 99)
    # From here on this is the only version; what it saves replaces what the other has left.
    await second.take(records()[400:401])
    refused = f"partition 0: its saved state cannot be used: state of version {VERSION}; this program writes version 99"
    assert refused in caplog.text
    assert (records()[0].topic, 0, 1) in log.reads
    assert await log.latest(SETTINGS.topic(SNAPSHOTS), 0) == {}
    assert second.frames.owned[0].partition.shard.assets
    assert len(second.outbox.said) <= 8


async def test_the_market_wide_stage_saves_beside_the_first_partition() -> None:
    """The first partition would never be restored: its snapshots hold one that is no asset's."""
    log = fresh_log()
    first, second = Worker(log), Worker(log, "here-2")
    await first.take(records()[:400])
    log.positions[records()[0].topic, 0] = 400
    log.append(SNAPSHOTS, 0, SNAPSHOT_KEY, b"the market's")
    await second.take(records()[400:])
    assert log.reads[-1][2] > 250
    assert (await log.latest(SETTINGS.topic(SNAPSHOTS), 0))[SNAPSHOT_KEY] == b"the market's"
    assert first.outbox.said + second.outbox.said == WHOLE_STORY


async def test_a_log_that_was_created_anew_is_read_from_its_beginning(caplog: pytest.LogCaptureFixture) -> None:
    """Its records would be taken for old ones until it is as long as the one before: silence for days."""
    log = fresh_log()
    first, second = Worker(log), Worker(log, "here-2")
    await first.take(records()[:400])
    log.records[records()[0].topic, 0] = records()[:50]
    await second.take(records()[:50])
    assert second.outbox.said == WHOLE_STORY[: len(second.outbox.said)]
    assert second.frames.repeated == 0
    assert "and the log ends at 50" in caplog.text


async def test_assets_are_saved_again_and_again() -> None:
    """A restart would replay hours."""
    log = fresh_log()
    worker = Worker(log)
    await worker.take(records())
    saved = [record.key for record in log.of(SNAPSHOTS, 0)]
    assert saved.count(WHOLE) > 5
    assert {saved.count(key) - saved.count(WHOLE) for key in saved} <= {0, 1}


async def test_a_partition_that_goes_to_another_is_forgotten() -> None:
    """Two workers would say that they have it, and memory would grow with every rebalance."""
    worker = Worker(fresh_log())
    worker.frames.keep({0, 1})
    await worker.take([*records(0)[:50], *records(1)[:50]])
    assert sorted(worker.frames.owned) == [0, 1]
    events = worker.frames.events
    worker.frames.keep({1})
    assert sorted(worker.frames.owned) == [1]
    assert worker.frames.events == events


async def test_a_partition_that_comes_back_is_taken_up_where_the_other_left_it() -> None:
    """The old state would be believed, and what happened meanwhile would be told a second time."""
    log = fresh_log()
    one, other = Worker(log), Worker(log, "here-2")
    await one.take(records()[:200])
    log.positions[records()[0].topic, 0] = 200
    await other.take(records()[200:500])
    log.positions[records()[0].topic, 0] = 500
    before = len(one.outbox.said)
    await one.take(records()[500:])
    assert one.outbox.said[:before] + other.outbox.said + one.outbox.said[before:] == WHOLE_STORY


class SlowLog(FakeLog):
    """Reading pauses until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.reading = asyncio.Event()
        self.go_on = asyncio.Event()

    async def read(self, topic: str, partition: int, start: int, end: int | None) -> AsyncIterator[Record]:
        self.reading.set()
        await self.go_on.wait()
        async for record in super().read(topic, partition, start, end):
            yield record


@pytest.mark.parametrize(("kept", "owned"), [({1}, []), ({0, 1}, [0])])
async def test_a_rebalance_while_a_state_is_brought_up_is_heeded(kept: set[int], owned: list[int]) -> None:
    """A worker would say for ever that it has a partition which is another's."""
    log = SlowLog()
    log.records = fresh_log().records
    log.positions[records()[0].topic, 0] = 60
    worker = Worker(log)
    worker.frames.keep({0})
    taking = asyncio.create_task(worker.take(records()[60:61]))
    await log.reading.wait()
    worker.frames.keep(kept)
    log.go_on.set()
    await taking
    assert list(worker.frames.owned) == owned
    # What was under way is finished all the same: it will be acknowledged.
    assert worker.frames.records == 1
    await worker.take(records()[61:])
    assert worker.outbox.said == WHOLE_STORY[-len(worker.outbox.said) :]


async def test_a_rebalance_while_a_record_is_taken_does_not_break_it() -> None:
    """The worker would end with an error whenever a partition leaves it at the wrong moment."""
    worker = Worker(fresh_log())
    await worker.take(records()[:60])
    taking = asyncio.create_task(worker.take(records()[60:120]))
    await asyncio.sleep(0)
    worker.frames.keep(set())
    await taking
    assert worker.outbox.said == WHOLE_STORY[: len(worker.outbox.said)]


async def test_a_record_that_needs_a_log_which_is_away_can_be_taken_again() -> None:
    """A restart of the brokers in the wrong second would lose a record, or end the worker."""
    log = fresh_log()
    log.fails = [KafkaConnectionError("away")]
    worker = Worker(log)
    with pytest.raises(KafkaConnectionError):
        await worker.take(records()[:1])
    await worker.take(records())
    assert worker.outbox.said == WHOLE_STORY


@pytest.mark.parametrize("value", [b"lunch", b"\xff\xfe", b'{"kind":"tick"}', None, b'[{"kind":"lunch"}]'])
async def test_what_cannot_be_read_is_set_aside_once_and_the_rest_goes_on(value: bytes | None) -> None:
    """One bad record would end all assets of its partition, or would fill a topic at every restart."""
    log = fresh_log()
    kept = log.records[records()[0].topic, 0] = records()[:100]
    bad = log.append(FRAMES, 0, b"BTC", value, PRODUCER)
    for record in records()[100:400]:
        log.append(FRAMES, 0, record.key, record.value, record.headers)
    first, second = Worker(log), Worker(log, "here-2")
    await first.take(kept[:140])
    assert [(topic, record) for topic, record, _ in first.outbox.dead] == [(FRAMES_DEAD_LETTERS, bad)]
    assert first.outbox.dead[0][2]
    assert first.frames.poisoned == 1
    log.positions[bad.topic, 0] = 140
    log.records.pop((SETTINGS.topic(SNAPSHOTS), 0))
    await second.take(kept[140:])
    assert second.outbox.dead == []
    assert [*first.outbox.said, *second.outbox.said] == WHOLE_STORY[: len(first.outbox.said) + len(second.outbox.said)]


async def test_a_record_on_which_the_detector_fails_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of ours in one record would end the whole worker, and every worker after it."""
    worker = Worker(fresh_log())
    await worker.take(records()[:50])
    with monkeypatch.context() as patch:
        patch.setattr("detector.asset.AssetEngine.feed", lambda *_: 1 // 0)
        await worker.take(next([record] for record in records()[50:] if record.key != b"*"))
    ((topic, _, reason),) = worker.outbox.dead
    assert (topic, reason) == (FRAMES_DEAD_LETTERS, "ZeroDivisionError: integer division or modulo by zero")
    assert worker.frames.poisoned == 1
