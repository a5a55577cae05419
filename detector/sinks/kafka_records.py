"""One alert at a time into a topic of Kafka, and what its client's errors mean for whoever waits."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.runtime.cluster.outbox import alert_key, alert_record_headers, durable_producer
from producers.errors import ProducerError
from producers.kafka.check import check_cluster
from producers.kafka.link import Link
from producers.kafka.settings import KafkaSettings
from schemas.alert import Alert
from schemas.codec import encode
from schemas.topics import ALERTS

CHECK_S = 5.0
CONNECT_S = 5.0
ANSWER_S = 15.0


class _UnderWay(NamedTuple):
    """A record that the client has, and will not forget as long as it lives."""

    delivery_id: str
    delivery: asyncio.Future[Any]
    broken: asyncio.Future[None]


class Records:
    """Writes records. One that was handed over once is waited for again and not written again."""

    def __init__(self, settings: KafkaSettings, topic: str, *, worker: str) -> None:
        self._settings = settings
        self._topics = () if topic else (ALERTS,)
        self._topic = topic or settings.topic(ALERTS)
        self._worker = worker
        self._link = Link(self._make)
        self._checked = False
        self._under_way: _UnderWay | None = None

    async def write(self, delivery_id: str, alert: Alert) -> Outcome:
        """What became of it within half a minute; raises nothing for what brokers do."""
        under_way = self._under_way
        if under_way is None or under_way.delivery_id != delivery_id:
            handed = await self._hand_over(delivery_id, alert)
            if not isinstance(handed, _UnderWay):
                return handed
            under_way = self._under_way = handed
        delivery, broken = under_way.delivery, under_way.broken
        done, _ = await asyncio.wait((delivery, broken), timeout=ANSWER_S, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            self._checked = False
            return Unknown(f"no answer from Kafka within {ANSWER_S:g} s")
        self._under_way = None
        if not delivery.done() or delivery.cancelled():
            return Unknown("the connection to Kafka ended before it answered")
        return await self._judge(delivery.exception(), broken)

    async def close(self) -> None:
        """Let go of the brokers, whether or not they are there."""
        await self._link.close()

    async def _hand_over(self, delivery_id: str, alert: Alert) -> _UnderWay | Outcome:
        """Give it to the client, or say why that does not have it."""
        if not self._checked:
            try:
                # The client answers most troubles with silence, and this one says what is wrong.
                await check_cluster(self._settings, self._topics, within_s=CHECK_S)
            except ProducerError as error:
                return RetryAt(None, str(error))
            self._checked = True
        producer: Any = None
        try:
            async with asyncio.timeout(CONNECT_S):
                producer, broken = await self._link.current()
                delivery = await producer.send(
                    self._topic,
                    encode(alert),
                    key=alert_key(alert),
                    headers=alert_record_headers(alert, self._worker),
                )
        except TimeoutError:
            self._checked = False
            return RetryAt(None, f"Kafka takes no records within {CONNECT_S:g} s")
        except KafkaError as error:
            return await self._judge(error, broken)
        delivery.add_done_callback(lambda done: done.cancelled() or done.exception())
        return _UnderWay(delivery_id, delivery, broken)

    async def _judge(self, error: BaseException | None, broken: asyncio.Future[None]) -> Outcome:
        if error is None:
            return Delivered()
        if isinstance(error, MessageSizeTooLargeError | RecordListTooLargeError):
            outcome: Outcome = Rejected(f"too large for {self._topic}: raise its max.message.bytes")
        elif isinstance(error, TopicAuthorizationFailedError | ClusterAuthorizationFailedError):
            outcome = Rejected(f"not allowed to write to {self._topic}", of="sink")
        elif isinstance(error, InvalidTopicError):
            outcome = Rejected(f"no topic can be called {self._topic}", of="sink")
        elif isinstance(error, UnknownTopicOrPartitionError):
            outcome = RetryAt(None, f"there is no topic {self._topic}: create it")
        else:
            outcome = Unknown(f"Kafka: {type(error).__name__}")
        self._checked = False
        # After a refusal the client's sequence has a hole, and only another client is believed.
        await self._link.replace(broken, error)
        return outcome

    def _make(self) -> AIOKafkaProducer:
        # Forty lines a second while a broker is away, and none that says what to do; the outcomes do.
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL + 1)
        return durable_producer(self._settings)
