"""The subscriber that people copy: what it decides, and what it prints on a real broker."""

from __future__ import annotations

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from examples.kafka_subscriber import EPISODES, Alerts, Watch
from producers.kafka.settings import KafkaSettings
from schemas.alert import Alert, Coverage
from schemas.codec import encode
from schemas.state import Heartbeat, MarketState
from schemas.topics import ALERTS, STATE, Topic
from tests.kit.kafka.choice import SharedBroker
from tests.kit.kafka_log import deployment

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "kafka_subscriber.py"
NS = 10**9


def alert(*, revision: int = 0, alert_id: str = "", episode: str = "e1") -> Alert:
    return Alert(
        alert_id=alert_id or f"{episode}-{revision}",
        episode_id=episode,
        revision=revision,
        ts_ns=1_760_129_405 * NS,
        status="open",
        level="HIGH",
        peak_level="HIGH",
        stages=("S1",),
        scope="market",
        direction="down",
        since_ns=1_760_129_405 * NS,
        headline="market falling: shock",
        evidence=(),
        conditions=(),
        coverage=Coverage(live=1, families=9),
    )


def heartbeat(**changes: Any) -> Heartbeat:
    beat = Heartbeat(worker="w1", role="detector", at_ns=NS, watermark_ns=NS, lag_s=0.5, state="running")
    return msgspec.structs.replace(beat, **changes)


def market(*, second: float) -> MarketState:
    return MarketState(ts_ns=int(second * NS), level="CLEAR", stages=(), direction="none", since_ns=None)


def read(message: Alert | Heartbeat | MarketState) -> dict[str, Any]:
    """As the subscriber has it, from what the detector writes."""
    found: dict[str, Any] = msgspec.json.decode(encode(message))
    return found


def test_an_alert_is_one_line_with_level_scope_headline_and_id() -> None:
    """A person could not tell what happened, or ask for it by its id."""
    assert Alerts().take(read(alert())) == "20:50:05 HIGH market open: market falling: shock [e1-0]"


def test_the_same_id_is_printed_once_and_an_older_revision_never() -> None:
    """A restarted worker says some alerts twice: people would be called twice."""
    alerts = Alerts()
    printed = [alerts.take(read(alert(revision=revision))) is not None for revision in (0, 0, 1, 0, 1, 2)]
    assert printed == [True, False, True, False, False, True]


def test_episodes_do_not_hide_each_other() -> None:
    """The first alert of a second episode would be taken for an old one of the first."""
    alerts = Alerts()
    assert alerts.take(read(alert(revision=3, episode="e1")))
    assert alerts.take(read(alert(revision=0, episode="e2")))


def test_memory_is_bounded_and_the_oldest_episode_goes_first() -> None:
    """A subscriber that runs for months would grow without end."""
    alerts = Alerts()
    first = read(alert(episode="first"))
    alerts.take(first)
    for number in range(EPISODES - 1):
        alerts.take(read(alert(episode=f"e{number}")))
    assert alerts.take(first) is None
    for number in range(EPISODES):
        alerts.take(read(alert(episode=f"f{number}")))
    assert alerts.take(first) is not None


def watch(*, now_s: float = 1000.0) -> Watch:
    return Watch(silence_s=15, now_s=now_s)


def test_nobody_watching_is_said_once_and_the_return_too() -> None:
    """Silence would be taken for a calm market."""
    looking = watch()
    looking.take(read(heartbeat()), 963.0)
    looking.take(read(market(second=998)), 999.0)
    assert looking.news(1000) == ["nobody is watching: last heartbeat 37 s ago"]
    assert looking.news(1005) == []
    looking.take(read(heartbeat(worker="w2")), 1006)
    assert looking.news(1006) == ["somebody is watching again"]


def test_a_market_wide_stage_that_stands_still_is_silent_however_often_it_is_repeated() -> None:
    """Without input a worker repeats its last judgement: the market would look calm for ever."""
    looking = watch()
    for at_s in (1000, 1005, 1010, 1016):
        looking.take(read(heartbeat()), at_s)
        looking.take(read(market(second=999)), at_s)
    assert looking.news(1016) == ["the market-wide stage is silent: last judgement 16 s ago"]
    looking.take(read(market(second=1016)), 1017)
    assert looking.news(1017) == ["the market-wide stage speaks again"]


@pytest.mark.parametrize(("second", "recorded", "counts"), [(941, False, True), (939, False, False), (9, True, True)])
def test_a_judgement_of_the_past_counts_only_where_the_past_is_played(
    second: float, recorded: bool, counts: bool
) -> None:
    """A detector that is hours behind would look like somebody who watches the present."""
    looking = Watch(silence_s=15, now_s=1000, recorded=recorded)
    looking.take(read(market(second=5000)), 1016)
    looking.take(read(market(second=second + 16)), 1016)
    looking.take(read(heartbeat()), 1016)
    assert (looking.news(1016) == []) is counts


def test_just_after_the_start_nobody_is_called_dead() -> None:
    """Each start would begin with a false alarm."""
    looking = watch(now_s=1000)
    assert looking.news(1015) == []
    assert looking.news(1016) == [
        "nobody is watching: last heartbeat never",
        "the market-wide stage is silent: last judgement never",
    ]


@pytest.mark.parametrize("changes", [{"role": "producer"}, {"state": "stopping"}])
def test_only_a_detector_that_goes_on_is_watching(changes: dict[str, str]) -> None:
    """A producer without any detector, or a farewell, would look like somebody who watches."""
    looking = watch()
    looking.take(read(heartbeat()), 1000)
    looking.take(read(market(second=1009)), 1010)
    looking.take(read(heartbeat(**changes)), 1010)
    assert looking.news(1016) == ["nobody is watching: last heartbeat 16 s ago"]


def test_it_needs_nothing_of_this_project() -> None:
    """Whoever copies it would get an import error."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    imported = {line.split()[1].split(".")[0] for line in lines if line.startswith(("import ", "from "))}
    assert imported <= {*sys.stdlib_module_names, "aiokafka", "orjson"}
    assert len(lines) <= 130


@asynccontextmanager
async def running(settings: KafkaSettings, *options: str) -> AsyncIterator[Process]:
    arguments = ("--kafka", settings.bootstrap_servers, "--prefix", settings.topic_prefix, *options)
    process = await asyncio.create_subprocess_exec(sys.executable, EXAMPLE, *arguments, stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(30):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def next_line(stream: asyncio.StreamReader | None) -> str:
    assert stream is not None
    return (await stream.readline()).decode().rstrip("\n")


@pytest.mark.kafka
async def test_on_a_broker_it_prints_alerts_and_tells_silence_from_death(broker: SharedBroker) -> None:
    """What it decides could be right and never reach anybody."""
    settings = await deployment(broker.bootstrap, (ALERTS, STATE))
    async with AIOKafkaProducer(**settings.client(), compression_type="zstd") as producer:

        async def write(topic: Topic, key: bytes, message: Alert | Heartbeat | MarketState) -> None:
            await producer.send_and_wait(settings.topic(topic), encode(message), key=key)

        await producer.send_and_wait(settings.topic(ALERTS), b"junk", key=b"e0")
        await write(ALERTS, b"e1", alert(revision=0))
        await write(STATE, b"worker|w1", heartbeat())
        await write(STATE, b"market", market(second=time.time()))
        async with running(settings, "--from-beginning", "--silence-s", "1") as process:
            assert (await next_line(process.stdout)).endswith("[e1-0]")
            assert "cannot be read" in await next_line(process.stderr)
            fallen = {await next_line(process.stderr), await next_line(process.stderr)}
            assert {line.split(":")[0] for line in fallen} == {
                "nobody is watching",
                "the market-wide stage is silent",
            }
            await write(ALERTS, b"e1", alert(revision=0))
            await write(ALERTS, b"e1", alert(revision=1))
            await write(STATE, b"worker|w1", heartbeat())
            await write(STATE, b"market", market(second=time.time()))
            returned = {await next_line(process.stderr), await next_line(process.stderr)}
            assert returned == {"somebody is watching again", "the market-wide stage speaks again"}
            assert (await next_line(process.stdout)).endswith("[e1-1]")


@pytest.mark.kafka
async def test_missing_topics_are_said_and_are_exit_code_one(broker: SharedBroker) -> None:
    """A wrong prefix would be silence for ever."""
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap, topic_prefix="nobody-has-this.")
    async with running(settings) as process:
        assert "missing nobody-has-this.cascade.alerts.v1" in await next_line(process.stderr)
        assert await process.wait() == 1
