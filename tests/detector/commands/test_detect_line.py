"""One line about a worker: everything that a person must know, in words that cannot be misread."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from detector.commands.detect_line import behind, status_line
from detector.runtime.cluster.frames_worker import FramesWorker
from detector.runtime.cluster.market_worker import MarketWorker
from detector.runtime.cluster.outbox import Outbox

DAY_S = 86_400.0


def line(**changes: Any) -> str:
    frames = SimpleNamespace(
        owned={},
        watermark_ns=0,
        records=5,
        last_record_s=time.monotonic(),
        poisoned=0,
        failed_seconds=0,
        unbelieved_ticks=0,
    )
    market = SimpleNamespace(state=None, awaited=[], poisoned=0)
    outbox = SimpleNamespace(sent={}, waiting=0, waiting_s=0.0, refused=0)
    of = {"market_state": (market, "state"), "market_poisoned": (market, "poisoned"), "awaited": (market, "awaited")}
    for name, value in changes.items():
        part, field = of.get(name, (frames if hasattr(frames, name) else outbox, name))
        setattr(part, field, value)
    return status_line(
        cast(FramesWorker, frames), cast(MarketWorker, market), cast(Outbox, outbox), seconds=10.0, events=12_345
    )


def test_a_worker_that_works() -> None:
    """Nobody could see what it has, how far it is, and what it said."""
    said = line(
        owned={3: 0, 0: 0},
        watermark_ns=time.time_ns() - 1_500_000_000,
        market_state=SimpleNamespace(level="CLEAR"),
        sent={"cascade.state.v1": 1_234, "cascade.alerts.v1": 2},
    )
    first, at, *rest = said.split("; ")
    assert first == "partitions 0,3"
    assert at.startswith("at ")
    assert at.endswith("UTC, 1.5 s ago")
    assert rest == ["1,234 events/s", "market CLEAR", "2 to cascade.alerts.v1, 1,234 to cascade.state.v1"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"records": 0}, "partitions none; 1,234 events/s; no frames yet; nothing said yet"),
        ({"last_record_s": -37.0}, "no frames for 37 s"),
        ({"market_state": SimpleNamespace(level="HIGH"), "awaited": [2, 5]}, "market HIGH; waits for partitions 2,5"),
        ({"waiting": 1_200, "waiting_s": 34.4}, "1,200 records not acknowledged for 34 s"),
        ({"poisoned": 2, "market_poisoned": 1}, "3 unreadable records set aside"),
        ({"failed_seconds": 40}, "40 seconds of assets could not be judged"),
        ({"unbelieved_ticks": 7}, "7 ticks not believed: a producer's clock is a minute ahead"),
        ({"refused": 1}, "1 records too large"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, Any], says: str) -> None:
    """A worker that waits for a dead one, or for the brokers, would look like one that works."""
    if "last_record_s" in changes:
        changes = {"last_record_s": time.monotonic() + changes["last_record_s"]}
    assert says in line(**changes)


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (-2.0, "2.0 s ahead of the clock"),
        (0.0, "0.0 s ago"),
        (90.0, "90.0 s ago"),
        (21_599.0, "21,599.0 s ago"),
        (21_600.0, "6 hours behind the clock: a replay"),
        (35_200_108.7, "407 days behind the clock: a replay"),
    ],
)
def test_a_replay_of_an_old_day_is_no_lag(seconds: float, says: str) -> None:
    """Words like "35,200,108.7 s ago" would send a user looking for a fault that is none."""
    assert behind(seconds) == says
