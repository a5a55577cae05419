"""A notifier says that it lives, and tells people when no detector does."""

from __future__ import annotations

import pytest

from detector.alerts.routes import Route
from detector.runtime.notify import cluster_life
from detector.runtime.notify.clocks import EventClock
from detector.runtime.notify.cluster_life import CHECK_S, ClusterLife
from detector.runtime.notify.kafka_source import KafkaSource
from detector.runtime.notify.notifier import Notifier
from detector.runtime.notify.vigil import Vigil
from detector.store.store import Store
from producers.kafka.errors import BrokerError, TopicError
from schemas.state import Heartbeat, MarketState
from tests.kit.alerts import NS, T0_NS
from tests.kit.channels import RememberingSink
from tests.kit.cluster import SETTINGS, FakeLog, FakeOutbox, as_outbox

MARKET = MarketState(ts_ns=T0_NS, level="WARN", stages=("S1",), direction="down", since_ns=T0_NS)


class Case:
    """A notifier at 20:50 that has just heard a detector."""

    def __init__(self, *, watches: bool = True) -> None:
        self.clock = EventClock()
        self.clock.reach(T0_NS)
        self.phone = RememberingSink()
        self.notifier = Notifier(
            routes=[Route(sinks=("phone",), group_wait_s=0)],
            sinks={"phone": self.phone},
            store=Store(None),
            clock=self.clock,
        )
        self.vigil = Vigil(began_ns=T0_NS)
        self.source = KafkaSource(SETTINGS, self.notifier, self.vigil, worker="me", readings=False)
        self.source.market = MARKET
        self.outbox = FakeOutbox(FakeLog(), "me")
        vigil = self.vigil if watches else None
        self.life = ClusterLife(SETTINGS, as_outbox(self.outbox), self.source, self.notifier, vigil)
        self.hear(0)

    def hear(self, at_s: float) -> None:
        at_ns = T0_NS + int(at_s * NS)
        beat = Heartbeat(worker="w", role="detector", at_ns=at_ns, watermark_ns=0, lag_s=0.0, state="running")
        self.vigil.take(beat, at_ns, at_ns)
        self.source.market_at_ns = at_ns

    async def look(self, at_s: float) -> None:
        self.clock.reach(T0_NS + int(at_s * NS))
        await self.life.look()
        await self.notifier.settle()


async def test_people_are_told_when_detectors_fall_silent_and_when_they_are_back() -> None:
    """The silence of dead programs would be taken for a calm market."""
    case = Case()
    await case.look(14)
    assert case.notifier.market == MARKET
    await case.look(30)
    assert case.phone.deliveries == []
    await case.look(61)
    assert case.phone.acts == ["new WARN"]
    assert "nobody is watching" in case.phone.deliveries[0].message.title
    assert case.notifier.market is None, "old news would be taken for the present"
    case.hear(62)
    await case.look(63)
    assert case.phone.acts == ["new WARN", "edit CLEAR"]
    assert case.notifier.market == MARKET


async def test_where_kafka_is_away_the_message_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody would look for the fault in the detectors."""

    async def away(*_: object, **__: object) -> None:
        raise BrokerError("Kafka at kafka:9092: nobody answers")

    monkeypatch.setattr(cluster_life, "check_cluster", away)
    case = Case()
    case.life._checked_s -= CHECK_S
    await case.look(61)
    assert case.life.trouble == "Kafka at kafka:9092: nobody answers"
    assert "kafka:9092" in case.phone.deliveries[0].message.what


class Brokers:
    """What each look at them finds, and how often they were asked."""

    def __init__(self) -> None:
        self.fault = ""
        self.asked = 0

    async def check(self, *_: object, **__: object) -> None:
        self.asked += 1
        if self.fault:
            raise TopicError(self.fault)


@pytest.fixture
def brokers(monkeypatch: pytest.MonkeyPatch) -> Brokers:
    found = Brokers()
    monkeypatch.setattr(cluster_life, "check_cluster", found.check)
    return found


async def test_kafka_is_asked_from_time_to_time_and_at_each_look_while_it_is_in_trouble(brokers: Brokers) -> None:
    """Each look would cost connections for nothing, or an end of the trouble be told late."""
    case = Case()
    for _ in range(3):
        await case.look(5)
    assert brokers.asked == 0
    brokers.fault = "gone"
    case.life._checked_s -= CHECK_S
    for _ in range(3):
        await case.look(5)
    assert (brokers.asked, case.life.trouble) == (3, "gone")
    brokers.fault = ""
    for _ in range(3):
        await case.look(5)
    assert (brokers.asked, case.life.trouble) == (4, "")


async def test_without_its_topic_people_are_told_whoever_says_that_he_lives(brokers: Brokers) -> None:
    """The topic of alerts is deleted, heartbeats go on, and every bot goes on trading for ever."""
    case = Case()
    await case.look(0)
    assert case.notifier.market == MARKET
    brokers.fault = "missing topic cascade.alerts.v1: run cascade topics create"
    case.life._checked_s -= CHECK_S
    for second in range(5, 70, 5):
        case.hear(second)
        await case.look(second)
        assert case.notifier.market is None
    assert case.phone.acts == ["new WARN"]
    assert "cascade.alerts.v1" in case.phone.deliveries[0].message.what
    brokers.fault = ""
    await case.look(70)
    assert case.phone.acts == ["new WARN", "edit CLEAR"]
    assert case.notifier.market == MARKET


async def test_a_judgement_that_nobody_repeats_is_not_handed_on() -> None:
    """After each start of the notifier a bot would trade on what a detector said before it died."""
    case = Case()
    await case.look(15)
    assert case.notifier.market == MARKET
    await case.look(16)
    assert case.notifier.market is None


async def test_a_recording_that_is_over_is_no_silence() -> None:
    """Each replay would end with a warning."""
    case = Case(watches=False)
    await case.look(600)
    assert case.phone.deliveries == []
    assert not case.life.unwatched


async def test_its_own_heartbeat_says_how_it_does() -> None:
    """Nobody could tell a notifier that is dead from one that has nothing to say."""
    case = Case()
    await case.life.say()
    case.notifier.workers["phone"].trouble = "no answer within 15 s"
    await case.look(61)
    await case.life.say()
    case.source.market = None
    await case.life.say(stopping=True)
    well, ill, last = (beat for beat in case.outbox.said if isinstance(beat, Heartbeat))
    assert (well.role, well.worker, well.state, well.note) == ("notifier", "me", "running", "")
    assert well.watermark_ns == MARKET.ts_ns
    assert ill.state == "waiting"
    assert ill.note.startswith("no detector watches")
    assert (last.state, last.watermark_ns, last.lag_s) == ("stopping", 0, None)


async def test_a_failing_channel_is_in_the_heartbeat() -> None:
    """The one who would be told is the one who cannot be."""
    case = Case()
    case.notifier.workers["phone"].trouble = "no answer within 15 s"
    assert case.life.heartbeat().note == "failing: phone"
