"""A channel that is away or hangs: others notice nothing, and it is told the newest of what goes on when it is back."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from pathlib import Path

import msgspec
import pytest

from detector.runtime.notify.clocks import EventClock, WallClock
from detector.runtime.notify.opened import open_notifier
from detector.sinks.config import NotifyConfig, load
from schemas.alert import Alert
from tests.kit.alerts import NS, T0_NS, episode
from tests.kit.collector.collector import Collector
from tests.kit.collector.script import FOR_EVER, Hang, Status
from tests.kit.notify_trial import environ, goes_back, posted, repeated, story_of_now, write_config

OUTAGE_S = 600
STEP_S = 5
AT_ONCE_S = 2.0
"""A channel has its pace; a hanging one beside it has 15 s before it is given up."""


def configured(folder: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> NotifyConfig:
    for variable, value in environ(collector).items():
        monkeypatch.setenv(variable, value)
    config = load(write_config(folder, collector), os.environ)
    # Each story by itself, so that it can be told which of them were told.
    routes = tuple(msgspec.structs.replace(route, group_by="episode") for route in config.routes)
    return msgspec.structs.replace(config, routes=routes)


def stories() -> tuple[list[Alert], list[Alert]]:
    """Within the outage: one that goes on, revision by revision, and one that is over soon."""
    lasting = episode("WARN", "HIGH", "CRITICAL", "HIGH", every_s=120, resolved=False, since_ns=T0_NS + 20 * NS)
    short = episode("HIGH", "WARN", every_s=60, since_ns=T0_NS + 40 * NS, scope="detector", stages=("D",))
    return lasting, short


async def test_after_ten_minutes_away_a_channel_gets_the_newest_and_what_is_over_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People would read a crash from its beginning when it is over, as if it were now."""
    lasting, short = stories()
    coming = sorted([*lasting, *short], key=lambda alert: alert.ts_ns)
    async with Collector() as collector:
        collector.answer("telegram", Status(503), times=FOR_EVER)
        clock = EventClock()
        async with open_notifier(configured(tmp_path, collector, monkeypatch), clock) as notifier:
            for second in range(0, OUTAGE_S + 120, STEP_S):
                if second == OUTAGE_S:
                    collector.heal("telegram")
                clock.reach(T0_NS + second * NS)
                while coming and coming[0].ts_ns <= clock.now_ns():
                    notifier.take(coming.pop(0))
                await notifier.settle()
        chat, posts = collector.chat("telegram"), posted(collector)
        attempts = len(collector.requests("telegram"))
    (only,) = chat
    assert only.text.startswith("🟠 HIGH · market")
    assert "late" in only.text.lower()
    assert lasting[-1].alert_id in only.text
    assert attempts < 30, "it is asked less and less often while it is away"
    with sqlite3.connect(tmp_path / "store.sqlite") as store:
        expired = store.execute("SELECT sink, count(*) FROM log WHERE outcome = 'expired' GROUP BY sink").fetchall()
    assert expired == [("phone", 1)]
    # The other channel: every revision, in time.
    assert len(posts) == len(lasting) + len(short)
    assert not repeated(posts)
    assert not goes_back(posts)


async def test_a_channel_that_hangs_changes_nothing_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the crash that slows one channel down nobody would hear anything."""
    slowest_s = {}
    for hangs in (False, True):
        folder = tmp_path / str(hangs)
        folder.mkdir()
        async with Collector() as collector:
            if hangs:
                collector.answer("telegram", Hang(), times=FOR_EVER)
            async with open_notifier(configured(folder, collector, monkeypatch), WallClock()) as notifier:
                running = asyncio.create_task(notifier.run())
                waits = []
                for alert in story_of_now():
                    before = len(posted(collector))
                    began_s = time.monotonic()
                    notifier.take(alert)
                    async with asyncio.timeout(AT_ONCE_S):
                        while len(posted(collector)) == before:  # noqa: ASYNC110
                            await asyncio.sleep(0.005)
                    waits.append(time.monotonic() - began_s)
                slowest_s[hangs] = max(waits)
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
            assert len(posted(collector)) == len(story_of_now())
            assert not hangs or not collector.chat("telegram")
    assert slowest_s[True] < slowest_s[False] + 0.5
