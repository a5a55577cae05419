"""A producer's heartbeat: what it says, and that it goes on."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import cast

import pytest

from producers.kafka import heartbeat
from producers.kafka.publisher import Publisher
from producers.kafka.writer import Writer
from producers.ticker.ticker import Ticker
from schemas.codec import decode_output
from schemas.state import Heartbeat
from schemas.topics import STATE, Topic
from tests.kit.stream import MS, T0, definition, spool_in, trade


class Told:
    """Stands in for the writer."""

    def __init__(self) -> None:
        self.beats: list[Heartbeat] = []

    async def tell(self, topic: Topic, key: bytes, value: bytes) -> None:
        assert topic is STATE
        assert key == b"worker|here-1"
        beat = decode_output(value)
        assert isinstance(beat, Heartbeat)
        self.beats.append(beat)


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(ticker=Ticker(), spool=spool_in(tmp_path))


async def say(publisher: Publisher, *, ends: bool = False) -> Heartbeat:
    told = Told()
    await heartbeat.tell(worker="here-1", publisher=publisher, writer=cast("Writer", told), ends=ends)
    return told.beats[0]


async def test_before_the_first_event_it_lives_and_waits(publisher: Publisher) -> None:
    """A producer without a venue would look like one that works."""
    beat = await say(publisher)
    assert (beat.role, beat.state, beat.note, beat.lag_s, beat.watermark_ns) == (
        "producer",
        "waiting",
        "no event yet",
        None,
        0,
    )
    assert abs(beat.at_ns - time.time_ns()) < 10**10


async def test_it_says_how_far_it_is_and_how_old_its_input(publisher: Publisher) -> None:
    """A feed that stopped an hour ago would look alive."""
    publisher.publish([definition(), trade(3)])
    beat = await say(publisher)
    assert (beat.state, beat.watermark_ns) == ("running", T0 + 3 * MS)
    assert beat.lag_s == pytest.approx((time.time_ns() - T0) / 1e9, abs=10)
    assert (await say(publisher, ends=True)).state == "stopping"


async def test_it_goes_on(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    """After three silent intervals a process counts as dead."""
    monkeypatch.setattr("producers.kafka.heartbeat.EVERY_S", 0.001)
    told = Told()
    beating = asyncio.ensure_future(heartbeat.beat(worker="here-1", publisher=publisher, writer=cast("Writer", told)))
    async with asyncio.timeout(5):
        while len(told.beats) < 3:  # noqa: ASYNC110  # a fake has nobody to wake
            await asyncio.sleep(0.001)
    beating.cancel()
