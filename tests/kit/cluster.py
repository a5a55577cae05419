"""A cluster in memory: logs, an outbox that writes to them, and a market as its producers frame it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any, cast
from zlib import crc32

from detector.runtime.cluster.log import Log
from detector.runtime.cluster.outbox import Outbox
from detector.runtime.cluster.records import Record
from producers.kafka.framer import Framer
from producers.kafka.settings import KafkaSettings
from producers.ticker.ticker import Ticker
from schemas.alert import Alert, Transition
from schemas.base import Event
from schemas.codec import encode
from schemas.frames import EVERY_ASSET, encode_frame
from schemas.reading import Reading
from schemas.state import Heartbeat, MarketState
from schemas.topics import FRAMES, READINGS, SNAPSHOTS, Topic

SETTINGS = KafkaSettings(topic_prefix="here.")
PRODUCER = (("producer", b"north-1"),)


class Clock:
    """A monotonic clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


class FakeLog:
    """Partitions of topics as lists of records, with the methods of `Log`."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, int], list[Record]] = {}
        self.positions: dict[tuple[str, int], int] = {}
        self.fails: list[Exception] = []
        """Raised one by one by whoever asks for a position."""
        self.warm_up_from = 0
        self.reads: list[tuple[str, int, int]] = []

    def append(self, topic: Topic, partition: int, key: bytes | None, value: bytes | None, headers: Any = ()) -> Record:
        """Write a record; also where there is a hole before it."""
        name = SETTINGS.topic(topic)
        partition_of = self.records.setdefault((name, partition), [])
        offset = partition_of[-1].offset + 1 if partition_of else 0
        record = Record(name, partition, offset, key, value, tuple(headers))
        partition_of.append(record)
        return record

    def of(self, topic: Topic, partition: int) -> list[Record]:
        """What a partition holds."""
        return self.records.setdefault((SETTINGS.topic(topic), partition), [])

    def commit(self, record: Record) -> None:
        """The group is done with it."""
        self.positions[record.topic, record.partition] = record.offset + 1

    async def committed(self, topic: str, partition: int) -> int:
        if self.fails:
            raise self.fails.pop(0)
        return self.positions.get((topic, partition), 0)

    async def latest(self, topic: str, partition: int) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        for record in self.records.get((topic, partition), ()):
            assert record.key is not None
            found.pop(record.key, None)
            if record.value:
                found[record.key] = record.value
        return found

    async def offset_at(self, topic: str, partition: int, at_ms: int) -> int:
        return self.warm_up_from

    async def end(self, topic: str, partition: int) -> int:
        records = self.records.get((topic, partition))
        return records[-1].offset + 1 if records else 0

    async def read(self, topic: str, partition: int, start: int, end: int | None) -> AsyncIterator[Record]:
        self.reads.append((topic, partition, start))
        for record in list(self.records.get((topic, partition), ())):
            if record.offset >= start and (end is None or record.offset < end):
                yield record


class FakeOutbox:
    """What a worker says, with the methods of `Outbox`; readings and snapshots also go to a log."""

    def __init__(self, log: FakeLog, worker: str = "here-1") -> None:
        self.worker = worker
        self.log = log
        self.said: list[Alert | Transition | Reading | MarketState | Heartbeat] = []
        self.dead: list[tuple[Topic, Record, str]] = []
        self.posted = 0
        self.refused = 0
        self.sent: dict[str, int] = {}
        self.waiting = 0
        self.waiting_s = 0.0

    def _say(self, message: Alert | Transition | Reading | MarketState | Heartbeat) -> None:
        self.said.append(message)
        self.posted += 1

    async def alert(self, alert: Alert) -> None:
        self._say(alert)

    async def transition(self, transition: Transition) -> None:
        self._say(transition)

    async def reading(self, reading: Reading) -> None:
        self._say(reading)

    async def market_state(self, state: MarketState) -> None:
        self._say(state)

    async def heartbeat(self, heartbeat: Heartbeat) -> None:
        self._say(heartbeat)

    async def dead_letter(self, topic: Topic, record: Record, reason: str) -> None:
        self.dead.append((topic, record, reason))
        self.posted += 1

    async def snapshot(self, partition: int, key: bytes, state: bytes | None) -> None:
        self.log.append(SNAPSHOTS, partition, key, state)

    async def flush(self) -> None:
        pass

    async def until(self, posted: int) -> None:
        pass


def as_log(log: FakeLog) -> Log:
    """For whoever asks for the real one."""
    return cast(Log, log)


def as_outbox(outbox: FakeOutbox) -> Outbox:
    """For whoever asks for the real one."""
    return cast(Outbox, outbox)


def ticked(events: list[Event]) -> list[Event]:
    """The stream as producers write it."""
    ticker = Ticker()
    return ticker.take(events) + ticker.finish()


def framed(stream: Iterable[Event], partitions: int = 1, *, most_events: int = 40) -> FakeLog:
    """The log of the frames that producers make of a stream; the assets are spread over some partitions."""
    log, framer = FakeLog(), Framer(most_events=most_events)
    for frame in [*framer.take(stream), *framer.flush()]:
        every = range(partitions)
        where = every if frame.key == EVERY_ASSET else (crc32(frame.key) % partitions,)
        for partition in where:
            log.append(FRAMES, partition, frame.key, encode_frame(frame.events), PRODUCER)
    return log


def log_readings(log: FakeLog, outbox: FakeOutbox) -> None:
    """Write the readings that were said to their topic."""
    for message in outbox.said:
        if isinstance(message, Reading):
            log.append(READINGS, 0, str(message.partition).encode(), encode(message))
