"""A worker more for a while, in the middle of the crash."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from schemas.topics import READINGS
from tests.kit.crash_cluster import Cluster, Crash
from tests.kit.feeder import Feed
from tests.kit.kafka_log import deployment
from tests.kit.kill_plan import NS, WORKERS
from tests.kit.kill_run import PACED_FROM_NS, SPEED
from tests.kit.outputs import WITHIN_S, partitions_of
from tests.kit.positions import until_done
from tests.kit.spoken import longest_pauses_s, spoken
from tests.kit.tail import Tail
from tests.kit.verifier import alerts_on, compare

JOINS_NS = 1_760_130_300 * NS
"""21:05 UTC, seven minutes before the worst."""
LEAVES_NS = 1_760_130_840 * NS
"""21:14 UTC, in the midst of it."""
LONGEST_PAUSE_S = 30.0
"""Seconds on an idle machine; what may not happen is that the market-wide stage goes on without a partition."""


@pytest.mark.kafka
@pytest.mark.timeout(400)
async def test_a_worker_joins_and_leaves_under_load_and_the_alerts_are_the_same(
    clean: Crash, feed: Feed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """To add a machine in the middle of a crash would tell everything twice, or nothing for minutes."""
    settings = await deployment(clean.settings.bootstrap_servers)
    cluster = Cluster(settings, tmp_path)
    with cluster.programs:
        for worker in WORKERS:
            await asyncio.to_thread(cluster.detect, worker)
        feeding = asyncio.create_task(feed.write(settings, speed=SPEED, paced_from_ns=PACED_FROM_NS))
        try:
            async with Tail(settings, READINGS) as readings:
                at, _ = await readings.until(lambda r: spoken(r).ts_ns >= JOINS_NS, within_s=WITHIN_S)
                third = await asyncio.to_thread(cluster.detect, "w3")
                moved = partitions_of(third)
                await readings.until(
                    lambda r: spoken(r).partition in moved and spoken(r).ts_ns >= LEAVES_NS, within_s=WITHIN_S, first=at
                )
                code = await asyncio.to_thread(third.terminate)
                await feeding
                await until_done(settings, within_s=WITHIN_S)
                await readings.catch_up()
        finally:
            feeding.cancel()
        verdict = compare(clean.clean, await alerts_on(settings.bootstrap_servers, settings.topic_prefix))
    pauses = longest_pauses_s(readings.seen)
    told = ", ".join(f"{asset} {pause_s:.1f}" for asset, pause_s in sorted(pauses.items()))
    with capsys.disabled():
        sys.stdout.write(f"\nthe third worker had partitions {sorted(moved)}; longest pauses, s: {told}\n")
    assert verdict.good, verdict.lines()
    assert code == 0
    assert moved
    assert max(pauses.values()) < LONGEST_PAUSE_S
