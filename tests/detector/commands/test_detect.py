"""`cascade detect`: how it refuses, what it says while it runs, and how it ends; as a process of its own."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from detector.runtime.cluster.records import Record
from producers.kafka.settings import KafkaSettings
from schemas.codec import decode_output
from schemas.state import Heartbeat, MarketState
from schemas.topics import ALERTS, FRAME_PARTITIONS, FRAMES, SNAPSHOTS, STATE, TOPICS, Topic
from tests.kit.cluster import framed, ticked
from tests.kit.kafka.broker import Broker
from tests.kit.kafka.choice import SharedBroker
from tests.kit.kafka.ports import free_ports
from tests.kit.kafka_log import deployment, read_topic
from tests.kit.scripted_broker import Listener, Serve
from tests.kit.synthetic_crash import synthetic_crash

ROOT = Path(__file__).resolve().parents[3]
REFUSES_WITHIN_S = 10
ENDS_WITHIN_S = 15
BUSY_S = 5
"""Starting Python and everything that the program imports, on a machine that does other things."""


class Worker:
    """The program, with what it says on standard error in a file."""

    def __init__(self, says: Path, *options: str, **environ: str) -> None:
        self._says = says
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("KAFKA_", "CASCADE_"))}
        with says.open("wb") as file:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-u", "-m", "detector.cli", "detect", *options],
                cwd=says.parent,
                env=clean | {"PYTHONPATH": str(ROOT)} | environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=file,
            )

    @property
    def says(self) -> str:
        return self._says.read_text()

    def ends(self, within_s: float) -> int:
        """Its exit code. Whatever else: nobody is shown a traceback."""
        code = self.process.wait(within_s)
        assert "Traceback" not in self.says
        assert self.process.stdout is not None
        assert self.process.stdout.read() == b""
        return code

    async def until_it_says(self, pattern: str, within_s: float = 40) -> None:
        try:
            async with asyncio.timeout(within_s):
                while not re.search(pattern, self.says):
                    assert self.process.poll() is None, self.says
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pytest.fail(f"it never said {pattern}: {self.says}")


@contextmanager
def detecting(folder: Path, *options: str, **environ: str) -> Iterator[Worker]:
    worker = Worker(folder / "says", *options, **environ)
    try:
        yield worker
    finally:
        worker.process.kill()
        worker.process.wait()
        assert worker.process.stdout is not None
        worker.process.stdout.close()


def deployed(settings: KafkaSettings) -> dict[str, str]:
    return {"KAFKA_BOOTSTRAP_SERVERS": settings.bootstrap_servers, "CASCADE_TOPIC_PREFIX": settings.topic_prefix}


def refusal(folder: Path, *options: str, **environ: str) -> tuple[int, str]:
    """The exit code, and the one line."""
    began_s = time.monotonic()
    with detecting(folder, *options, **environ) as worker:
        code = worker.ends(REFUSES_WITHIN_S + BUSY_S)
    assert time.monotonic() - began_s < REFUSES_WITHIN_S + BUSY_S
    (line,) = worker.says.splitlines()
    assert line.startswith("cascade: ")
    return code, line


def test_nobody_at_the_address_is_told_in_one_line(tmp_path: Path) -> None:
    """Kafka's clients try for ever without a word."""
    (port,) = free_ports(1)
    code, line = refusal(tmp_path, "--kafka", f"127.0.0.1:{port}")
    assert (code, line) == (1, f"cascade: Kafka at 127.0.0.1:{port}: connection refused, nobody listens there")


async def says_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def speaks_of_webs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


@pytest.mark.parametrize("serve", [pytest.param(says_nothing, marks=pytest.mark.slow), speaks_of_webs])
async def test_a_port_that_is_not_kafka_is_told_in_one_line(serve: Serve, tmp_path: Path) -> None:
    """As above: the port of a web server is a typing mistake away."""
    async with Listener(serve) as listener:
        code, line = await asyncio.to_thread(refusal, tmp_path, "--kafka", listener.address)
    assert code == 1
    assert listener.address in line


@pytest.mark.parametrize("address", ["localhost", "http://localhost:9092", "localhost:kafka"])
def test_an_address_that_cannot_be_meant_is_the_commands_fault(address: str, tmp_path: Path) -> None:
    """A user would wait for an answer from nowhere."""
    code, line = refusal(tmp_path, "--kafka", address)
    assert code == 2
    assert "write HOST:PORT" in line


def test_an_unknown_option_is_the_commands_fault(tmp_path: Path) -> None:
    """It would be ignored."""
    with detecting(tmp_path, "--brokers", "here") as worker:
        assert worker.ends(REFUSES_WITHIN_S + BUSY_S) == 2


@pytest.mark.kafka
async def test_missing_topics_are_named_with_the_command_that_creates_them(
    broker: SharedBroker, tmp_path: Path
) -> None:
    """Faust would wait for them for ever, and not even end at a signal."""
    settings = await deployment(broker.bootstrap, [topic for topic in TOPICS if topic is not SNAPSHOTS])
    code, line = await asyncio.to_thread(refusal, tmp_path, **deployed(settings))
    assert code == 1
    assert line.endswith(f"missing topic {settings.topic(SNAPSHOTS)}: run cascade topics create")


@pytest.mark.kafka
async def test_a_wrong_number_of_partitions_is_refused(broker: SharedBroker, tmp_path: Path) -> None:
    """Assets would be looked for where they are not."""
    wrong = msgspec.structs.replace(FRAMES, partitions=3)
    settings = await deployment(broker.bootstrap, [wrong if topic is FRAMES else topic for topic in TOPICS])
    code, line = await asyncio.to_thread(refusal, tmp_path, **deployed(settings))
    assert code == 1
    assert f"{settings.topic(FRAMES)} has 3 partitions and has to have {FRAME_PARTITIONS}" in line


async def feed(settings: KafkaSettings, first: int = 0, last: int | None = None) -> None:
    """A part of a crash, in all partitions."""
    log = framed(ticked(synthetic_crash(5, calm_s=60, crash_s=90)), FRAME_PARTITIONS)
    producer = AIOKafkaProducer(**settings.client(), enable_idempotence=True, linger_ms=5)
    await producer.start()
    for number in range(FRAME_PARTITIONS):
        for record in log.of(FRAMES, number)[first:last]:
            await _send(producer, settings, record)
    await producer.stop()


async def _send(producer: AIOKafkaProducer, settings: KafkaSettings, record: Record) -> None:
    await producer.send(
        settings.topic(FRAMES),
        record.value,
        key=record.key,
        partition=record.partition,
        headers=list(record.headers),
    )


@pytest.mark.kafka
async def test_it_says_that_it_lives_and_where_the_market_stands_and_that_it_stops(
    broker: SharedBroker, tmp_path: Path
) -> None:
    """Nobody could tell a calm market from a dead worker: the contract says ten seconds."""
    settings = await deployment(broker.bootstrap)
    await feed(settings)
    with detecting(tmp_path, "--worker", "here-1", **deployed(settings)) as worker:
        await worker.until_it_says("market-wide stage goes on")
        # Three intervals; what is missing by then is missing.
        await asyncio.sleep(16)
        worker.process.send_signal(signal.SIGTERM)
        began_s = time.monotonic()
        assert await asyncio.to_thread(worker.ends, ENDS_WITHIN_S) == 0
        assert time.monotonic() - began_s < ENDS_WITHIN_S
    found = [decode_output(record.value) for record in await read_topic(settings, STATE)]
    beats = [message for message in found if isinstance(message, Heartbeat)]
    assert {beat.worker for beat in beats} == {"here-1"}
    assert [beat.state == "stopping" for beat in beats] == [False] * (len(beats) - 1) + [True]
    gaps_s = [(after.at_ns - before.at_ns) / 1e9 for before, after in itertools.pairwise(beats)]
    assert len(beats) >= 4
    assert max(gaps_s) < 10
    markets = [message for message in found if isinstance(message, MarketState)]
    assert len(markets) >= 3
    assert beats[-2].partitions == tuple(range(FRAME_PARTITIONS))
    assert "days behind the clock: a replay" in worker.says
    # Nothing is left where it was started.
    assert [path.name for path in tmp_path.iterdir()] == ["says"]  # noqa: ASYNC240


@pytest.mark.kafka
async def test_a_worker_without_frames_waits_aloud(broker: SharedBroker, tmp_path: Path) -> None:
    """A producer that was never started would look like a calm market."""
    settings = await deployment(broker.bootstrap)
    with detecting(tmp_path, **deployed(settings)) as worker:
        await worker.until_it_says("no frames yet")
        worker.process.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(worker.ends, ENDS_WITHIN_S) == 130
    beats = [decode_output(record.value) for record in await read_topic(settings, STATE)]
    assert {beat.state for beat in beats if isinstance(beat, Heartbeat)} == {"waiting", "stopping"}


@pytest.mark.kafka
async def test_with_the_broker_gone_it_says_so_and_ends_at_a_signal(fresh_broker: Broker, tmp_path: Path) -> None:
    """It would have to be killed, or would fill the disk with its clients' words."""
    settings = await deployment(fresh_broker.bootstrap)
    await feed(settings)
    with detecting(tmp_path, **deployed(settings)) as worker:
        await worker.until_it_says("market-wide stage goes on")
        await asyncio.to_thread(fresh_broker.stop)
        await worker.until_it_says("records not acknowledged for")
        await worker.until_it_says(f"Kafka at {fresh_broker.bootstrap}: connection refused")
        before = len(worker.says.splitlines())
        worker.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.ends, ENDS_WITHIN_S) == 0
    assert "what was not acknowledged will be said again" in worker.says
    assert before < 60


@pytest.mark.kafka
@pytest.mark.parametrize("topic", [STATE, FRAMES])
async def test_a_topic_that_is_deleted_under_it_is_named_again_and_again(
    topic: Topic, broker: SharedBroker, tmp_path: Path
) -> None:
    """It would hang without a word, and not even end at a signal."""
    settings = await deployment(broker.bootstrap)
    await feed(settings)
    missing = rf"missing topic {re.escape(settings.topic(topic))}: run cascade topics create"
    with detecting(tmp_path, **deployed(settings)) as worker:
        await worker.until_it_says("market-wide stage goes on")
        admin = AIOKafkaAdminClient(**settings.client())
        await admin.start()
        await admin.delete_topics([settings.topic(topic)])
        await admin.close()
        await worker.until_it_says(f"(?s){missing}.*{missing}")
        worker.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.ends, ENDS_WITHIN_S) == 0


@pytest.mark.kafka
async def test_asked_twice_it_ends_at_once(fresh_broker: Broker, tmp_path: Path) -> None:
    """With the broker gone the second Ctrl-C would help as little as the first."""
    settings = await deployment(fresh_broker.bootstrap)
    with detecting(tmp_path, **deployed(settings)) as worker:
        await worker.until_it_says("partitions assigned")
        await asyncio.to_thread(fresh_broker.kill)
        worker.process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.5)
        assert worker.process.poll() is None
        worker.process.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(worker.ends, 3) == 130


def unheard(folder: Path, settings: KafkaSettings) -> subprocess.Popen[bytes]:
    """A worker whose standard error somebody has read for a moment."""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "detector.cli", "detect"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | deployed(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=writing,
    )
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)
    return process


@pytest.mark.kafka
async def test_it_works_and_ends_when_nobody_listens_to_it_any_more(broker: SharedBroker, tmp_path: Path) -> None:
    """When the reader of its words dies, a process would stay that does nothing and ends at no signal."""
    settings = await deployment(broker.bootstrap)
    process = await asyncio.to_thread(unheard, tmp_path, settings)
    try:
        await feed(settings)
        # Its next words come within ten seconds.
        await asyncio.sleep(12)
        assert process.poll() is None
        assert await read_topic(settings, ALERTS)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, ENDS_WITHIN_S) == 0
    finally:
        process.kill()
        process.wait()
