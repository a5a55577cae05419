"""Kafka dies and with it all news: people are told that nobody watches, and the notifier ends when it is asked to."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import pytest

from detector.runtime.notify.vigil import SILENT_S
from tests.kit.collector.collector import Collector
from tests.kit.collector.script import FOR_EVER, Hang
from tests.kit.kafka.broker import Broker
from tests.kit.kafka_log import deployment, quiet_client
from tests.kit.notify_trial import environ, write_config
from tests.kit.programs import Programs

ENDS_WITHIN_S = 15.0


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_without_kafka_people_are_told_that_nobody_watches_and_a_signal_ends_it(
    fresh_broker: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dead cluster would look like a calm market; and a process that waits for it could only be killed."""
    settings = await deployment(fresh_broker.bootstrap)
    async with Collector() as collector:
        # It hangs for ever: neither the other channel nor the end may wait for it.
        collector.answer("telegram", Hang(), times=FOR_EVER)
        variables = {**environ(collector), "CASCADE_TOPIC_PREFIX": settings.topic_prefix}
        config = ("--config", str(write_config(tmp_path, collector)), "--kafka", settings.bootstrap_servers)
        with Programs(tmp_path / "programs", variables) as programs, quiet_client():
            notifier = programs.start("notifier", "detector.cli", "notify", *config)
            await asyncio.to_thread(notifier.await_word, "caught up")
            await asyncio.to_thread(fresh_broker.stop)
            began_s = time.monotonic()
            async with asyncio.timeout(SILENT_S + 30):
                while not collector.chat("webhook"):  # noqa: ASYNC110 - the collector tells nobody
                    await asyncio.sleep(0.2)
            told_s = time.monotonic() - began_s
            asked_s = time.monotonic()
            code = await asyncio.to_thread(notifier.terminate)
            ended_s = time.monotonic() - asked_s
            words = notifier.words
        (told,) = collector.chat("webhook")
    with capsys.disabled():
        sys.stdout.write(
            f"\ntold after {told_s:.0f} s, ended {ended_s:.1f} s after the signal; it read:\n{told.text}\n"
        )
    assert "nobody is watching" in told.text
    assert settings.bootstrap_servers in told.text
    assert code == 0
    assert ended_s < ENDS_WITHIN_S
    assert "NOBODY WATCHES" in words
    assert collector.telegram.token not in words
