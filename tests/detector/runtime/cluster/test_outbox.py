"""What a worker says reaches the log: in one order, however the brokers behave, and nobody waits for what never can."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError, OutOfOrderSequenceNumber

from detector.runtime.cluster import outbox as outbox_module
from detector.runtime.cluster.outbox import Outbox
from detector.runtime.cluster.records import Record
from producers.kafka import link
from schemas.alert import Alert, Coverage
from schemas.codec import decode_output
from schemas.reading import Reading
from schemas.state import Heartbeat, MarketState
from schemas.topics import ALERTS, FRAMES_DEAD_LETTERS, HEADERS, READINGS, SNAPSHOTS, STATE
from tests.kit.cluster import SETTINGS

ALERT = Alert(
    alert_id="a1",
    episode_id="e1",
    revision=1,
    ts_ns=1_760_130_900_000_000_000,
    status="open",
    level="HIGH",
    peak_level="HIGH",
    stages=("S1",),
    scope="market",
    direction="down",
    since_ns=1_760_129_410_000_000_000,
    headline="HIGH market falling: shock",
    evidence=(),
    conditions=(),
    coverage=Coverage(live=1, families=9, blind=()),
)

Sent = tuple[str, bytes | None, bytes | None, int | None, dict[str, bytes | None]]


class Broker:
    """What all producers of a test have written, and how the next of them fail."""

    def __init__(self) -> None:
        self.log: list[Sent] = []
        self.deliveries: deque[tuple[Sent, asyncio.Future[object]]] = deque()
        self.producers = 0
        self.holds = False
        self.refuses: Callable[[Sent], Exception | None] = lambda _: None
        """At the send itself."""
        self.fails: Callable[[Sent], Exception | None] = lambda _: None
        """When it should have been acknowledged."""

    def make(self) -> Any:
        self.producers += 1
        return Producer(self)

    def deliver(self) -> None:
        """Answer everything that was held."""
        while self.deliveries:
            sent, delivery = self.deliveries.popleft()
            self._answer(sent, delivery)

    def take(self, sent: Sent) -> asyncio.Future[object]:
        refusal = self.refuses(sent)
        if refusal is not None:
            raise refusal
        delivery: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        if self.holds:
            self.deliveries.append((sent, delivery))
        else:
            self._answer(sent, delivery)
        return delivery

    def _answer(self, sent: Sent, delivery: asyncio.Future[object]) -> None:
        failure = self.fails(sent)
        if failure is not None:
            delivery.set_exception(failure)
        else:
            self.log.append(sent)
            delivery.set_result("an offset")

    @property
    def keys(self) -> list[bytes | None]:
        return [key for _, key, *_ in self.log]


class Producer:
    """Stands in for aiokafka's."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.client = self

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def send(self, topic: str, value: Any, *, key: Any, partition: Any, headers: Any) -> asyncio.Future[object]:
        return self._broker.take((topic, key, value, partition, dict(headers)))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "RETRY_S", 0.0)


@asynccontextmanager
async def writing(broker: Broker) -> AsyncIterator[Outbox]:
    outbox = Outbox(SETTINGS, "here-1", make=broker.make)
    running = asyncio.create_task(outbox.run())
    try:
        yield outbox
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await outbox.close()


async def say(outbox: Outbox, *keys: bytes) -> None:
    for key in keys:
        await outbox.dead_letter(FRAMES_DEAD_LETTERS, Record("frames", 0, 0, key, b"words of " + key), "")


async def settled() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def arrived(broker: Broker, count: int) -> None:
    async with asyncio.timeout(10):
        while len(broker.log) < count:  # noqa: ASYNC110  # nobody tells when something has arrived
            await asyncio.sleep(0)


async def test_each_message_goes_to_its_topic_with_its_key() -> None:
    """Subscribers, and the worker after this one, look for it there."""
    broker = Broker()
    beat = Heartbeat(worker="here-1", role="detector", at_ns=1, watermark_ns=0, lag_s=None, state="running")
    state = MarketState(ts_ns=1, level="CLEAR", stages=(), direction="none", since_ns=None)
    record = Record("market.frames.v1", 2, 9, b"BTC", None)
    async with writing(broker) as outbox:
        await outbox.alert(ALERT)
        await outbox.reading(Reading(ts_ns=1, partition=7, assets=()))
        await outbox.market_state(state)
        await outbox.heartbeat(beat)
        await outbox.dead_letter(FRAMES_DEAD_LETTERS, record, "no frame")
        await outbox.snapshot(3, b"BTC", b"state")
        await outbox.snapshot(3, b"ETH", None)
        await arrived(broker, 7)
        assert outbox.sent[SETTINGS.topic(STATE)] == 2
    assert [(topic.removeprefix("here."), key, partition) for topic, key, _, partition, _ in broker.log] == [
        (ALERTS.name, b"e1", None),
        (READINGS.name, b"7", None),
        (STATE.name, b"market", None),
        (STATE.name, b"worker|here-1", None),
        (FRAMES_DEAD_LETTERS.name, b"BTC", None),
        (SNAPSHOTS.name, b"BTC", 3),
        (SNAPSHOTS.name, b"ETH", 3),
    ]
    assert decode_output(broker.log[0][2] or b"") == ALERT
    assert broker.log[0][4].keys() == HEADERS["alert"].keys()
    assert broker.log[6][2] is None
    assert broker.log[4][4].keys() == HEADERS["dead letter"].keys()


async def test_a_snapshot_is_written_once_all_that_was_said_before_has_arrived() -> None:
    """What it holds is never said again: were it there before an alert, a crash in between would lose that one."""
    broker = Broker()
    broker.holds = True
    async with writing(broker) as outbox:
        await outbox.alert(ALERT)
        await outbox.snapshot(0, b"BTC", b"state")
        await settled()
        assert [key for (_, key, *_), _ in broker.deliveries] == [b"e1"]
        broker.deliver()
        await settled()
        assert [key for (_, key, *_), _ in broker.deliveries] == [b"BTC"]


async def test_what_is_said_after_a_snapshot_does_not_wait_for_it() -> None:
    """Saving states must not hold up alerts."""
    broker = Broker()
    broker.holds = True
    async with writing(broker) as outbox:
        await outbox.alert(ALERT)
        await outbox.snapshot(0, b"BTC", b"state")
        await outbox.reading(Reading(ts_ns=1, partition=7, assets=()))
        await settled()
        assert [key for (_, key, *_), _ in broker.deliveries] == [b"e1", b"7"]
        assert outbox.waiting == 3


async def test_who_waits_is_told_when_all_before_has_arrived() -> None:
    """A snapshot would be written before the alerts that it will never say again."""
    broker = Broker()
    broker.holds = True
    async with writing(broker) as outbox:
        await outbox.flush()
        await say(outbox, b"a", b"b")
        two = asyncio.create_task(outbox.until(outbox.posted))
        await say(outbox, b"c")
        await settled()
        assert not two.done()
        assert outbox.waiting == 3
        assert outbox.waiting_s > 0
        first, second, third = (delivery for _, delivery in broker.deliveries)
        second.set_result("an offset")
        await settled()
        assert not two.done()
        first.set_result("an offset")
        await two
        assert outbox.waiting == 1
        third.set_result("an offset")
        await outbox.flush()
        assert outbox.waiting_s == 0.0


async def test_after_a_failure_everything_that_is_not_acknowledged_goes_again_in_its_order() -> None:
    """The state topic would end with a condition that has long cleared: its older word would come last."""
    broker = Broker()
    broker.holds = True
    async with writing(broker) as outbox:
        await say(outbox, b"raised", b"cleared")
        await settled()
        broker.fails = lambda sent: KafkaTimeoutError() if sent[1] == b"raised" else None
        broker.deliver()
        broker.fails = lambda _: None
        broker.holds = False
        await say(outbox, b"later")
        await outbox.flush()
    assert broker.keys[0] == b"cleared"
    assert broker.keys[-3:] == [b"raised", b"cleared", b"later"]
    # One that failed a batch is refused from then on.
    assert broker.producers == 2


@pytest.mark.parametrize("error", [KafkaTimeoutError(), OutOfOrderSequenceNumber(), ValueError("not of Kafka")])
async def test_a_send_that_fails_is_tried_again_whatever_it_raises(error: Exception) -> None:
    """The task that writes would die without a word, and everything would wait for it for ever."""
    broker = Broker()
    errors = [error, error]
    broker.refuses = lambda _: errors.pop() if errors else None
    async with writing(broker) as outbox, asyncio.timeout(10):
        await say(outbox, b"a", b"b")
        await outbox.flush()
    assert broker.keys == [b"a", b"b"]
    assert broker.producers == 3


async def test_a_delivery_that_is_cancelled_is_made_again() -> None:
    """A producer that closes cancels what it holds; a record would be waited for, for ever."""
    broker = Broker()
    broker.holds = True
    async with writing(broker) as outbox, asyncio.timeout(10):
        await say(outbox, b"a")
        await settled()
        broker.holds = False
        broker.deliveries.popleft()[1].cancel()
        await outbox.flush()
    assert broker.keys == [b"a"]


async def test_a_record_that_the_client_never_takes_is_left_out_and_said(caplog: pytest.LogCaptureFixture) -> None:
    """The state of an asset with a huge book would stop the whole worker."""
    broker = Broker()
    broker.refuses = lambda sent: MessageSizeTooLargeError() if sent[1] == b"huge" else None
    async with writing(broker) as outbox, asyncio.timeout(10):
        await say(outbox, b"a", b"huge", b"b")
        await outbox.flush()
        assert outbox.refused == 1
        assert outbox.sent.total() == 2
    assert broker.keys == [b"a", b"b"]
    assert "here.market.frames.dlq.v1 takes no record of" in caplog.text
    assert "of huge: it is left out; raise the topic's max.message.bytes" in caplog.text


async def test_of_a_batch_that_is_too_large_only_the_one_that_is_to_blame_is_left_out() -> None:
    """What happened to travel with it would be lost, or everything would go again for ever."""
    broker = Broker()
    broker.holds = True
    async with writing(broker) as outbox, asyncio.timeout(10):
        await say(outbox, b"a", b"huge", b"b")
        await settled()
        # A broker refuses a batch as a whole.
        broker.fails = lambda _: MessageSizeTooLargeError()
        broker.deliver()
        broker.holds = False
        broker.fails = lambda sent: MessageSizeTooLargeError() if sent[1] == b"huge" else None
        await say(outbox, b"c")
        await outbox.flush()
        assert outbox.refused == 1
    assert broker.keys[-3:] == [b"a", b"b", b"c"]
    assert b"huge" not in broker.keys


async def test_what_cannot_be_encoded_is_left_out() -> None:
    """One number that is not finite would end the worker, in each life again."""
    broker = Broker()
    state = MarketState(ts_ns=1, level="CLEAR", stages=(), direction="none", since_ns=None)
    async with writing(broker) as outbox, asyncio.timeout(10):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(outbox_module, "encode", _not_finite)
            await outbox.market_state(state)
        await outbox.market_state(state)
        await outbox.flush()
        assert outbox.refused == 1
    assert broker.keys == [b"market"]


def _not_finite(_: object) -> bytes:
    raise ValueError("MarketState.x is not finite")


async def test_with_the_brokers_away_who_says_more_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory would grow for as long as they are away."""
    monkeypatch.setattr(outbox_module, "MOST_WAITING_BYTES", 1_000)
    broker = Broker()
    broker.holds = True
    async with writing(broker) as outbox, asyncio.timeout(10):
        await say(outbox, b"a" * 2_000)
        more = asyncio.create_task(say(outbox, b"b"))
        await settled()
        assert not more.done()
        broker.holds = False
        broker.deliver()
        await more
        await outbox.flush()
    assert broker.keys == [b"a" * 2_000, b"b"]


async def test_a_snapshot_is_written_when_all_that_was_said_before_has_arrived() -> None:
    """What a snapshot holds is never said again: a kill in between would lose an alert for ever."""
    broker = Broker()
    broker.holds = True
    async with writing(broker) as outbox, asyncio.timeout(10):
        await outbox.snapshot(0, b"first", b"state")
        await settled()
        assert [sent[1] for sent, _ in broker.deliveries] == [b"first"]
        broker.deliver()
        await say(outbox, b"a")
        await outbox.snapshot(0, b"second", b"state")
        await say(outbox, b"b")
        await outbox.snapshot(0, b"second", None)
        await settled()
        assert [sent[1] for sent, _ in broker.deliveries] == [b"a", b"b"]
        broker.deliver()
        await settled()
        assert [(sent[1], sent[2]) for sent, _ in broker.deliveries] == [(b"second", b"state"), (b"second", None)]
        # Who waits for what was said does not wait for what may be saved behind it.
        await outbox.until(3)


async def test_a_snapshot_waits_for_what_goes_again_after_a_failure() -> None:
    """It would overtake the alert that failed."""
    broker = Broker()
    broker.holds = True
    async with writing(broker) as outbox, asyncio.timeout(10):
        await say(outbox, b"a")
        await outbox.snapshot(0, b"state", b"state")
        await settled()
        broker.fails = lambda _: KafkaTimeoutError()
        broker.deliver()
        broker.fails = lambda _: None
        broker.holds = False
        await arrived(broker, 2)
    assert broker.keys == [b"a", b"state"]
