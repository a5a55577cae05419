"""What the guard hears from Kafka: which postures hold, who watches, and both on a real broker."""

from __future__ import annotations

import ast
import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from examples import posture_kafka
from examples.posture_guard import Guard
from examples.posture_kafka import EPISODES, FORGET_S, Book, KafkaSource
from producers.kafka.settings import KafkaSettings
from schemas.alert import Alert
from schemas.codec import encode
from schemas.state import Heartbeat, MarketState
from schemas.topics import ALERTS, STATE, Topic
from tests.kit.alerts import an_alert, episode
from tests.kit.kafka.choice import SharedBroker
from tests.kit.kafka_log import deployment

EXAMPLE = Path(posture_kafka.__file__)
NS = 10**9
NOW_S = 1_760_129_405.0


def read(message: Alert | Heartbeat | MarketState) -> dict[str, Any]:
    """As the source has it, from what the detector writes."""
    found: dict[str, Any] = msgspec.json.decode(encode(message))
    return found


def heartbeat(**changes: Any) -> Heartbeat:
    beat = Heartbeat(worker="w1", role="detector", at_ns=NS, watermark_ns=NS, lag_s=0.5, state="running")
    return msgspec.structs.replace(beat, **changes)


def market(at_s: float, **changes: Any) -> MarketState:
    state = MarketState(ts_ns=int(at_s * NS), level="CLEAR", stages=(), direction="none", since_ns=None)
    return msgspec.structs.replace(state, **changes)


def a_book(*alerts: Alert, now_s: float = NOW_S, recorded: bool = False) -> Book:
    book = Book(lambda: now_s, recorded=recorded)
    for alert in alerts:
        book.take_alert(read(alert), NOW_S)
    return book


def test_the_newest_revision_of_each_episode_holds() -> None:
    """A restarted worker says some alerts twice: an old one would lift what holds."""
    old, new = (an_alert(posture=posture, revision=n) for n, posture in enumerate(("normal", "halt_new"), 1))
    btc = an_alert(scope="BTC", posture="no_market_orders")
    assert a_book(old, new, btc, old, btc).view()[1] == [("market", "halt_new"), ("BTC", "no_market_orders")]


def test_what_is_over_is_lifted_until_it_begins_again() -> None:
    """A bot would stay halted for ever, or miss the second wave."""
    first, high, over = episode("WARN", "HIGH")
    assert a_book(first, high, over, first).view()[1] == []
    again = an_alert(revision=4, status="escalated", posture="halt_new")
    assert a_book(first, high, over, again).view()[1] == [("market", "halt_new")]


def test_a_later_story_of_the_same_scope_ends_one_whose_end_was_never_said() -> None:
    """A detector that lost its memory would leave a halt behind, for a day."""
    lost = an_alert(posture="halt_new")
    later = an_alert(posture="reduce", since_ns=lost.ts_ns + 1)
    other = an_alert(posture="reduce", scope="BTC", since_ns=lost.ts_ns + 1)
    assert a_book(lost, later).view()[1] == [("market", "reduce")]
    assert a_book(lost, other).view()[1] == [("market", "halt_new"), ("BTC", "reduce")]


def test_an_earlier_story_that_is_read_later_counts_beside_the_newer_one() -> None:
    """An old recording, played into the same topics, would lift what holds now."""
    now = an_alert(posture="halt_new")
    earlier = an_alert(posture="reduce", since_ns=now.since_ns - 3600 * NS)
    assert a_book(now, earlier).view()[1] == [("market", "halt_new"), ("market", "reduce")]


def test_a_story_of_which_nothing_is_said_for_a_day_is_left_out() -> None:
    """A halt that nobody ends would hold for ever."""
    alert = an_alert(posture="halt_new")
    assert a_book(alert, now_s=NOW_S + FORGET_S - 1).view()[1]
    assert not a_book(alert, now_s=NOW_S + FORGET_S).view()[1]


def test_memory_is_bounded_and_what_holds_stays() -> None:
    """A bot that runs for months would grow, or forget a halt."""
    template = read(an_alert(posture="halt_new"))
    book = a_book(an_alert(scope="BTC", posture="halt_new"))
    for number in range(EPISODES + 5):
        book.take_alert(template | {"episode_id": f"e{number}", "status": "resolved"}, NOW_S)
    assert book.view()[1] == [("BTC", "halt_new")]
    assert len(book._revisions) == EPISODES


@pytest.mark.parametrize(
    ("message", "signs"),
    [
        (heartbeat(), {"heartbeat"}),
        (heartbeat(role="producer"), set()),
        (heartbeat(state="stopping"), set()),
        (heartbeat(state="waiting"), set()),
        (market(NOW_S - 6), {"judgement"}),
        (market(NOW_S - 7), set()),
        (market(NOW_S - 6, missing_partitions=(3,)), set()),
    ],
)
def test_only_a_detector_that_works_and_judges_everything_anew_is_a_sign(
    message: Heartbeat | MarketState, signs: set[str]
) -> None:
    """A farewell, a spare worker or a judgement that is repeated would look like somebody who watches."""
    book = a_book()
    book.take_state(read(market(NOW_S - 7)), NOW_S - 10)
    book.take_state(read(message), NOW_S - 5)
    assert {sign for sign, at_s in book.view()[0].items() if at_s == NOW_S - 5} == signs


@pytest.mark.parametrize(
    ("behind_s", "recorded", "counts"), [(59, False, True), (61, False, False), (9**9, True, True)]
)
def test_a_judgement_of_the_past_counts_only_where_the_past_is_played(
    behind_s: float, recorded: bool, counts: bool
) -> None:
    """A detector that is hours behind would look like somebody who watches the present."""
    book = a_book(recorded=recorded)
    book.take_state(read(market(NOW_S - behind_s)), NOW_S)
    assert book.view()[0]["judgement"] == (NOW_S if counts else 0.0)


def test_one_judgement_from_the_future_does_not_hide_all_others() -> None:
    """One worker with a wrong clock would halt every bot, until that time has come."""
    book = a_book()
    book.take_state(read(market(NOW_S + 3600, level="EMERGENCY")), NOW_S)
    assert book.view() == ({"heartbeat": 0.0, "judgement": 0.0, "reading": 0.0}, [])
    book.take_state(read(market(NOW_S - 1)), NOW_S)
    assert book.view()[0]["judgement"] == NOW_S


@pytest.mark.parametrize(
    ("level", "postures"),
    [
        ("CLEAR", []),
        ("WATCH", []),
        ("HIGH", [("market", "reduce")]),
        ("EMERGENCY", [("market", "halt_new")]),
        ("CATASTROPHE", [("market", "no_market_orders")]),
    ],
)
def test_without_an_alert_of_the_market_its_level_holds(level: str, postures: list[tuple[str, str]]) -> None:
    """An alert that is older than what its topic keeps would be calm, and so would a word of a later version."""
    book = a_book()
    book.take_state(read(market(NOW_S - 1)) | {"level": level}, NOW_S)
    assert book.view()[1] == postures
    book.take_alert(read(an_alert(posture="reduce")), NOW_S)
    assert book.view()[1] == [("market", "reduce")]


@pytest.mark.parametrize(
    "changes",
    [{"status": None}, {"revision": "x"}, {"ts_ns": [1]}, {"since_ns": {}}, {"revision": float("inf")}, {"posture": 0}],
)
def test_half_an_alert_lifts_nothing(changes: dict[str, Any]) -> None:
    """A record that somebody else wrote would end a halt before it is found to be unreadable."""
    alert = an_alert(posture="halt_new")
    book = a_book(alert)
    later = read(alert) | {"revision": alert.revision + 1} | changes
    if changes.get("status", "") is None:
        del later["status"]
    with suppress(KeyError, ValueError, TypeError, OverflowError):
        book.take_alert(later, NOW_S)
    assert book.view()[1] in ([("market", "halt_new")], [("market", "0")])
    book.take_alert(read(an_alert(posture="reduce", since_ns=alert.ts_ns + 1)), NOW_S)


class Junk(NamedTuple):
    """A record."""

    value: bytes
    timestamp: int = int(NOW_S * 1000)
    topic: str = "cascade.alerts.v1"
    offset: int = 7


def test_what_cannot_be_read_is_told_once_and_the_next_record_counts(caplog: pytest.LogCaptureFixture) -> None:
    """One bad record, which the topic keeps for a month, would halt every bot for a month."""
    source = KafkaSource("127.0.0.1:1")
    for junk in (b"junk", b"{}", b"[" * 100_000, b"", b"\xff", b"[]", encode(heartbeat())):
        source._take(Junk(junk), is_alert=True)
        source._take(Junk(junk), is_alert=False)
    source._take(Junk(encode(an_alert(posture="halt_new"))), is_alert=True)
    assert [record.getMessage()[:59] for record in caplog.records] == [
        "cascade.alerts.v1 offset 7 cannot be read and is left out, "
    ]
    source._book._clock = lambda: NOW_S
    assert source.view()[1] == [("market", "halt_new")]


def test_a_broker_whose_clock_is_ahead_does_not_delay_silence() -> None:
    """The detector would be alive for minutes after its death."""
    book = a_book()
    book.hear("heartbeat", NOW_S + 300)
    assert book.view()[0]["heartbeat"] == NOW_S


def test_other_messages_of_the_state_topic_mean_nothing() -> None:
    """The first transition would end the reading."""
    book = a_book()
    book.take_state({"kind": "transition"}, NOW_S)
    assert set(book.view()[0].values()) == {0.0}


def test_it_needs_nothing_of_this_project() -> None:
    """Whoever copies it would get an import error."""
    tree = ast.parse(EXAMPLE.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= {*sys.stdlib_module_names, "aiokafka"}


async def becomes(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not what():  # noqa: ASYNC110 - a thread of its own changes it
            await asyncio.sleep(0.05)


async def write(producer: AIOKafkaProducer, settings: KafkaSettings, topic: Topic, key: bytes, *messages: Any) -> None:
    for message in messages:
        await producer.send_and_wait(settings.topic(topic), encode(message), key=key)


@pytest.mark.kafka
async def test_on_a_broker_a_bot_obeys_what_was_said_before_it_came_and_stops_when_nobody_watches(
    broker: SharedBroker,
) -> None:
    """What it decides could be right and never reach it, or be lifted by its restart."""
    settings = await deployment(broker.bootstrap, (ALERTS, STATE))
    story = episode("HIGH", "CRITICAL", scope="BTC")
    async with AIOKafkaProducer(**settings.client(), compression_type="zstd") as producer:
        halted = [msgspec.structs.replace(alert, posture="no_market_orders") for alert in story[:2]]
        await producer.send_and_wait(settings.topic(ALERTS), b"junk", key=b"e")
        await write(producer, settings, ALERTS, b"e", *halted)
        source = KafkaSource(settings.bootstrap_servers, settings.topic_prefix).start()
        guard = Guard(source.view, silence_s=2)
        try:
            assert not guard.may_open("ETH/USDT")
            await write(producer, settings, STATE, b"worker|w1", heartbeat())
            await write(producer, settings, STATE, b"market", market(time.time()))
            await becomes(lambda: guard.may_open("ETH/USDT"))
            assert guard.posture("BTC/USDT") == "no_market_orders"
            await write(producer, settings, ALERTS, b"e", story[2])
            await becomes(lambda: guard.posture("BTC/USDT") in ("normal", "halt_new"))
            await becomes(lambda: not guard.may_open("ETH/USDT"))
            assert "was heard" in guard.look()[0]
        finally:
            await asyncio.to_thread(source.stop)


async def test_without_a_broker_it_says_why_and_nothing_is_opened(caplog: pytest.LogCaptureFixture) -> None:
    """A wrong address would be a calm market."""
    source = KafkaSource("127.0.0.1:1").start()
    try:
        await becomes(lambda: "cannot read from Kafka at 127.0.0.1:1" in caplog.text)
        assert not Guard(source.view, clock=time.time).may_open("BTC/USDT")
    finally:
        await asyncio.to_thread(source.stop)
