"""Following a topic from its beginning while programs write to it, to act at the moment at which something is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from producers.kafka.settings import KafkaSettings
from schemas.topics import Topic

POLL_MS = 100


class Seen(NamedTuple):
    """A record, and when the broker took it."""

    partition: int
    offset: int
    at_ms: int
    key: bytes
    value: bytes
    headers: dict[str, bytes]


class Tail:
    """All records of a topic so far, partition by partition in their order; `until` waits for one."""

    def __init__(self, settings: KafkaSettings, topic: Topic) -> None:
        self.seen: list[Seen] = []
        self._partitions = [TopicPartition(settings.topic(topic), number) for number in range(topic.partitions)]
        self._consumer = AIOKafkaConsumer(**settings.client(), auto_offset_reset="earliest", enable_auto_commit=False)
        self._name = settings.topic(topic)

    async def until(self, wanted: Callable[[Seen], bool], *, within_s: float, first: int = 0) -> tuple[int, Seen]:
        """The first record that is wanted, with its place in `seen`, of those from the place `first` on."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    for at in range(first, len(self.seen)):
                        if wanted(self.seen[at]):
                            return at, self.seen[at]
                    first = len(self.seen)
                    await self._read()
        except TimeoutError:
            raise TimeoutError(
                f"{self._name}: what was waited for did not come in {within_s:g} s; {len(self.seen)} records"
            ) from None

    async def catch_up(self) -> None:
        """Read what is there now."""
        ends = await self._consumer.end_offsets(self._partitions)
        while any([await self._consumer.position(at) < ends[at] for at in self._partitions]):
            await self._read()

    async def _read(self) -> None:
        for at, records in (await self._consumer.getmany(timeout_ms=POLL_MS)).items():
            self.seen += [Seen(at.partition, r.offset, r.timestamp, r.key, r.value, dict(r.headers)) for r in records]

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        self._consumer.assign(self._partitions)
        for at in self._partitions:
            self._consumer.seek(at, 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._consumer.stop()
