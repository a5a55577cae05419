"""What a worker says of itself: whoever listens can tell silence from death, and knows what is waited for."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from detector.runtime.cluster import signs_of_life
from detector.runtime.cluster.frames_worker import FramesWorker
from detector.runtime.cluster.market_worker import MarketWorker
from detector.runtime.cluster.signs_of_life import EVERY_S, SignsOfLife
from schemas.state import Heartbeat, MarketState
from tests.kit.cluster import FakeLog, FakeOutbox, as_outbox

CALM = MarketState(ts_ns=1, level="CLEAR", stages=(), direction="none", since_ns=None)


def worker(**changes: Any) -> tuple[SignsOfLife, FakeOutbox, SimpleNamespace, SimpleNamespace]:
    outbox = FakeOutbox(FakeLog())
    frames = SimpleNamespace(
        records=9, last_record_s=time.monotonic(), watermark_ns=time.time_ns() - 2_000_000_000, owned={2: 0, 0: 0}
    )
    market = SimpleNamespace(state=None, awaited=[])
    for name, value in changes.items():
        setattr(frames if hasattr(frames, name) else market, name, value)
    life = SignsOfLife(as_outbox(outbox), cast(FramesWorker, frames), cast(MarketWorker, market))
    return life, outbox, frames, market


def test_a_worker_that_works_says_so() -> None:
    """Somebody would be woken for nothing."""
    beat = worker()[0].heartbeat()
    assert (beat.worker, beat.role, beat.state, beat.note) == ("here-1", "detector", "running", "")
    assert beat.partitions == (0, 2)
    assert beat.lag_s == pytest.approx(2.0, abs=0.5)
    assert abs(beat.at_ns - time.time_ns()) < 1_000_000_000


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"records": 0, "watermark_ns": 0, "owned": {}}, "no frames yet"),
        ({"last_record_s": time.monotonic() - 37.2}, "no frames for 37 s"),
    ],
)
def test_a_worker_without_input_waits_and_says_for_what(changes: dict[str, Any], note: str) -> None:
    """A dead producer would look like a calm market."""
    if "last_record_s" in changes:
        changes = {"last_record_s": time.monotonic() - 37.2}
    beat = worker(**changes)[0].heartbeat()
    assert (beat.state, beat.note) == ("waiting", note)


def test_a_stage_that_waits_names_the_partitions() -> None:
    """Nobody would know which worker is dead."""
    beat = worker(state=CALM, awaited=[3, 7])[0].heartbeat()
    assert (beat.state, beat.note) == ("running", "the market-wide stage waits for partitions 3, 7")


def test_a_clock_behind_the_venues_is_no_lag() -> None:
    """A reader would take a negative age for an error of ours."""
    assert worker(watermark_ns=time.time_ns() + 9_000_000_000)[0].heartbeat().lag_s == 0.0


def test_before_the_first_tick_the_lag_is_unknown() -> None:
    """It would read as fifty years."""
    assert worker(watermark_ns=0)[0].heartbeat().lag_s is None


async def test_the_market_is_told_by_who_has_it_and_not_by_who_leaves() -> None:
    """Two workers would contradict each other, or silence would look like calm."""
    life, outbox, _, market = worker(state=CALM)
    await life.say()
    assert [type(message) for message in outbox.said] == [Heartbeat, MarketState]
    await life.say(stopping=True)
    assert cast(Heartbeat, outbox.said[2]).state == "stopping"
    assert len(outbox.said) == 3
    market.state = None
    await life.say()
    assert [type(message) for message in outbox.said[3:]] == [Heartbeat]


async def test_it_is_said_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """After three intervals of silence a worker counts as dead; the contract says ten seconds for the market."""
    assert EVERY_S <= 5
    monkeypatch.setattr(signs_of_life, "EVERY_S", 0.001)
    life, outbox, *_ = worker(state=CALM)
    running = asyncio.create_task(life.run())
    async with asyncio.timeout(5):
        while len(outbox.said) < 6:  # noqa: ASYNC110  # nobody tells when something was said
            await asyncio.sleep(0.001)
    running.cancel()
    assert [type(message) for message in outbox.said[:4]] == [Heartbeat, MarketState, Heartbeat, MarketState]
