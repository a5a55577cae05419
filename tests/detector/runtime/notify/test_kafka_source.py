"""Reading alerts off Kafka: each once, from where memory ends, whatever lies between them."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError

from detector.alerts.routes import Route
from detector.runtime.notify import kafka_source
from detector.runtime.notify.clocks import EventClock
from detector.runtime.notify.kafka_source import FRESH_NS, KafkaSource
from detector.runtime.notify.notifier import Notifier
from detector.runtime.notify.vigil import Vigil
from detector.store.store import Store
from producers.kafka.settings import KafkaSettings
from schemas.codec import Output, encode
from schemas.reading import Reading
from schemas.state import Heartbeat, MarketState
from schemas.topics import ALERTS, READINGS, STATE, Topic
from tests.kit.alerts import NS, T0_NS, an_alert, episode
from tests.kit.channels import RememberingSink

SETTINGS = KafkaSettings(topic_prefix="here.")
STATE_OF_MARKET = MarketState(
    ts_ns=T0_NS + 300 * NS, level="HIGH", stages=("S2",), direction="down", since_ns=T0_NS, episode_id="e"
)

SAID_MS = STATE_OF_MARKET.ts_ns // 1_000_000


class Message(NamedTuple):
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: Sequence[tuple[str, bytes]] = ()


class FakeConsumer:
    """Partitions as lists, with as much of aiokafka's consumer as is used."""

    def __init__(self) -> None:
        self.records: dict[TopicPartition, list[Message]] = {}
        self.first: dict[TopicPartition, int] = {}
        self.at: dict[TopicPartition, int] = {}
        self.fails: list[Exception] = []
        self.stopped = False

    def append(self, topic: Topic, value: Output | bytes | None, *, at_ms: int = T0_NS // 1_000_000) -> None:
        place = TopicPartition(SETTINGS.topic(topic), 0)
        log = self.records.setdefault(place, [])
        offset = log[-1].offset + 1 if log else self.first.get(place, 0)
        data = value if isinstance(value, bytes | None) else encode(value)
        log.append(Message(place.topic, 0, offset, b"k", data, at_ms))

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        self.stopped = True

    async def beginning_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {place: self.first.get(place, 0) for place in places}

    async def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {place: self.highwater(place) or self.first.get(place, 0) for place in places}

    async def offsets_for_times(self, times: dict[TopicPartition, int]) -> dict[TopicPartition, Message | None]:
        return {
            place: next((m for m in self.records.get(place, ()) if m.timestamp >= at_ms), None)
            for place, at_ms in times.items()
        }

    def assign(self, places: list[TopicPartition]) -> None:
        self.at = dict.fromkeys(places, 0)

    def assignment(self) -> set[TopicPartition]:
        return set(self.at)

    def seek(self, place: TopicPartition, offset: int) -> None:
        self.at[place] = offset

    async def position(self, place: TopicPartition) -> int:
        return self.at[place]

    def highwater(self, place: TopicPartition) -> int | None:
        log = self.records.get(place)
        return log[-1].offset + 1 if log else None

    async def getmany(self, *places: TopicPartition, max_records: int, **_: int) -> dict[TopicPartition, list[Message]]:
        if self.fails:
            raise self.fails.pop(0)
        found, left = {}, max_records
        for place in places or self.at:
            at = self.at[place]
            batch = [message for message in self.records.get(place, ()) if message.offset >= at][:left]
            if batch:
                found[place], left = batch, left - len(batch)
                self.at[place] = batch[-1].offset + 1
        return found


class Case:
    """A source and all that it speaks to."""

    def __init__(self, consumer: FakeConsumer, store: Store | None = None, *, readings: bool = False) -> None:
        self.consumer = consumer
        self.clock = EventClock()
        self.clock.reach(T0_NS)
        self.phone = RememberingSink()
        self.notifier = Notifier(
            routes=[Route(sinks=("phone",), group_wait_s=0)],
            sinks={"phone": self.phone},
            store=store or Store(None),
            clock=self.clock,
        )
        self.vigil = Vigil(began_ns=T0_NS)
        self.source = KafkaSource(
            SETTINGS, self.notifier, self.vigil, worker="me", readings=readings, reach=self.clock.reach,
            consumer=consumer,
        )  # fmt: skip

    async def read(self) -> list[str]:
        """Everything that is there; what the phone was told."""
        await self.source.start()
        await self.source.catch_up(within_s=5)
        await self.notifier.settle()
        return self.phone.acts


@pytest.fixture
def consumer() -> FakeConsumer:
    return FakeConsumer()


def taken(case: Case) -> list[str]:
    return sorted(story.alert.alert_id for story in case.notifier.desk.kept.stories.values())


async def test_the_first_start_knows_the_stories_that_go_on_and_tells_them_as_they_stand(
    consumer: FakeConsumer,
) -> None:
    """People would read a crash revision by revision, or not at all until it gets worse."""
    for alert in [*episode("WARN", "HIGH", "CRITICAL", resolved=False), *episode("HIGH", scope="BTC")]:
        consumer.append(ALERTS, alert)
    case = Case(consumer)
    assert await case.read() == ["new CRITICAL"]
    assert case.source.alerts == 5
    assert case.notifier.position == 5


async def test_the_next_start_goes_on_where_the_last_one_ended(consumer: FakeConsumer) -> None:
    """What was told would be told again, or what came meanwhile never."""
    first, second, third, _ = episode("WARN", "HIGH", "HIGH")
    store = Store(None)
    consumer.append(ALERTS, first)
    case = Case(consumer, store)
    assert await case.read() == ["new WARN"]
    consumer.append(ALERTS, second)
    consumer.append(ALERTS, third)
    again = Case(consumer, store)
    assert await again.read() == ["new HIGH"]
    assert again.source.alerts == 2


async def test_a_batch_is_written_down_in_one_step(consumer: FakeConsumer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A month of alerts would be a month of writes to the disk."""
    for alert in episode("WARN", "HIGH", "WARN", "HIGH"):
        consumer.append(ALERTS, alert)
    case = Case(consumer)
    saves = []

    def save() -> None:
        saves.append(1)

    monkeypatch.setattr(case.notifier, "save", save)
    await case.source.start()
    await case.source.catch_up()
    assert len(saves) == 1


@pytest.mark.parametrize("junk", [b"{", b'{"kind":"alert"}', b"\xff\xfe", encode(STATE_OF_MARKET), b"[" * 100_000])
async def test_what_cannot_be_read_is_counted_and_left_out(
    junk: bytes, consumer: FakeConsumer, caplog: pytest.LogCaptureFixture
) -> None:
    """One bad record would end all messages, and again after every restart."""
    first, second, *_ = episode("WARN", "HIGH")
    consumer.append(ALERTS, first)
    consumer.append(ALERTS, junk)
    consumer.append(ALERTS, second)
    consumer.append(ALERTS, None)
    case = Case(consumer)
    assert await case.read() == ["new HIGH"]
    assert case.source.poisoned == 1
    assert case.notifier.position == 4
    assert f"here.{ALERTS.name} offset 1 cannot be read and is left out" in caplog.text


async def test_alerts_that_were_deleted_before_they_were_read_are_missed_aloud(
    consumer: FakeConsumer, caplog: pytest.LogCaptureFixture
) -> None:
    """Who was away for longer than the topic is kept would believe to know everything."""
    store = Store(None)
    first, _, third, _ = episode("WARN", "HIGH", "HIGH")
    consumer.append(ALERTS, first)
    await Case(consumer, store).read()
    place = TopicPartition(SETTINGS.topic(ALERTS), 0)
    consumer.records[place] = [Message(place.topic, 0, 9, b"k", encode(third), 0)]
    consumer.first[place] = 9
    case = Case(consumer, store)
    assert await case.read() == ["new HIGH"]
    assert "8 alerts were deleted before they were read, offsets 1 to 8" in caplog.text
    assert case.notifier.position == 10


async def test_a_topic_that_was_made_anew_is_read_from_its_beginning(
    consumer: FakeConsumer, caplog: pytest.LogCaptureFixture
) -> None:
    """After a volume was lost, nothing would be told until the new topic is as long as the old one was."""
    store = Store(None)
    for alert in episode("WARN", "HIGH"):
        consumer.append(ALERTS, alert)
    await Case(consumer, store).read()
    anew = FakeConsumer()
    anew.append(ALERTS, an_alert(since_ns=T0_NS + 600 * NS, level="CRITICAL"))
    case = Case(anew, store)
    assert await case.read() == ["new CRITICAL"]
    assert "was made anew" in caplog.text
    assert case.notifier.position == 1


async def test_a_topic_that_is_made_anew_under_way_is_told_of(
    consumer: FakeConsumer, caplog: pytest.LogCaptureFixture
) -> None:
    """The client goes back to the beginning by itself and says nothing."""
    for alert in episode("WARN", "HIGH"):
        consumer.append(ALERTS, alert)
    case = Case(consumer)
    await case.read()
    place = TopicPartition(SETTINGS.topic(ALERTS), 0)
    consumer.records[place] = [Message(place.topic, 0, 0, b"k", encode(an_alert(since_ns=T0_NS + 600 * NS)), 0)]
    consumer.at[place] = 0
    await case.source.read()
    assert "begins again at 0" in caplog.text
    assert case.notifier.position == 1


async def test_brokers_that_refuse_are_asked_again(
    consumer: FakeConsumer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The notifier would end in the middle of a crash."""
    monkeypatch.setattr(kafka_source, "AGAIN_S", 0.0)
    consumer.append(ALERTS, an_alert())
    consumer.fails.append(TopicAuthorizationFailedError("here.cascade.alerts.v1"))
    case = Case(consumer)
    assert await case.read() == ["new HIGH"]
    assert "trying again" in caplog.text


async def test_a_recordings_clock_follows_the_alerts(consumer: FakeConsumer) -> None:
    """Every message of a recording would come late."""
    *_, last = alerts = episode("WARN", "HIGH", resolved=False)
    for alert in alerts:
        consumer.append(ALERTS, alert)
    case = Case(consumer)
    await case.read()
    assert case.clock.now_ns() == last.ts_ns
    assert case.source.caught_up


async def test_where_the_market_stands_is_the_newest_that_was_said(consumer: FakeConsumer) -> None:
    """A worker that takes over says again what the last one said."""
    older = MarketState(ts_ns=T0_NS, level="CLEAR", stages=(), direction="none", since_ns=None)
    for number, state in enumerate((STATE_OF_MARKET, older)):
        consumer.append(STATE, state, at_ms=SAID_MS + number * 5_000)
    case = Case(consumer)
    case.clock.reach(SAID_MS * 1_000_000 + 60 * NS)
    await case.read()
    assert case.source.market == STATE_OF_MARKET
    assert case.source.market_at_ns == SAID_MS * 1_000_000


async def test_what_was_said_long_ago_is_not_where_the_market_stands_now(consumer: FakeConsumer) -> None:
    """After a start the last word of a dead detector would be handed on as news."""
    consumer.append(STATE, STATE_OF_MARKET, at_ms=SAID_MS + 3_600_000)
    case = Case(consumer)
    case.clock.reach(SAID_MS * 1_000_000)
    await case.read()
    now_ns = case.clock.now_ns()
    assert case.source.market_now(now_ns + FRESH_NS) == STATE_OF_MARKET, "nor is it younger by the broker's clock"
    assert case.source.market_now(now_ns + FRESH_NS + 1) is None


async def test_what_is_of_a_second_that_has_not_come_hides_nothing(consumer: FakeConsumer) -> None:
    """One worker with a wrong clock would keep all states and pictures back until that time has come."""
    far = STATE_OF_MARKET.ts_ns + 3600 * NS
    consumer.append(STATE, msgspec.structs.replace(STATE_OF_MARKET, ts_ns=far), at_ms=SAID_MS)
    consumer.append(STATE, STATE_OF_MARKET, at_ms=SAID_MS)
    case = Case(consumer)
    await case.read()
    assert case.source.market == STATE_OF_MARKET


async def test_heartbeats_keep_the_vigil(consumer: FakeConsumer) -> None:
    """People would be told that nobody watches while somebody does."""
    beat = Heartbeat(worker="w", role="detector", at_ns=0, watermark_ns=0, lag_s=0.0, state="running")
    case = Case(consumer)
    case.clock.reach(T0_NS + 50 * NS)
    consumer.append(STATE, beat, at_ms=T0_NS // 1_000_000 + 50_000)
    await case.read()
    assert case.vigil.news(T0_NS + 100 * NS) is None
    assert case.vigil.news(T0_NS + 120 * NS) is not None


async def test_another_notifier_at_work_is_said_once(consumer: FakeConsumer, caplog: pytest.LogCaptureFixture) -> None:
    """With two of them people are told everything twice, and nobody knows why."""
    now_ms = 4_000_000_000_000
    for worker, at_ms in (("me", now_ms), ("dead", 1), ("other", now_ms), ("other", now_ms + 5_000)):
        beat = Heartbeat(worker=worker, role="notifier", at_ns=0, watermark_ns=0, lag_s=0.0, state="running")
        consumer.append(STATE, beat, at_ms=at_ms)
    await Case(consumer).read()
    assert caplog.text.count("another notifier is at work, other") == 1
    assert "dead" not in caplog.text


async def test_readings_are_read_only_for_pictures_and_no_older_than_these_show(
    consumer: FakeConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day of readings would be read at each start, for nothing."""
    now_ms = 1_760_129_400_000
    monkeypatch.setattr("detector.runtime.notify.kafka_source.time.time_ns", lambda: now_ms * 1_000_000)
    for ago_s in (3_600, 901, 899, 1):
        ts_ns = (now_ms - ago_s * 1000) * 1_000_000
        consumer.append(READINGS, Reading(ts_ns=ts_ns, partition=0, assets=()), at_ms=now_ms - ago_s * 1000)
    seen: list[Any] = []
    monkeypatch.setattr(Notifier, "take_reading", lambda _, reading: seen.append(reading))
    await Case(consumer).read()
    assert seen == []
    await Case(consumer, readings=True).read()
    assert len(seen) == 2


async def test_of_a_recording_readings_are_read_up_to_what_is_told(
    consumer: FakeConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restart its alerts would be told without pictures, or with the readings of what came later alone."""
    monkeypatch.setattr(kafka_source, "MOST_RECORDS", 2)
    for alert in episode("WARN", "HIGH", resolved=False):
        consumer.append(ALERTS, alert)
    written_ms = time.time_ns() // 1_000_000
    for second in range(10):
        consumer.append(READINGS, Reading(ts_ns=T0_NS + second * NS, partition=0, assets=()), at_ms=written_ms)
    seen: list[int] = []
    monkeypatch.setattr(Notifier, "take_reading", lambda _, reading: seen.append((reading.ts_ns - T0_NS) // NS))
    case = Case(consumer, readings=True)
    await case.source.start()
    assert await case.source.read_one()
    assert (case.source.alerts, seen) == (1, [])
    await case.source.read_readings(T0_NS + 4 * NS)
    assert seen == [0, 1, 2, 3, 4, 5]
    await case.source.read_readings(T0_NS + 4 * NS)
    assert len(seen) == 6
    await case.source.read_readings(T0_NS + 3600 * NS)
    assert seen == list(range(10))


async def test_the_first_start_says_how_much_it_reads(consumer: FakeConsumer, caplog: pytest.LogCaptureFixture) -> None:
    """A minute without a word would look like a process that hangs."""
    caplog.set_level(logging.INFO)
    consumer.append(ALERTS, an_alert())
    await Case(consumer).read()
    assert "first start: reading all 1 alerts" in caplog.text


async def test_it_lets_go_of_the_brokers(consumer: FakeConsumer) -> None:
    """The process would not end."""
    case = Case(consumer)
    await case.source.start()
    await case.source.close()
    assert consumer.stopped
