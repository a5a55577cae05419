"""Frames of one deployment written again to another, at the pace of their event time: the same log for each of many
runs, at the cost of one.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from typing import NamedTuple

from aiokafka import AIOKafkaProducer

from producers.kafka.settings import KafkaSettings
from schemas.clock import Tick
from schemas.frames import EVERY_ASSET, decode_frame
from schemas.topics import FRAMES
from tests.kit.kafka_log import Found, read_topic

NS = 1_000_000_000
LATENESS_NS = NS // 2
"""A second is over when the stream's clock is so far beyond it."""
BATCH = 500


class Timed(NamedTuple):
    """A record, and how far the stream's clock is before it."""

    at_ns: int
    record: Found


class Feed:
    """All frames of a deployment, in the order in which they will be written."""

    def __init__(self, records: list[Found]) -> None:
        self._ticks: dict[int, tuple[list[int], list[int]]] = {number: ([], []) for number in range(FRAMES.partitions)}
        self.places: dict[str, int] = {}
        """The partition of each asset."""
        timed: list[Timed] = []
        at_ns = dict.fromkeys(self._ticks, 0)
        for record in records:
            timed.append(Timed(at_ns[record.partition], record))
            if record.key == EVERY_ASSET:
                ticks = [event.ts_event_ns for event in decode_frame(record.value) if isinstance(event, Tick)]
                if ticks and max(ticks) > at_ns[record.partition]:
                    at_ns[record.partition] = max(ticks)
                    seconds, offsets = self._ticks[record.partition]
                    seconds.append((max(ticks) - LATENESS_NS) // NS)
                    offsets.append(record.offset)
            else:
                self.places[record.key.decode()] = record.partition
        # Stable: each partition's records stay in their order.
        self._timed = sorted(timed, key=lambda timed: timed.at_ns)

    @classmethod
    async def of(cls, settings: KafkaSettings) -> Feed:
        """What a deployment's log holds now."""
        return cls(await read_topic(settings, FRAMES))

    def closing(self, partition: int, ts_ns: int) -> int:
        """The offset of the record that ends the second `ts_ns`: what is said of that second follows from it."""
        seconds, offsets = self._ticks[partition]
        return offsets[bisect_left(seconds, ts_ns // NS)]

    async def write(self, settings: KafkaSettings, *, speed: float, paced_from_ns: int = 0) -> None:
        """Write everything; from `paced_from_ns` on `speed` seconds of event time a second."""
        producer = AIOKafkaProducer(
            **settings.client(), enable_idempotence=True, acks="all", linger_ms=5, compression_type="zstd"
        )
        await producer.start()
        try:
            began_s, name = time.monotonic(), settings.topic(FRAMES)
            started = False
            for number, (at_ns, record) in enumerate(self._timed):
                if at_ns >= paced_from_ns:
                    if not started:
                        started, began_s = True, time.monotonic()
                        paced_from_ns = at_ns
                    wait_s = (at_ns - paced_from_ns) / NS / speed - (time.monotonic() - began_s)
                    if wait_s > 0:
                        await asyncio.sleep(wait_s)
                delivery = await producer.send(
                    name,
                    record.value,
                    key=record.key,
                    partition=record.partition,
                    headers=list(record.headers.items()),
                )
                if number % BATCH == 0:
                    await delivery
            await producer.flush()
        finally:
            await producer.stop()
