"""One alert at a time into Kafka: what each trouble means, and that a retry is no second record."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import (
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    NotEnoughReplicasError,
    OutOfOrderSequenceNumber,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.sinks import kafka_records
from detector.sinks.kafka_records import Records
from producers.kafka import link
from producers.kafka.errors import BrokerError
from producers.kafka.settings import KafkaSettings
from schemas.alert import Alert
from schemas.codec import decode_output
from schemas.topics import ALERTS, HEADERS
from tests.kit.alerts import an_alert

SETTINGS = KafkaSettings(topic_prefix="here.")
ALERT = an_alert()


class Brokers:
    """What clients have written, and how the next sends fail."""

    def __init__(self) -> None:
        self.log: list[tuple[str, bytes, bytes, dict[str, bytes]]] = []
        self.clients = 0
        self.closed = 0
        self.away = ""
        self.silent = False
        self.refuses: Exception | None = None
        self.fails: Exception | None = None
        self.pending: list[asyncio.Future[object]] = []

    async def check(self, *_: object, **__: object) -> None:
        if self.away:
            raise BrokerError(self.away)

    def make(self, _: KafkaSettings) -> Any:
        self.clients += 1
        return Client(self)

    def answer(self) -> None:
        """To all that waits."""
        for delivery in self.pending:
            delivery.set_result(None)
        self.pending.clear()


class Client:
    """As much of aiokafka's producer as is used."""

    def __init__(self, brokers: Brokers) -> None:
        self.brokers = brokers

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        self.brokers.closed += 1

    async def send(
        self, topic: str, value: bytes, *, key: bytes, headers: list[tuple[str, bytes]]
    ) -> asyncio.Future[object]:
        brokers = self.brokers
        if brokers.refuses is not None:
            raise brokers.refuses
        brokers.log.append((topic, key, value, dict(headers)))
        delivery: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        if brokers.fails is not None:
            delivery.set_exception(brokers.fails)
        elif brokers.silent:
            brokers.pending.append(delivery)
        else:
            delivery.set_result(object())
        return delivery


@pytest.fixture
def brokers(monkeypatch: pytest.MonkeyPatch) -> Brokers:
    made = Brokers()
    monkeypatch.setattr(kafka_records, "check_cluster", made.check)
    monkeypatch.setattr(kafka_records, "durable_producer", made.make)
    monkeypatch.setattr(link, "RETRY_S", 0.0)
    return made


async def write(records: Records, alert: Alert = ALERT) -> Outcome:
    async with asyncio.timeout(5):
        return await records.write(alert.alert_id, alert)


async def test_an_alert_is_written_as_the_workers_of_a_cluster_write_it(brokers: Brokers) -> None:
    """Subscribers would have to know two kinds of records."""
    records = Records(SETTINGS, "", worker="bus")
    assert await write(records) == Delivered()
    ((topic, key, value, headers),) = brokers.log
    assert topic == f"here.{ALERTS.name}"
    assert key == ALERT.episode_id.encode()
    assert decode_output(value) == ALERT
    assert list(headers) == list(HEADERS[ALERTS.headers or "alert"])
    assert headers["ce_id"] == ALERT.alert_id.encode()
    await records.close()
    assert brokers.closed == 1


async def test_a_topic_of_ones_own_is_taken_as_it_is_named(brokers: Brokers) -> None:
    """It would be written to a topic with a prefix that nobody made."""
    assert await write(Records(SETTINGS, "alerts", worker="bus")) == Delivered()
    assert brokers.log[0][0] == "alerts"


async def test_while_there_is_no_kafka_it_says_so_and_goes_on_when_there_is(brokers: Brokers) -> None:
    """A broker that starts later than we would never be written to."""
    records = Records(SETTINGS, "", worker="bus")
    brokers.away = "Kafka at kafka:9092: nobody answers"
    assert await write(records) == RetryAt(None, brokers.away)
    assert brokers.clients == 0, "nothing is connected before it is known to be there"
    brokers.away = ""
    assert await write(records) == Delivered()


async def test_a_record_that_was_handed_over_is_waited_for_and_not_written_again(
    brokers: Brokers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each retry while a broker restarts would be one more copy."""
    monkeypatch.setattr(kafka_records, "ANSWER_S", 0.01)
    records = Records(SETTINGS, "", worker="bus")
    brokers.silent = True
    assert [await write(records), await write(records)] == [Unknown("no answer from Kafka within 0.01 s")] * 2
    brokers.answer()
    assert await write(records) == Delivered()
    assert len(brokers.log) == 1


async def test_a_send_that_is_cancelled_is_waited_for_by_the_next(brokers: Brokers) -> None:
    """What takes too long is cancelled by whoever waits, and would be written twice."""
    records = Records(SETTINGS, "", worker="bus")
    brokers.silent = True
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await records.write(ALERT.alert_id, ALERT)
    brokers.answer()
    assert await write(records) == Delivered()
    assert len(brokers.log) == 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (MessageSizeTooLargeError(), Rejected(f"too large for here.{ALERTS.name}: raise its max.message.bytes")),
        (TopicAuthorizationFailedError(), Rejected(f"not allowed to write to here.{ALERTS.name}", of="sink")),
        (UnknownTopicOrPartitionError(), RetryAt(None, f"there is no topic here.{ALERTS.name}: create it")),
        (KafkaTimeoutError(), Unknown("Kafka: KafkaTimeoutError")),
        (NotEnoughReplicasError(), Unknown("Kafka: NotEnoughReplicasError")),
        (OutOfOrderSequenceNumber(), Unknown("Kafka: OutOfOrderSequenceNumber")),
    ],
)
@pytest.mark.parametrize("at_the_send", [True, False])
async def test_each_error_means_what_it_says_and_a_new_client_goes_on(
    error: KafkaError, outcome: Outcome, at_the_send: bool, brokers: Brokers
) -> None:
    """Retried for ever, or given up though the broker only restarts; and a client that failed once is never believed
    again by the brokers.
    """
    records = Records(SETTINGS, "", worker="bus")
    if at_the_send:
        brokers.refuses = error
    else:
        brokers.fails = error
    assert await write(records) == outcome
    brokers.refuses = brokers.fails = None
    assert await write(records) == Delivered()
    assert (brokers.clients, brokers.closed) == (2, 1)
