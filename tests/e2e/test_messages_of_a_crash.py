"""10 October 2025 as people would have read it on every channel: a handful of messages, edited as it went on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from detector.engine import Engine
from detector.runtime.notify.following import following
from detector.sinks.config import load
from producers.rebuilt import rebuilt
from tests.kit.all_channels import CHANNELS, all_channels
from tests.kit.collector.collector import Collector
from tests.kit.collector.seen import Shown

ROOT = Path(__file__).resolve().parents[2]
MOST_NEW = 6
READ = tuple(channel for channel in CHANNELS if channel != "alertmanager")
"""Channels that people read."""
PHONES = ("telegram", "slack", "discord")
"""Channels with pictures, whose messages can be edited."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]

Chats = Mapping[str, Sequence[Shown]]


def chats(collector: Collector) -> Chats:
    """What people see there; a picture of Slack's stands in the thread of its message, and not in the channel."""
    return {channel: [shown for shown in collector.chat(channel) if shown.in_channel] for channel in CHANNELS}


def check(seen: Chats) -> None:
    """What holds on every channel."""
    assert seen["alertmanager"], "its own alerts, one a story: what becomes of them is its configuration"
    for channel in READ:
        shown = seen[channel]
        assert 0 < len(shown) <= MOST_NEW, f"{channel}: {[s.text.splitlines()[0] for s in shown]}"
    titles = [shown.text.splitlines()[0] for shown in seen["telegram"]]
    assert any("CRITICAL · market falling" in title for title in titles)
    for channel in PHONES:
        assert sum(shown.edits for shown in seen[channel]) > 0
        assert channel == "slack" or sum(shown.picture is not None for shown in seen[channel]) >= 3
    assert sum(shown.edits for shown in seen["slack_hook"]) == 0
    emergency = next(s for s in seen["telegram"] if "EMERGENCY · market" in (s.history or [s.text])[0])
    told = (emergency.history or [emergency.text])[0]
    assert not emergency.silent
    assert "Open nothing new" in told
    assert told.count("(normal ") == 3
    assert "since 20:50 UTC" in told


async def test_the_reconstruction_is_a_handful_of_messages_on_every_channel(tmp_path: Path) -> None:
    """Eleven revisions and a hundred and sixty alerts would bury the one that mattered."""
    async with Collector() as collector:
        config = load(all_channels(collector, tmp_path), {})
        engine = Engine()
        async with following(engine, config, environ={}, recorded=True, polite=False) as follower:
            for batch in rebuilt("cascade"):
                for output in engine.feed(batch):
                    follower(output)
                await follower.catch_up()
            for output in engine.finish():
                follower(output)
            await follower.finish()
        check(chats(collector))


async def test_the_trades_of_the_day_are_a_handful_of_messages_on_every_channel(
    shared_data: Path, tmp_path: Path
) -> None:
    """As above, on what really happened, by the command line, and at the pace that channels allow."""
    paths = sorted((shared_data / "oct10-trades").glob("*_trades_*.csv.gz"))
    async with Collector(enforce_paces=True) as collector:
        options = ["--config", str(all_channels(collector, tmp_path)), "--from", "19:40", "--to", "21:55"]
        command = [sys.executable, "-m", "detector.cli", "replay", *options, *map(str, paths)]
        replaying = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=-1, stderr=-1)
        _, said = await replaying.communicate()
        assert replaying.returncode == 0, said.decode()
        assert b"telegram: " in said
        check(chats(collector))
