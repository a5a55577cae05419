"""Faust delivers, and no more: whatever it does at restarts, each record is taken once, and what is acknowledged is
committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import faust
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError

from detector.config import Config
from detector.runtime.cluster import frames_worker, market_worker
from detector.runtime.cluster.app import WorkerError, build_app, group_of, patiently, run_app, stop_app
from detector.runtime.cluster.frames_worker import FramesWorker
from detector.runtime.cluster.log import Log
from detector.runtime.cluster.market_worker import MarketWorker
from detector.runtime.cluster.outbox import Outbox
from detector.runtime.cluster.partition import Partition
from detector.runtime.cluster.receipts import Receipts
from detector.runtime.cluster.records import Record
from producers.kafka.settings import KafkaSettings
from schemas.codec import decode_output, encode
from schemas.frames import encode_frame
from schemas.reading import Reading
from schemas.topics import (
    FRAMES,
    FRAMES_DEAD_LETTERS,
    HEADERS,
    READINGS,
    READINGS_DEAD_LETTERS,
    Topic,
)
from tests.kit.cluster import PRODUCER, framed, ticked
from tests.kit.kafka.choice import SharedBroker
from tests.kit.kafka_log import Found, deployment, read_topic
from tests.kit.stream import T0, definition, trade
from tests.kit.synthetic_crash import synthetic_crash

RECORD = Record("frames", 0, 7, b"BTC", b"[]")


class FakeApp:
    """Lives until it is told how to end."""

    def __init__(self, *, start_fails: Exception | None = None, stop_s: float = 0.0) -> None:
        self.crash_reason: BaseException | None = None
        self.ended = asyncio.Event()
        self.started = asyncio.Event()
        self._start_fails = start_fails
        self._stop_s = stop_s

    async def start(self) -> None:
        self.started.set()
        if self._start_fails is not None:
            raise self._start_fails

    async def wait_until_stopped(self) -> None:
        await self.ended.wait()

    async def stop(self) -> None:
        await asyncio.sleep(self._stop_s)


def as_app(app: FakeApp) -> faust.App:
    return cast(faust.App, app)


async def for_ever() -> None:
    await asyncio.Event().wait()


async def test_it_runs_until_it_is_told_to_stop() -> None:
    """A signal would end nothing, or the worker would end by itself."""
    app, stop, beside = FakeApp(), asyncio.Event(), asyncio.create_task(for_ever())
    running = asyncio.create_task(run_app(as_app(app), stop, (beside,)))
    await app.started.wait()
    assert not running.done()
    stop.set()
    await running
    # Receipts and letters are needed until the app has stopped.
    assert not beside.done()
    beside.cancel()


async def test_a_signal_while_it_starts_is_heeded() -> None:
    """Ctrl-C would wait for brokers that are away."""
    app, stop = FakeApp(), asyncio.Event()
    app.start = for_ever  # type: ignore[method-assign]
    stop.set()
    async with asyncio.timeout(5):
        await run_app(as_app(app), stop, ())


async def test_what_runs_beside_it_ends_it_when_it_fails() -> None:
    """Nothing would be written or committed any more, and nobody would know."""

    async def fails() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await run_app(as_app(FakeApp()), asyncio.Event(), (asyncio.create_task(fails()),))


async def test_what_runs_beside_it_must_not_end() -> None:
    """As above, without an error."""
    task = asyncio.create_task(asyncio.sleep(0))
    with pytest.raises(WorkerError, match="a part of the worker ended by itself"):
        await run_app(as_app(FakeApp()), asyncio.Event(), (task,))


@pytest.mark.parametrize(
    ("app", "says"),
    [
        (lambda: FakeApp(start_fails=KafkaConnectionError("nobody there")), "cannot be used: KafkaConnectionError"),
        (lambda: FakeApp(start_fails=ConnectionRefusedError("no")), "cannot be used: ConnectionRefusedError: no"),
    ],
)
async def test_brokers_that_go_away_while_it_starts_are_told_in_one_line(app: Any, says: str) -> None:
    """A user would get a hundred lines of ours for a broker of theirs."""
    with pytest.raises(WorkerError, match=says):
        await run_app(as_app(app()), asyncio.Event(), ())


@pytest.mark.parametrize(
    ("reason", "raised", "says"),
    [
        (KafkaConnectionError("closed"), WorkerError, "was lost: KafkaConnectionError"),
        (ZeroDivisionError("ours"), ZeroDivisionError, "ours"),
        (None, WorkerError, "ended by itself"),
    ],
)
async def test_a_crash_of_the_app_ends_the_worker(reason: Exception | None, raised: type, says: str) -> None:
    """A process without a consumer would look alive for ever."""
    app = FakeApp()
    app.crash_reason = reason
    app.ended.set()
    with pytest.raises(raised, match=says):
        await run_app(as_app(app), asyncio.Event(), ())


async def test_an_app_that_does_not_stop_is_left() -> None:
    """With the brokers away Ctrl-C would hang."""
    assert await stop_app(as_app(FakeApp()), within_s=5)
    stuck = FakeApp(stop_s=60)
    assert not await stop_app(as_app(stuck), within_s=0.01)


async def test_a_record_waits_for_brokers_that_are_away(caplog: pytest.LogCaptureFixture) -> None:
    """It would be lost, and with it everything that follows from it."""
    fails = [KafkaConnectionError("away"), ConnectionResetError("gone")]
    taken: list[Record] = []

    async def take(record: Record) -> None:
        if fails:
            raise fails.pop(0)
        taken.append(record)

    await patiently(take, RECORD, again_s=0.0)
    assert taken == [RECORD]
    assert "frames-0 offset 7 waits, trying again: KafkaConnectionError: away" in caplog.text


async def test_an_error_of_ours_is_not_waited_out() -> None:
    """The worker would stand still for ever."""

    async def take(_record: Record) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await patiently(take, RECORD, again_s=0.0)


def test_it_leaves_nothing_in_the_folder_where_it_is_started(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container with a read-only file system could not start, and every deployment would leave a folder behind."""
    monkeypatch.chdir(tmp_path)
    settings = KafkaSettings(topic_prefix="here.")
    worker = cast(Any, SimpleNamespace(take=None))
    app = build_app(settings, worker, worker, Receipts(cast(Outbox, None)))
    assert app.conf.id == group_of(settings) == "here.cascade-detector"
    app._create_directories()
    assert list(tmp_path.iterdir()) == []


# With a broker


class Running:
    """A worker of this process."""

    def __init__(self, settings: KafkaSettings, name: str) -> None:
        self.outbox = Outbox(settings, name)
        self.log = Log(settings, group_of(settings))
        self.frames = FramesWorker(settings, Config(), self.log, self.outbox)
        self.market = MarketWorker(settings, Config(), self.log, self.outbox)
        self.receipts = Receipts(self.outbox)
        self.app = build_app(settings, self.frames, self.market, self.receipts)


@asynccontextmanager
async def running(settings: KafkaSettings, name: str = "here-1") -> AsyncIterator[Running]:
    """Started as `cascade detect` starts it, and stopped gracefully."""
    worker, stop = Running(settings, name), asyncio.Event()
    beside = [asyncio.create_task(worker.outbox.run()), asyncio.create_task(worker.receipts.run())]
    living = asyncio.create_task(run_app(worker.app, stop, beside))
    try:
        yield worker
        stop.set()
        await living
        await worker.outbox.flush()
    finally:
        # Its threads would outlive a test that failed.
        assert await stop_app(worker.app, within_s=30)
        for task in (*beside, living):
            task.cancel()
        await asyncio.gather(*beside, living, return_exceptions=True)
        await worker.outbox.close()


async def until(condition: Any, within_s: float = 60) -> None:
    """Poll: nobody is told when a record was taken."""
    async with asyncio.timeout(within_s):
        while not await condition() if asyncio.iscoroutinefunction(condition) else not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def write(settings: KafkaSettings, topic: Topic, partition: int, records: Sequence[Record]) -> None:
    """Write records as they are."""
    producer = AIOKafkaProducer(**settings.client(), enable_idempotence=True, linger_ms=5)
    await producer.start()
    for record in records:
        await producer.send(
            settings.topic(topic), record.value, key=record.key, partition=partition, headers=list(record.headers)
        )
    await producer.stop()


PARTITIONS = (0, 1)
RESTARTS = 8
WAITING = 200


@pytest.mark.kafka
async def test_through_eight_restarts_every_record_is_taken_once(
    broker: SharedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faust with tables takes records twice or never when it is restarted (its recovery seeks under open flow)."""
    monkeypatch.setattr(frames_worker, "SNAPSHOT_S", 0.05)
    settings = await deployment(broker.bootstrap)
    crash = framed(ticked(synthetic_crash(5, calm_s=550, crash_s=100)), len(PARTITIONS), most_events=10)
    logs = {number: crash.of(FRAMES, number)[: WAITING * RESTARTS] for number in PARTITIONS}
    assert all(len(records) > 5 * WAITING for records in logs.values())
    saved_starts = 0
    for restart in range(RESTARTS):
        waiting = {number: records[restart * WAITING : (restart + 1) * WAITING] for number, records in logs.items()}
        for number, records in waiting.items():
            await write(settings, FRAMES, number, records)
        end = {number: min(len(logs[number]), (restart + 1) * WAITING) for number in PARTITIONS}

        async with running(settings, f"here-{restart}") as worker:

            def done(worker: Running = worker, end: dict[int, int] = end) -> bool:
                owned = worker.frames.owned
                return all(number in owned and owned[number].partition.next_offset == end[number] for number in end)

            # The last restarts may have nothing new to take.
            if any(waiting.values()):
                await until(done)
                last = {number: owned.partition for number, owned in worker.frames.owned.items()}
                saved_starts += restart > 0 and all(part.held >= 0 for part in last.values())
    for number in PARTITIONS:
        whole = Partition(number, Config())
        told = {second.reading.ts_ns: second.reading for each in logs[number] for second in whole.feed(each).closed}
        assert {key: last[number].snapshot(key) for key in last[number].begin_round()} == {
            key: whole.snapshot(key) for key in whole.begin_round()
        }
        found = [decode_output(record.value) for record in await read_topic(settings, READINGS)]
        readings = [reading for reading in found if isinstance(reading, Reading) and reading.partition == number]
        assert {reading.ts_ns: reading for reading in readings} == told
        assert all(reading == told[reading.ts_ns] for reading in readings)
    assert saved_starts > 0


BAD: list[bytes | None] = [b"lunch", b"\xff\xfe\x00", b'{"kind":"tick"}', None, b"", b'"words"', b"[1,2]"]


def good(number: int) -> Record:
    return RECORD._replace(value=encode_frame([trade(number)]), headers=PRODUCER)


def check_letters(settings: KafkaSettings, found: list[Found], topic: Topic, bad: Sequence[Record]) -> None:
    """Each bad record lies there once, as it came, and says why and where from."""
    place = {(letter.headers["dlq-partition"], letter.headers["dlq-offset"]): letter for letter in found}
    assert len(place) == len(found) == len(bad)
    for record in bad:
        letter = place[str(record.partition).encode(), str(record.offset).encode()]
        assert (letter.key, letter.value) == (record.key, record.value)
        assert letter.headers.keys() >= HEADERS["dead letter"].keys()
        assert letter.headers["dlq-topic"] == settings.topic(topic).encode()
        assert letter.headers["dlq-reason"]
        assert letter.headers["dlq-worker"] == b"here-1"
        assert dict(record.headers).items() <= letter.headers.items()


@pytest.mark.kafka
async def test_frames_that_nobody_can_read_are_set_aside_and_passed(broker: SharedBroker) -> None:
    """One bad record would stop a partition for ever: no worker after this one would come past it either."""
    settings = await deployment(broker.bootstrap)
    records = [RECORD._replace(value=encode_frame([definition()]), headers=PRODUCER)]
    bad: list[Record] = []
    for number, value in enumerate(BAD):
        bad.append(RECORD._replace(partition=3, offset=len(records), value=value, headers=PRODUCER))
        records += [bad[-1], good(number + 1)]
    torn = good(99)
    torn = torn._replace(
        partition=3, offset=len(records), value=(torn.value or b"")[:-1] + b',{"kind":"lunch"}]', headers=PRODUCER
    )
    bad.append(torn)
    records += [torn, good(100)]
    await write(settings, FRAMES, 3, records)
    async with running(settings) as worker:

        async def passed() -> bool:
            return await worker.log.committed(settings.topic(FRAMES), 3) == len(records)

        await until(lambda: 3 in worker.frames.owned and worker.frames.owned[3].partition.next_offset == len(records))
        await until(passed)
        assert worker.frames.poisoned == len(bad)
        # The definition, a trade behind each bad record, and the good one of the torn frame.
        assert worker.frames.events == 1 + len(BAD) + 2
        assert worker.frames.owned[3].partition.shard.standing.unknown == 0
    check_letters(settings, await read_topic(settings, FRAMES_DEAD_LETTERS), FRAMES, bad)


@pytest.mark.kafka
async def test_readings_that_nobody_can_read_are_set_aside_and_passed(
    broker: SharedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bad record would end the market-wide stage of the whole cluster."""
    monkeypatch.setattr(market_worker, "FRAME_PARTITIONS", 1)
    settings = await deployment(broker.bootstrap)
    records: list[Record] = []
    bad: list[Record] = []
    nowhere = encode(Reading(ts_ns=T0, partition=77, assets=()))
    for second, value in enumerate([*BAD, nowhere], start=1):
        bad.append(RECORD._replace(partition=0, offset=len(records), value=value))
        reading = Reading(ts_ns=T0 + second * 1_000_000_000, partition=0, assets=())
        records += [bad[-1], RECORD._replace(key=b"0", value=encode(reading))]
    await write(settings, READINGS, 0, records)
    async with running(settings) as worker:

        async def passed() -> bool:
            return await worker.log.committed(settings.topic(READINGS), 0) == len(records)

        await until(passed)
        assert worker.market.poisoned == len(bad)
        assert worker.market.state is not None
        assert worker.market.state.ts_ns == T0 + len(bad) * 1_000_000_000
    check_letters(settings, await read_topic(settings, READINGS_DEAD_LETTERS), READINGS, bad)


@pytest.mark.kafka
async def test_an_error_of_ours_ends_the_worker_and_is_not_committed_past(broker: SharedBroker) -> None:
    """The record would be lost silently: Faust starts an agent that failed anew, behind it."""
    settings = await deployment(broker.bootstrap)
    await write(settings, FRAMES, 0, [good(1)])
    worker = Running(settings, "here-1")

    async def fails(record: Record) -> None:  # noqa: ARG001
        raise ZeroDivisionError("ours")

    cast(Any, worker.frames).take = fails
    app = build_app(settings, worker.frames, worker.market, worker.receipts)
    with pytest.raises(ZeroDivisionError, match="ours"):
        async with asyncio.timeout(60):
            await run_app(app, asyncio.Event(), ())
    assert await stop_app(app, within_s=30)
    assert await worker.log.committed(settings.topic(FRAMES), 0) == 0
