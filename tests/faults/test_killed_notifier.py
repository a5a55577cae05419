"""SIGKILL of a notifier between a send and its log: a message comes twice at most, and none comes late or never."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from producers.kafka.settings import KafkaSettings
from schemas.alert import Alert
from schemas.codec import decode_output, encode
from schemas.state import Heartbeat
from schemas.topics import ALERTS, STATE
from tests.kit.collector.collector import Collector
from tests.kit.kafka.choice import SharedBroker
from tests.kit.kafka_log import deployment, read_topic
from tests.kit.notify_trial import copies, environ, goes_back, killer, posted, repeated, story_of_now, write_config
from tests.kit.programs import Program, Programs

CALLS = 3
"""New messages of the story."""
WITHIN_S = 60.0
KILLS = [("telegram", 1), ("webhook", 2), ("telegram", 3), ("webhook", 5)]


class Trial:
    """A notifier that is killed at a moment of its channels' choosing."""

    def __init__(self, folder: Path, channel: str, number: int) -> None:
        self.folder = folder
        self.victim: Program | None = None
        self.collector = Collector(on_shown=killer(channel, number, self._kill))
        self.programs = Programs(folder / "programs", environ(self.collector))

    def _kill(self) -> None:
        assert self.victim is not None
        self.victim.kill()

    def judge(self) -> str:
        """Whether people and bots read what they should have; in one line."""
        posts, chat = posted(self.collector), self.collector.chat("telegram")
        twice = repeated(posts)
        assert not goes_back(posts)
        assert posts[-1].ended
        # A call that waits for the channel's pace may be made together with the next one.
        assert 2 <= len(chat) <= CALLS + 1
        assert len(twice) + len(copies(chat)) <= 1, "one kill, and more than one message came twice"
        # A copy that was shown before the kill, and that nobody knows of, stays as it was.
        assert chat[-1].text.startswith("✅")
        assert all(times <= 2 for times in (sum(post.id == name for post in posts) for name in twice))
        return f"{len(chat)} messages in the chat, {len(posts)} posts, {len(twice)} of them twice under one id"


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize(("channel", "number"), KILLS)
async def test_a_kill_between_send_and_log_costs_one_copy_under_the_same_id(
    channel: str, number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """People would be called twice for each restart, or read that it gets worse after they read that it is over."""
    trial = Trial(tmp_path, channel, number)
    alerts = tmp_path / "alerts.jsonl"
    alerts.write_bytes(b"".join(encode(alert) + b"\n" for alert in story_of_now()))
    async with trial.collector as collector:
        command = ("tests.kit.notify_alone", str(write_config(tmp_path, collector)), str(alerts))
        with trial.programs:
            trial.victim = trial.programs.start("first", *command)
            assert await asyncio.to_thread(trial.victim.wait, WITHIN_S) == -9
            second = trial.programs.start("second", *command)
            assert await asyncio.to_thread(second.wait, WITHIN_S) == 0
        with capsys.disabled():
            sys.stdout.write(f"\nkilled when {channel} had shown {number}: {trial.judge()}\n")


@pytest.mark.kafka
@pytest.mark.timeout(180)
@pytest.mark.parametrize(("channel", "number"), KILLS[:2])
async def test_a_killed_cascade_notify_goes_on_where_it_was(
    channel: str, number: int, broker: SharedBroker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same on Kafka: alerts would be lost with the process, or all of them told again."""
    settings = await deployment(broker.bootstrap)
    trial = Trial(tmp_path, channel, number)
    kafka = ("--kafka", settings.bootstrap_servers)
    trial.programs = Programs(
        tmp_path / "programs", {**environ(trial.collector), "CASCADE_TOPIC_PREFIX": settings.topic_prefix}
    )
    async with trial.collector as collector:
        command = ("detector.cli", "notify", "--config", str(write_config(tmp_path, collector)), *kafka)
        with trial.programs:
            trial.victim = trial.programs.start("first", *command)
            await asyncio.to_thread(trial.victim.await_word, "caught up: 0 alerts read")
            *story, end = story_of_now()
            writing = asyncio.create_task(_write(settings, story))
            assert await asyncio.to_thread(trial.victim.wait, WITHIN_S) == -9
            await writing
            second = trial.programs.start("second", *command)
            await _until_told(collector, "🟠")
            await _write(settings, [end])
            await _until_told(collector, "✅")
            assert await asyncio.to_thread(second.terminate) == 0
        with capsys.disabled():
            sys.stdout.write(f"\nkilled when {channel} had shown {number}: {trial.judge()}\n")
    beats = [decode_output(record.value) for record in await read_topic(settings, STATE)]
    states = [(beat.role, beat.state) for beat in beats if isinstance(beat, Heartbeat)]
    assert states[-1] == ("notifier", "stopping")


async def _write(settings: KafkaSettings, alerts: list[Alert]) -> None:
    producer = AIOKafkaProducer(**settings.client(), acks="all", enable_idempotence=True)
    await producer.start()
    try:
        # Junk between them, as a program of somebody else may leave it.
        await producer.send_and_wait(settings.topic(ALERTS), b"{")
        for alert in alerts:
            await producer.send_and_wait(settings.topic(ALERTS), encode(alert), key=alert.episode_id.encode())
            await asyncio.sleep(0.2)
    finally:
        await producer.stop()


async def _until_told(collector: Collector, sign: str) -> None:
    """Until both channels show that it stands so."""
    until_s = time.monotonic() + WITHIN_S
    while time.monotonic() < until_s:
        if all(chat and chat[-1].text.startswith(sign) for chat in map(collector.chat, ("telegram", "webhook"))):
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"{sign} was not told: {collector.as_json().decode()}")
