"""The broker of a benchmark: its own, or the one at KAFKA_BOOTSTRAP_SERVERS; and what processes spend on the side."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

from producers.kafka.admin import create_topics
from producers.kafka.lanes import Lanes, Record
from producers.kafka.pump import LANES
from producers.kafka.settings import KafkaSettings
from producers.kafka.writer import Compression, Writer
from schemas.topics import TOPICS, Topic
from tests.kit.kafka.broker import Broker
from tests.kit.kafka.installation import find_installation

PRODUCER = "benchmark"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class At(NamedTuple):
    """Where a broker is, and its process if it is ours."""

    bootstrap: str
    pid: int | None = None
    data: Path | None = None
    """Its logs."""

    def log_bytes(self, settings: KafkaSettings, topic: Topic) -> int:
        """What a topic takes on disk, as it came over the wire; 0 where the broker is not ours."""
        if self.data is None:
            return 0
        return sum(file.stat().st_size for file in self.data.glob(f"{settings.topic(topic)}-*/*.log"))


@contextmanager
def broker() -> Iterator[At]:
    """A broker for as long as it is needed."""
    existing = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if existing:
        yield At(existing)
        return
    with tempfile.TemporaryDirectory(prefix="kafka-") as folder:
        # Two workers that start together share the partitions from the first record, as on a broker's default of 3 s.
        properties = {"group.initial.rebalance.delay.ms": "3000"}
        with Broker(find_installation(os.environ), Path(folder), properties=properties) as own:
            yield At(own.bootstrap, own.pid, Path(folder) / "data")


def cpu_s(pid: int | None) -> float:
    """Seconds of CPU that a process has used, in all of its threads; 0 where there is no such process of ours."""
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


async def deployment(bootstrap: str, topics: Iterable[Topic] = TOPICS) -> KafkaSettings:
    """Topics with a prefix of their own."""
    settings = KafkaSettings(bootstrap_servers=bootstrap, topic_prefix=f"benchmark-{secrets.token_hex(3)}.")
    await create_topics(settings, tuple(topics))
    return settings


@asynccontextmanager
async def writing(
    settings: KafkaSettings, lanes: Lanes, compression: Compression | None = "zstd"
) -> AsyncIterator[Writer]:
    """The producer's own writer at work."""
    writer = Writer(settings=settings, lanes=lanes, producer_id=PRODUCER, compression=compression)
    working = asyncio.ensure_future(writer.run())
    try:
        yield writer
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await writer.close()


async def write(
    settings: KafkaSettings,
    records: Iterable[Record],
    topics: tuple[Topic, ...] = LANES,
    compression: Compression | None = "zstd",
) -> None:
    """Write records as the producer does and return when all are acknowledged."""
    lanes = Lanes(topics)
    async with writing(settings, lanes, compression):
        for record in records:
            lanes.put(record)
        while not lanes.is_empty:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def load() -> str:
    """How busy the machine was lately: figures beside a load average above the number of cores are too low."""
    return f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"


@contextmanager
def detecting(settings: KafkaSettings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker as anybody would start it; what it says on standard error goes to `log`."""
    environ = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "CASCADE_TOPIC_PREFIX": settings.topic_prefix,
    }
    command = [sys.executable, "-m", "detector.cli", "detect", "--worker", PRODUCER]
    with log.open("ab") as stderr:
        process = subprocess.Popen(command, env=environ, stderr=stderr)  # noqa: S603 - our own program
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)
