"""What a worker says, written to its topics in one order. Nobody waits for an answer but who must: see `until`."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError, RecordListTooLargeError

from detector.runtime.cluster.records import Record, dead_letter_headers
from producers.kafka.link import Link
from producers.kafka.settings import KafkaSettings
from schemas.alert import Alert, Transition
from schemas.cloudevents import alert_headers
from schemas.codec import Output, encode
from schemas.reading import Reading
from schemas.state import Heartbeat, MarketState
from schemas.topics import ALERTS, READINGS, SNAPSHOTS, STATE, Topic

logger = logging.getLogger(__name__)

REQUEST_TIMEOUT_MS = 120_000
"""A broker may be restarted meanwhile; aiokafka keeps a batch for so long."""

MOST_WAITING_BYTES = 32 * 1024 * 1024
"""Said and not acknowledged: with the brokers away whoever says more waits."""

MARKET_KEY = b"market"

TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


def alert_key(alert: Alert) -> bytes:
    """What keeps the revisions of an episode in their order."""
    return alert.episode_id.encode()


def alert_record_headers(alert: Alert, worker: str) -> list[tuple[str, bytes | None]]:
    """The headers of an alert's record."""
    return [*alert_headers(alert), ("worker", worker.encode())]


def durable_producer(settings: KafkaSettings) -> AIOKafkaProducer:
    """A producer that repeats until all brokers in sync have a record, and has it in the log once."""
    return AIOKafkaProducer(
        **settings.client() | {"request_timeout_ms": REQUEST_TIMEOUT_MS},
        acks="all",
        enable_idempotence=True,
        linger_ms=5,
        max_batch_size=131_072,
        max_request_size=SNAPSHOTS.max_message_bytes,
        compression_type="zstd",
    )


class Letter(NamedTuple):
    """A record on its way."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None
    headers: list[tuple[str, bytes | None]]
    said_s: float
    """By the monotonic clock."""

    @property
    def size(self) -> int:
        """Bytes that it keeps in memory, about."""
        return len(self.key or b"") + len(self.value or b"") + 100


class Outbox:
    """One idempotent producer for everything that a worker writes; `run` writes it.

    Where the producer fails, everything that is not acknowledged goes through a new one, in its order: some may be in
    the log twice, but the last word on a condition stays the last.
    """

    def __init__(
        self, settings: KafkaSettings, worker: str, *, make: Callable[[], AIOKafkaProducer] | None = None
    ) -> None:
        self.worker = worker
        self.sent: Counter[str] = Counter()
        """Acknowledged, by topic."""
        self.refused = 0
        """Given up: too large for its topic, or not to be encoded."""
        self.posted = 0
        """Records said so far."""
        self._settings = settings
        self._link = Link(make or (lambda: durable_producer(settings)))
        self._settled = 0
        self._bytes = 0
        self._unsent: deque[Letter] = deque()
        self._unacknowledged: deque[tuple[Letter, asyncio.Future[object]]] = deque()
        self._held: deque[tuple[int, Letter]] = deque()
        """Snapshots, each with the number of records that must have arrived before."""
        self._said = 0
        """Records posted when the last one was that is no snapshot."""
        self._alone = 0
        """So many letters go one by one: after a refusal, until the one that is too large is found."""
        self._progress = asyncio.Condition()

    # What is said

    async def alert(self, alert: Alert) -> None:
        """A revision of an episode."""
        await self._say(ALERTS, alert_key(alert), alert, headers=alert_record_headers(alert, self.worker))

    async def transition(self, transition: Transition) -> None:
        """The latest state of a condition."""
        await self._say(STATE, f"{transition.rule}|{transition.venue}|{transition.asset}".encode(), transition)

    async def reading(self, reading: Reading) -> None:
        """A second of a partition."""
        await self._say(READINGS, str(reading.partition).encode(), reading)

    async def market_state(self, state: MarketState) -> None:
        """Where the market stands."""
        await self._say(STATE, MARKET_KEY, state)

    async def heartbeat(self, heartbeat: Heartbeat) -> None:
        """A process lives."""
        await self._say(STATE, f"worker|{heartbeat.worker}".encode(), heartbeat)

    async def snapshot(self, partition: int, key: bytes, state: bytes | None) -> None:
        """The state of an asset, where its frames are; None where the one that is there must not be used again.

        What it holds is never said again: it is written once all that was said before has arrived. Nobody waits for
        that here, or each second of each partition would cost a round trip.
        """
        letter = await self._letter(SNAPSHOTS, key, state, partition=partition)
        self._held.append((self._said, letter))
        self._release()
        await self._tell()

    async def dead_letter(self, topic: Topic, record: Record, reason: str) -> None:
        """A record that nobody could read, as it came."""
        logger.warning(
            "%s-%d offset %d goes to %s: %s", record.topic, record.partition, record.offset, topic.name, reason[:200]
        )
        headers = dead_letter_headers(record, reason, self.worker)
        await self._send(topic, record.key, record.value, headers=headers)

    # What became of it

    async def until(self, posted: int) -> None:
        """Wait until the first `posted` records are acknowledged by all brokers in sync, however long that takes."""
        if self._settled >= posted:
            return
        async with self._progress:
            await self._progress.wait_for(lambda: self._settled >= posted)

    async def flush(self) -> None:
        """Wait until everything said so far is acknowledged."""
        async with self._progress:
            await self._progress.wait_for(lambda: not self._held)
        await self.until(self.posted)

    @property
    def waiting(self) -> int:
        """Records that are not acknowledged."""
        return self.posted - self._settled + len(self._held)

    @property
    def waiting_s(self) -> float:
        """Since when the oldest of these waits."""
        oldest = self._unacknowledged[0][0] if self._unacknowledged else self._unsent[0] if self._unsent else None
        return time.monotonic() - oldest.said_s if oldest is not None else 0.0

    # Writing

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            producer, broken = await self._link.current()
            tasks = [asyncio.create_task(self._post(producer)), asyncio.create_task(self._settle())]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                failures = await asyncio.gather(*tasks, return_exceptions=True)
            error = next(failure for failure, task in zip(failures, tasks, strict=True) if task in done)
            if isinstance(error, TOO_LARGE):
                self._alone = max(self._alone, len(self._unacknowledged))
            self._unsent.extendleft(letter for letter, _ in reversed(self._unacknowledged))
            self._unacknowledged.clear()
            await self._link.replace(broken, error or RuntimeError("it ended"))

    async def close(self) -> None:
        """Let go of the brokers; to be called when nothing runs any more."""
        await self._link.close()

    async def _post(self, producer: Any) -> None:
        while True:
            if not self._unsent:
                async with self._progress:
                    await self._progress.wait_for(lambda: bool(self._unsent))
            letter = self._unsent[0]
            delivery = await self._deliver(producer, letter)
            self._unsent.popleft()
            self._unacknowledged.append((letter, delivery))
            await self._tell()

    async def _deliver(self, producer: Any, letter: Letter) -> asyncio.Future[object]:
        try:
            delivery: asyncio.Future[object] = await producer.send(
                letter.topic, letter.value, key=letter.key, partition=letter.partition, headers=letter.headers
            )
        except TOO_LARGE:
            return self._given_up(letter)
        # A producer that is replaced leaves deliveries that nobody asks after.
        delivery.add_done_callback(lambda done: done.cancelled() or done.exception())
        if self._alone:
            await asyncio.wait((delivery,))
            self._alone -= 1
            if not delivery.cancelled() and isinstance(delivery.exception(), TOO_LARGE):
                return self._given_up(letter)
        return delivery

    def _given_up(self, letter: Letter) -> asyncio.Future[object]:
        logger.error(
            "%s takes no record of %d bytes of %s: it is left out; raise the topic's max.message.bytes",
            letter.topic, letter.size, (letter.key or b"").decode(errors="replace"),
        )  # fmt: skip
        delivery: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        delivery.set_result(None)
        return delivery

    async def _settle(self) -> None:
        while True:
            if not self._unacknowledged:
                async with self._progress:
                    await self._progress.wait_for(lambda: bool(self._unacknowledged))
            letter, delivery = self._unacknowledged[0]
            await asyncio.wait((delivery,))
            if delivery.result() is None:
                self.refused += 1
            else:
                self.sent[letter.topic] += 1
            self._unacknowledged.popleft()
            self._settled += 1
            self._bytes -= letter.size
            self._release()
            await self._tell()

    def _release(self) -> None:
        """Snapshots whose turn has come."""
        while self._held and self._held[0][0] <= self._settled:
            self._unsent.append(self._held.popleft()[1])
            self.posted += 1

    async def _say(
        self, topic: Topic, key: bytes, message: Output, headers: Sequence[tuple[str, bytes | None]] = ()
    ) -> None:
        try:
            value = encode(message)
        except ValueError as error:
            # Nobody could read it; what else there is to say must not wait for it.
            logger.error("%s: left out: %s", topic.name, error)
            self.refused += 1
            return
        await self._send(topic, key, value, headers=headers)

    async def _send(
        self,
        topic: Topic,
        key: bytes | None,
        value: bytes | None,
        *,
        headers: Sequence[tuple[str, bytes | None]] = (),
    ) -> None:
        self._unsent.append(await self._letter(topic, key, value, headers=headers))
        self.posted += 1
        self._said = self.posted
        await self._tell()

    async def _letter(
        self,
        topic: Topic,
        key: bytes | None,
        value: bytes | None,
        *,
        partition: int | None = None,
        headers: Sequence[tuple[str, bytes | None]] = (),
    ) -> Letter:
        """A letter, once there is room for it."""
        if self._bytes > MOST_WAITING_BYTES:
            async with self._progress:
                await self._progress.wait_for(lambda: self._bytes <= MOST_WAITING_BYTES)
        letter = Letter(self._settings.topic(topic), key, value, partition, list(headers), time.monotonic())
        self._bytes += letter.size
        return letter

    async def _tell(self) -> None:
        async with self._progress:
            self._progress.notify_all()
