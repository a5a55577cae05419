"""What a worker says, written to its topics in one order. Nobody waits for an answer but who must: see `until`."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from detector.runtime.cluster.records import Record, dead_letter_headers
from producers.kafka.settings import KafkaSettings
from schemas.alert import Alert, Transition
from schemas.cloudevents import alert_headers
from schemas.codec import encode
from schemas.reading import Reading
from schemas.state import Heartbeat, MarketState
from schemas.topics import ALERTS, READINGS, SNAPSHOTS, STATE, Topic

logger = logging.getLogger(__name__)

AGAIN_S = 1.0
"""Pause before a record that a broker refused is sent again."""

REQUEST_TIMEOUT_MS = 120_000
"""A broker may be restarted meanwhile; aiokafka keeps a batch for so long."""

MARKET_KEY = b"market"


class Letter(NamedTuple):
    """A record on its way."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None
    headers: list[tuple[str, bytes]]


class Outbox:
    """One idempotent producer for everything that a worker writes."""

    def __init__(self, settings: KafkaSettings, worker: str) -> None:
        self.worker = worker
        self.sent: Counter[str] = Counter()
        self._settings = settings
        self._producer = AIOKafkaProducer(
            **settings.client() | {"request_timeout_ms": REQUEST_TIMEOUT_MS},
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
            max_batch_size=131_072,
            max_request_size=SNAPSHOTS.max_message_bytes,
            compression_type="zstd",
        )
        self.posted = 0
        """Records said so far."""
        self._settled = 0
        self._pending: deque[tuple[Letter, asyncio.Future[object]]] = deque()
        self._progress = asyncio.Condition()
        self._settling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect; raises aiokafka's errors where nobody answers."""
        await self._producer.start()
        self._settling = asyncio.create_task(self._settle())

    async def stop(self) -> None:
        """Send what is left and disconnect."""
        await self._producer.stop()
        if self._settling is not None:
            self._settling.cancel()

    async def alert(self, alert: Alert) -> None:
        """A revision of an episode."""
        headers = [*alert_headers(alert), ("worker", self.worker.encode())]
        await self._send(ALERTS, alert.episode_id.encode(), encode(alert), headers=headers)

    async def transition(self, transition: Transition) -> None:
        """The latest state of a condition."""
        key = f"{transition.rule}|{transition.venue}|{transition.asset}".encode()
        await self._send(STATE, key, encode(transition))

    async def reading(self, reading: Reading) -> None:
        """A second of a partition."""
        await self._send(READINGS, str(reading.partition).encode(), encode(reading))

    async def market_state(self, state: MarketState) -> None:
        """Where the market stands."""
        await self._send(STATE, MARKET_KEY, encode(state))

    async def heartbeat(self, heartbeat: Heartbeat) -> None:
        """A process lives."""
        await self._send(STATE, f"worker|{heartbeat.worker}".encode(), encode(heartbeat))

    async def snapshot(self, partition: int, key: bytes, state: bytes) -> None:
        """The state of an asset, where its frames are."""
        await self._send(SNAPSHOTS, key, state, partition=partition)

    async def dead_letter(self, topic: Topic, record: Record, reason: str) -> None:
        """A record that nobody could read, as it came."""
        logger.warning(
            "%s-%d offset %d goes to %s: %s", record.topic, record.partition, record.offset, topic.name, reason[:200]
        )
        headers = dead_letter_headers(record, reason, self.worker)
        await self._send(topic, record.key, record.value, headers=headers)

    async def until(self, posted: int) -> None:
        """Wait until the first `posted` records are acknowledged by all brokers in sync, however long that takes."""
        if self._settled >= posted:
            return
        async with self._progress:
            await self._progress.wait_for(lambda: self._settled >= posted)

    async def flush(self) -> None:
        """Wait until everything said so far is acknowledged."""
        await self.until(self.posted)

    async def _settle(self) -> None:
        while True:
            while self._pending:
                letter, future = self._pending[0]
                try:
                    await future
                except KafkaError as error:
                    logger.warning("%s did not take a record, trying again: %s", letter.topic, error)
                    await asyncio.sleep(AGAIN_S)
                    self._pending[0] = (letter, await self._post(letter))
                    continue
                self._pending.popleft()
                self.sent[letter.topic] += 1
                self._settled += 1
            async with self._progress:
                self._progress.notify_all()
                await self._progress.wait_for(lambda: bool(self._pending))

    async def _send(
        self,
        topic: Topic,
        key: bytes | None,
        value: bytes | None,
        *,
        partition: int | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        letter = Letter(self._settings.topic(topic), key, value, partition, list(headers))
        future = await self._post(letter)
        self.posted += 1
        self._pending.append((letter, future))
        if len(self._pending) == 1:
            async with self._progress:
                self._progress.notify_all()

    async def _post(self, letter: Letter) -> asyncio.Future[object]:
        while True:
            try:
                future: asyncio.Future[object] = await self._producer.send(
                    letter.topic, letter.value, key=letter.key, partition=letter.partition, headers=letter.headers
                )
                return future
            except KafkaError as error:
                logger.warning("%s cannot be written to, trying again: %s", letter.topic, error)
                await asyncio.sleep(AGAIN_S)
