"""Records on their way to the log: a queue for each partition of each topic, in order, until they are acknowledged."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator

import msgspec
from aiokafka.partitioner import murmur2

from producers.kafka.segments import Segment
from schemas.frames import EVERY_ASSET
from schemas.topics import Topic

RECORD_BYTES = 200
"""What a record costs in memory beside its key and value, rounded up."""


class Record(msgspec.Struct, eq=False):
    """One record of a topic."""

    topic: Topic
    key: bytes
    value: bytes
    precious: bool
    """Whether it holds what must not be lost."""
    segment: Segment | None = None
    """The file on disk that holds it too, until it is acknowledged."""
    number: int = 0
    """Counts the records in the order in which they were put."""
    cost_bytes: int = 0
    """Of memory, for each lane that it is in."""
    since_s: float = 0.0


class Lane:
    """The records of one partition; one writer takes from its head."""

    def __init__(self, topic: Topic, partition: int) -> None:
        self.topic = topic
        self.partition = partition
        self.records: deque[Record] = deque()
        self._filled = asyncio.Event()

    def put(self, record: Record) -> None:
        """Add to the end."""
        self.records.append(record)
        self._filled.set()

    async def wait(self) -> None:
        """Until there is something."""
        while not self.records:
            self._filled.clear()
            await self._filled.wait()


class Lanes:
    """All lanes of some topics, and how much memory they hold."""

    def __init__(self, topics: tuple[Topic, ...]) -> None:
        self.held_bytes = 0
        self.put_records = 0
        self.sent_records = 0
        self._lanes = {topic.name: [Lane(topic, number) for number in range(topic.partitions)] for topic in topics}
        self._places: dict[tuple[str, bytes], list[Lane]] = {}

    def __iter__(self) -> Iterator[Lane]:
        for lanes in self._lanes.values():
            yield from lanes

    def put(self, record: Record) -> None:
        """Add to the lane of its key; with the key `*` to every lane of its topic."""
        lanes = self._places.get((record.topic.name, record.key)) or self._find(record)
        self.put_records += 1
        record.number = self.put_records
        record.cost_bytes = (len(record.key) + len(record.value) + RECORD_BYTES) // len(lanes)
        record.since_s = time.monotonic()
        for lane in lanes:
            self.held_bytes += record.cost_bytes
            if record.segment is not None:
                record.segment.outstanding += 1
            lane.put(record)

    def acknowledge(self, lane: Lane, count: int) -> None:
        """The first `count` records of a lane are in the log; a file of which nothing is outstanding is not needed."""
        for _ in range(count):
            record = lane.records.popleft()
            self.held_bytes -= record.cost_bytes
            self.sent_records += 1
            if record.segment is not None:
                record.segment.outstanding -= 1
                if not record.segment.outstanding:
                    record.segment.delete()

    def unacknowledged(self) -> list[Record]:
        """Everything that waits, in the order in which it was put."""
        records = {record.number: record for lane in self for record in lane.records}
        return [records[number] for number in sorted(records)]

    @property
    def is_empty(self) -> bool:
        """Whether everything is acknowledged."""
        return not any(lane.records for lane in self)

    def oldest_s(self) -> float:
        """How long the oldest record has waited."""
        now_s = time.monotonic()
        return max((now_s - lane.records[0].since_s for lane in self if lane.records), default=0.0)

    def _find(self, record: Record) -> list[Lane]:
        lanes = self._lanes[record.topic.name]
        if record.key != EVERY_ASSET:
            # As the default partitioners of Java and aiokafka do it.
            lanes = [lanes[(murmur2(record.key) & 0x7FFFFFFF) % len(lanes)]]
        self._places[record.topic.name, record.key] = lanes
        return lanes
