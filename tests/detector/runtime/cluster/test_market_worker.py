"""The market-wide stage: whoever has it, and however its readings are delivered, it tells one story."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.config import Config
from detector.runtime.cluster.frames_worker import FramesWorker
from detector.runtime.cluster.market_worker import EXCUSED_AFTER_S, SNAPSHOT_KEY, SNAPSHOT_S, MarketWorker
from detector.runtime.cluster.records import Record
from detector.state import VERSION
from schemas.alert import Alert
from schemas.codec import encode
from schemas.reading import Reading
from schemas.state import MarketState
from schemas.topics import FRAME_PARTITIONS, FRAMES, READINGS, READINGS_DEAD_LETTERS, SNAPSHOTS
from tests.kit.cluster import SETTINGS, Clock, FakeLog, FakeOutbox, as_log, as_outbox, framed, log_readings, ticked
from tests.kit.synthetic_crash import NS, T0, synthetic_crash

SECONDS_A_RECORD = SNAPSHOT_S / 200


def readings_log() -> FakeLog:
    """The readings of all partitions as a cluster writes them: in order within each, and mixed."""

    async def work() -> FakeLog:
        log = framed(ticked(synthetic_crash(5, calm_s=60, crash_s=90)), FRAME_PARTITIONS)
        outbox = FakeOutbox(log)
        frames = FramesWorker(SETTINGS, Config(), as_log(log), as_outbox(outbox))
        queues = [log.of(FRAMES, number)[:] for number in range(FRAME_PARTITIONS)]
        random = Random(1)
        while any(queues):
            await frames.take(random.choice([queue for queue in queues if queue]).pop(0))
        only = FakeLog()
        log_readings(only, outbox)
        return only

    return asyncio.run(work())


READINGS_LOG = readings_log()
RECORDS = READINGS_LOG.of(READINGS, 0)


def fresh_log() -> FakeLog:
    log = FakeLog()
    log.records = {where: list(records) for where, records in READINGS_LOG.records.items()}
    return log


class Worker:
    """A worker with everything around it."""

    def __init__(self, log: FakeLog, name: str = "here-1") -> None:
        self.log = log
        self.clock = Clock()
        self.outbox = FakeOutbox(log, name)
        self.market = MarketWorker(SETTINGS, Config(), as_log(log), as_outbox(self.outbox), clock=self.clock)

    async def take(self, records: Iterable[Record]) -> None:
        for record in records:
            self.clock.now_s += SECONDS_A_RECORD
            await self.market.take(record)


async def uninterrupted() -> list[Any]:
    worker = Worker(fresh_log())
    await worker.take(RECORDS)
    return list(worker.outbox.said)


STORY = asyncio.run(uninterrupted())


def without_repeats(told: Iterable[object]) -> list[object]:
    """The first time of each."""
    return list({repr(message): message for message in reversed(list(told))}.values())[::-1]


def test_the_story_has_alerts() -> None:
    """Two silent runs are always the same."""
    assert len(RECORDS) == 150 * FRAME_PARTITIONS
    assert len([told for told in STORY if isinstance(told, Alert)]) > 1
    assert isinstance(STORY[-1], MarketState)


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000))
async def test_deliveries_that_are_lost_or_repeated_change_nothing(seed: int) -> None:
    """Faust's restarts lose records and repeat others: the market's alerts would be missing."""
    random = Random(seed)
    delivered: list[Record] = []
    for at, record in enumerate(RECORDS):
        if random.random() < 0.9:
            delivered.append(record)
        if random.random() < 0.02:
            delivered += RECORDS[max(0, at - random.randrange(60)) : at + 1]
    worker = Worker(fresh_log())
    await worker.take([*delivered, RECORDS[-1]])
    assert worker.outbox.said == STORY
    assert worker.market.repeated > 0


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000))
async def test_workers_that_are_killed_one_after_the_other_tell_the_story_once(seed: int) -> None:
    """A kill would lose the market's alert, or begin another episode."""
    random = Random(seed)
    log, told, at = fresh_log(), list[object](), 0
    where = (RECORDS[0].topic, 0)
    while at < len(RECORDS):
        worker = Worker(log)
        died = min(len(RECORDS), at + random.randrange(1, 900))
        await worker.take(RECORDS[log.positions.get(where, 0) : died])
        told += worker.outbox.said
        at = max(at, died)
        # A snapshot is sent at once with the first record, so that a position is never without one before it.
        log.positions[where] = max(log.positions.get(where, 0), random.randrange(at))
    assert without_repeats(told) == without_repeats(STORY)


async def test_what_was_said_before_the_committed_position_is_not_said_again() -> None:
    """Subscribers would get the market's alerts once more with every restart."""
    log = fresh_log()
    first, second = Worker(log), Worker(log, "here-2")
    await first.take(RECORDS[:1500])
    log.positions[RECORDS[0].topic, 0] = 1500
    await second.take(RECORDS[1500:])
    assert log.reads[-1][2] < 1500
    assert first.outbox.said + second.outbox.said == STORY


async def test_the_first_reading_of_all_need_not_be_delivered() -> None:
    """A condition that began in it would be unknown."""
    worker = Worker(fresh_log())
    await worker.take(RECORDS[5:])
    assert worker.outbox.said == STORY


async def test_the_stage_is_silent_where_another_has_it_and_goes_on_from_what_that_has_saved() -> None:
    """Two workers would tell two states of the market."""
    log = fresh_log()
    one, other = Worker(log), Worker(log, "here-2")
    assert one.market.state is None
    await one.take(RECORDS[:600])
    assert one.market.state is not None
    one.market.forget()
    assert one.market.state is None
    assert one.market.awaited == []
    log.positions[RECORDS[0].topic, 0] = 600
    await other.take(RECORDS[600:1400])
    log.positions[RECORDS[0].topic, 0] = 1400
    before = len(one.outbox.said)
    await one.take(RECORDS[1400:])
    assert one.outbox.said[:before] + other.outbox.said + one.outbox.said[before:] == STORY


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


async def test_a_stage_that_goes_to_another_while_it_is_brought_up_is_not_ours() -> None:
    """The worker would end with an error, or tell a market that is another's for ever."""
    log = SlowLog()
    log.records = fresh_log().records
    worker = Worker(log)
    taking = asyncio.create_task(worker.take(RECORDS[:200]))
    await log.reading.wait()
    worker.market.forget()
    log.go_on.set()
    await taking
    # The first record was under way; those after it came from a new assignment.
    assert worker.market.state is not None
    worker.market.forget()
    log.reading.clear()
    log.go_on.clear()
    taking = asyncio.create_task(worker.take(RECORDS[200:201]))
    await log.reading.wait()
    worker.market.forget()
    log.go_on.set()
    await taking
    assert worker.market.state is None


def of(partition: int, second: int) -> bytes:
    return encode(Reading(ts_ns=T0 + second * NS, partition=partition, assets=()))


async def test_a_partition_that_is_silent_for_long_is_left_out_and_missed_aloud(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One dead worker would blind the whole market, or the market would be called calm without it."""
    log = FakeLog()
    worker = Worker(log)
    second = 1
    for partition in range(FRAME_PARTITIONS):
        await worker.take([log.append(READINGS, 0, None, of(partition, second))])
    assert worker.market.state is not None
    assert worker.market.state.missing_partitions == ()
    began_s = worker.clock.now_s
    while worker.clock.now_s < began_s + EXCUSED_AFTER_S - 1:
        second += 1
        for partition in range(FRAME_PARTITIONS - 1):
            await worker.take([log.append(READINGS, 0, None, of(partition, second))])
        worker.clock.now_s += 1
    assert worker.market.awaited == [FRAME_PARTITIONS - 1]
    assert worker.market.state.ts_ns == T0 + NS
    worker.clock.now_s += 5
    await worker.take([log.append(READINGS, 0, None, of(0, second + 1))])
    missing: tuple[int, ...] = worker.market.state.missing_partitions
    assert missing == (FRAME_PARTITIONS - 1,)
    assert worker.market.state.ts_ns == T0 + second * NS
    assert f"partition {FRAME_PARTITIONS - 1} has been silent for 30 s: judging without it" in caplog.text


async def test_a_stage_that_comes_back_waits_for_partitions_that_it_could_not_hear() -> None:
    """The market would be judged at once without partitions that are alive and well."""
    log = FakeLog()
    worker = Worker(log)
    for partition in range(FRAME_PARTITIONS):
        await worker.take([log.append(READINGS, 0, None, of(partition, 1))])
    worker.market.forget()
    worker.clock.now_s += 10 * EXCUSED_AFTER_S
    for partition in range(FRAME_PARTITIONS):
        log.append(READINGS, 0, None, of(partition, 2))
    await worker.take([log.append(READINGS, 0, None, of(0, 3))])
    assert worker.market.awaited == list(range(1, FRAME_PARTITIONS))
    assert worker.market.state is not None
    assert worker.market.state.missing_partitions == ()


async def test_after_a_time_without_brokers_all_partitions_are_waited_for() -> None:
    """The first who comes back would be judged alone: alerts of all others would be missing, or cleared."""
    log = FakeLog()
    worker = Worker(log)
    for partition in range(FRAME_PARTITIONS):
        await worker.take([log.append(READINGS, 0, None, of(partition, 1))])
    worker.clock.now_s += 2 * EXCUSED_AFTER_S
    await worker.take([log.append(READINGS, 0, None, of(0, 2)), log.append(READINGS, 0, None, of(0, 3))])
    assert worker.market.awaited == list(range(1, FRAME_PARTITIONS))
    for partition in range(1, FRAME_PARTITIONS):
        await worker.take([log.append(READINGS, 0, None, of(partition, 2))])
    assert worker.market.state is not None
    assert worker.market.state.ts_ns == T0 + 2 * NS
    assert worker.market.state.missing_partitions == ()


async def test_a_partition_that_is_an_hour_behind_does_not_make_the_saved_state_large() -> None:
    """It would be too large for its topic after a long time without workers, and the next one begin with nothing."""
    log = FakeLog()
    worker = Worker(log)
    for second in range(1, 3_600):
        worker.clock.now_s += SNAPSHOT_S
        await worker.take([log.append(READINGS, 0, None, of(1, second))])
    assert len((await log.latest(SETTINGS.topic(SNAPSHOTS), 0))[SNAPSHOT_KEY]) < 10_000


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"lunch", "DecodeError: JSON is malformed"),
        (b"\xff\xfe", "DecodeError: JSON is malformed"),
        (b'{"kind":"reading","ts_ns":1,"partition":0,"assets":["\xff"]}', ""),
        (None, "DecodeError: Input data was truncated"),
        (b'{"kind":"tick"}', "ValidationError: Invalid value 'tick'"),
        (b'{"x":' + b"[" * 5_000, "RecursionError"),
        (of(FRAME_PARTITIONS, 1), f"ValidationError: there is no partition {FRAME_PARTITIONS}"),
        (of(-1, 1), "ValidationError: there is no partition -1"),
    ],
)
async def test_what_is_no_reading_is_set_aside_and_the_rest_goes_on(value: bytes | None, reason: str) -> None:
    """One bad record would end the market-wide stage, and with it every worker that takes it over."""
    log = fresh_log()
    log.records[RECORDS[0].topic, 0] = RECORDS[:60]
    bad = log.append(READINGS, 0, b"0", value)
    for record in RECORDS[60:]:
        log.append(READINGS, 0, record.key, record.value)
    first, second = Worker(log), Worker(log, "here-2")
    await first.take(log.of(READINGS, 0)[:80])
    ((topic, record, words),) = first.outbox.dead
    assert (topic, record) == (READINGS_DEAD_LETTERS, bad)
    assert words.startswith(reason)
    assert first.market.poisoned == 1
    log.positions[bad.topic, 0] = 80
    await second.take(log.of(READINGS, 0)[80:])
    assert second.outbox.dead == []
    assert first.outbox.said + second.outbox.said == STORY


async def test_a_second_on_which_the_stage_fails_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of ours in one second would end the worker, and every worker after it."""
    worker = Worker(fresh_log())
    monkeypatch.setattr("detector.market_engine.MarketEngine.observe", lambda *_, **__: 1 // 0)
    await worker.take(RECORDS[:200])
    assert {reason for _, _, reason in worker.outbox.dead} == {"ZeroDivisionError: integer division or modulo by zero"}


async def test_the_state_of_another_version_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """After an upgrade the stage would not start."""
    log = fresh_log()
    await Worker(log).take(RECORDS[:400])
    log.positions[RECORDS[0].topic, 0] = 400
    monkeypatch.setattr("detector.state.VERSION", 99)
    second = Worker(log, "here-2")
    await second.take(RECORDS[400:500])
    assert "this program writes version 99" in caplog.text
    assert second.market.state is not None


async def test_half_a_state_is_as_good_as_none(caplog: pytest.LogCaptureFixture) -> None:
    """The stage would fail on it again and again, in every worker that takes it over."""
    log = fresh_log()
    log.append(
        SNAPSHOTS, 0, SNAPSHOT_KEY, b"\x92%c\x83\xa6offset\x07\xa6market\xc4\x01x\xa9alignment\xc4\x01x" % VERSION
    )
    worker = Worker(log)
    await worker.take(RECORDS)
    assert "not a saved state" in caplog.text
    assert worker.outbox.said == STORY


async def test_readings_that_were_created_anew_are_read_from_their_beginning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """They would be taken for old ones: the market would stand still for days."""
    log = fresh_log()
    await Worker(log).take(RECORDS[:400])
    log.records[RECORDS[0].topic, 0] = RECORDS[:100]
    worker = Worker(log, "here-2")
    caplog.set_level(logging.INFO, "detector")
    await worker.take(RECORDS[:100])
    assert "and the log ends at 100" in caplog.text
    assert worker.market.repeated == 0
