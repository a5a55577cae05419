"""SIGKILL of a worker in the middle of the crash: whoever reads the alerts and drops known ids has not noticed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.kit.crash_cluster import Crash
from tests.kit.feeder import Feed
from tests.kit.kill_plan import plan
from tests.kit.kill_run import kill_once


@pytest.mark.kafka
@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", [0, 1, 2])
async def test_a_killed_worker_costs_no_alert_and_adds_none(
    seed: int, clean: Crash, feed: Feed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the hour in which a machine dies an alert would be lost, or two would be told of one thing."""
    killed = await kill_once(clean, feed, plan(seed, clean.clean), tmp_path)
    with capsys.disabled():
        sys.stdout.write(f"\n{killed.line()}\n")
    assert killed.good, killed.line()
