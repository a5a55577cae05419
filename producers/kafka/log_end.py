"""How far the log had come before: the newest tick among its last records."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from producers.kafka.settings import KafkaSettings
from schemas.clock import Tick
from schemas.frames import EVERY_ASSET, decode_frame
from schemas.topics import FRAMES

TAIL = 500
"""Records of each partition: a busy partition has so many between two ticks, or it has a tick among them."""
WITHIN_S = 5.0
WAIT_MS = 500


async def newest_tick_ns(settings: KafkaSettings) -> int | None:
    """Event time of the newest tick; None where the last records hold none, or do not come in time."""
    consumer: Any = AIOKafkaConsumer(  # aiokafka publishes no types
        **settings.client(), auto_offset_reset="earliest", enable_auto_commit=False
    )
    newest_ns: int | None = None
    with suppress(TimeoutError):
        try:
            async with asyncio.timeout(WITHIN_S):
                await consumer.start()
                partitions = [TopicPartition(settings.topic(FRAMES), number) for number in range(FRAMES.partitions)]
                ends = await consumer.end_offsets(partitions)
                begins = await consumer.beginning_offsets(partitions)
                left = {at for at in partitions if begins[at] < ends[at]}
                consumer.assign(partitions)
                for at in partitions:
                    consumer.seek(at, max(begins[at], ends[at] - TAIL))
                while left:
                    for records in (await consumer.getmany(*left, timeout_ms=WAIT_MS)).values():
                        for record in records:
                            if record.key == EVERY_ASSET:
                                newest_ns = max(newest_ns or 0, _newest(record.value)) or newest_ns
                    for at in tuple(left):
                        if await consumer.position(at) >= ends[at]:
                            left.discard(at)
        finally:
            await consumer.stop()
    return newest_ns


def _newest(frame: bytes) -> int:
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        return max((event.ts_event_ns for event in decode_frame(frame) if isinstance(event, Tick)), default=0)
    return 0
