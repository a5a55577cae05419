"""A recording on Kafka, told by `cascade notify --recorded-clock` as if it were now."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from schemas.codec import Output, decode_output, encode
from schemas.state import MarketState
from schemas.topics import ALERTS, STATE, Topic
from tests.kit.alerts import NS, T0_NS, episode
from tests.kit.collector.collector import Collector
from tests.kit.kafka.choice import SharedBroker
from tests.kit.kafka_log import deployment
from tests.kit.notify_trial import environ, goes_back, posted, write_config
from tests.kit.programs import Programs


@pytest.mark.kafka
async def test_a_recording_is_told_in_time_and_every_revision_is_in_the_feed(
    broker: SharedBroker, tmp_path: Path
) -> None:
    """Its messages would say that they come a year late, or depend on how fast it is played."""
    settings = await deployment(broker.bootstrap)
    alerts = episode("WARN", "HIGH", "CRITICAL", "HIGH", every_s=30)
    over = MarketState(ts_ns=T0_NS + 900 * NS, level="CLEAR", stages=(), direction="none", since_ns=None)
    lines = tmp_path / "alerts.jsonl"
    async with Collector() as collector:
        config = write_config(tmp_path, collector)
        feed = f'[sinks.feed]\ntype = "file"\nto_file = "{lines.name}"\n\n[[routes]]\nsinks = ["feed"]\n'
        config.write_text(config.read_text().replace("[[routes]]", f"{feed}\n[[routes]]"))
        producer = AIOKafkaProducer(**settings.client(), acks="all", enable_idempotence=True)
        await producer.start()
        said: list[tuple[Topic, Output]] = [*((ALERTS, alert) for alert in alerts), (STATE, over)]
        for topic, output in said:
            await producer.send_and_wait(settings.topic(topic), encode(output), key=b"key")
        await producer.stop()
        variables = {**environ(collector), "CASCADE_TOPIC_PREFIX": settings.topic_prefix}
        options = ("--config", str(config), "--kafka", settings.bootstrap_servers, "--recorded-clock")
        with Programs(tmp_path / "programs", variables) as programs:
            notifier = programs.start("notifier", "detector.cli", "notify", *options)
            async with asyncio.timeout(60):
                while not posted(collector) or not posted(collector)[-1].ended:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            assert await asyncio.to_thread(notifier.terminate) == 0
        chat, posts = collector.chat("telegram"), posted(collector)
    assert [post.level for post in posts] == ["WARN", "HIGH", "CRITICAL", "HIGH", "CLEAR"]
    assert not goes_back(posts)
    assert [shown.history[0][:8] if shown.history else shown.text[:8] for shown in chat] == [
        "🟡 WARN ·", "🟠 HIGH ·", "🔴 CRITIC"
    ]  # fmt: skip
    assert not any("late" in shown.text.lower() for shown in chat)
    assert [decode_output(line) for line in lines.read_bytes().splitlines()] == alerts
