"""The broker is away under load: what must not be lost is not, memory has its bound, and what is missing says so."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from producers.kafka.overflow import DROPPABLE
from producers.replay import Replay
from producers.venues.registry import venues_of
from schemas.base import Event
from schemas.codec import decode_output, encode
from schemas.health import Gap
from schemas.market import Liquidation
from schemas.state import MarketState
from schemas.topics import LIQUIDATIONS, READINGS, STATE
from tests.kit.crash_cluster import Cluster
from tests.kit.kafka.broker import Broker
from tests.kit.kafka_log import deployment, quiet_client, read_frames, read_topic
from tests.kit.positions import until_done
from tests.kit.programs import Program
from tests.kit.spoken import spoken
from tests.kit.tail import Tail

NS = 1_000_000_000
START, END, STOPS_NS = "21:10", "21:19", 1_760_130_720 * NS
"""The broker stops at 21:12, when the worst begins."""
SPOOL_MB = 4
ALLOWANCE_MB = 32
"""Beside the records that wait: buffers of sockets and of the client, and what the allocator holds. However long the
broker is away, it must not become more.
"""
WITHIN_S = 170.0


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("outage_s", "speed"),
    [
        pytest.param(15, 16, id="for 15 s", marks=pytest.mark.timeout(400)),
        pytest.param(60, 6, id="for 60 s", marks=[pytest.mark.slow, pytest.mark.timeout(600)]),
    ],
)
async def test_a_broker_that_is_away_costs_no_liquidation_and_its_other_losses_are_marked(
    outage_s: float, speed: float, fresh_broker: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is lost when the broker restarts in a crash is lost when it matters most."""
    settings = await deployment(fresh_broker.bootstrap)
    cluster = Cluster(settings, tmp_path / "programs")
    heard = tmp_path / "heard"
    with cluster.programs, quiet_client():
        await asyncio.to_thread(cluster.detect, "w1")
        venues = await asyncio.to_thread(lambda: cluster.serve(start=START, end=END, speed=speed, live=True))
        limits = ("--spool-memory-mb", str(SPOOL_MB), "--record", str(heard))
        producer = cluster.produce(venues.url, *limits, live=True)
        async with Tail(settings, READINGS) as readings:
            before, _ = await readings.until(lambda r: spoken(r).ts_ns >= STOPS_NS, within_s=WITHIN_S)
            calm_mb = producer.memory_mb()
            await asyncio.to_thread(fresh_broker.stop)
            loaded_mb = await _most_memory(producer, outage_s)
            await asyncio.to_thread(fresh_broker.start)
            await asyncio.to_thread(venues.program.wait, WITHIN_S)
            code = await asyncio.to_thread(producer.terminate)
            await until_done(settings, within_s=WITHIN_S)
            await readings.catch_up()
        frames = await read_frames(settings)
        liquidations = [record.value for record in await read_topic(settings, LIQUIDATIONS)]
        states = [decode_output(record.value) for record in await read_topic(settings, STATE)]
    reached = [event for batch in Replay(sorted(heard.iterdir()), venues=venues_of("all")) for event in batch]
    logged = [event for events in frames.values() for event in events]
    lost = _lost(reached, logged)
    with capsys.disabled():
        sys.stdout.write(
            f"\nbroker away for {outage_s} s: {len(reached):,} events reached the producer, {len(lost):,} of them are "
            f"not in the log; memory {calm_mb:.0f} MB before, {loaded_mb:.0f} MB at most with {SPOOL_MB} MB of spool\n"
        )
    forced = Counter(encode(event) for event in reached if isinstance(event, Liquidation))
    assert code == 0
    assert forced.total() > 100
    assert Counter(liquidations) == forced
    assert Counter(encode(event) for event in logged if isinstance(event, Liquidation)) == forced
    assert loaded_mb < calm_mb + SPOOL_MB + ALLOWANCE_MB
    assert lost, "the spool was not full: nothing was tested"
    assert _unmarked(lost, logged) == []
    judged = [state for state in states if isinstance(state, MarketState)]
    assert judged
    assert not any(state.missing_partitions for state in judged), "the market was judged without some of its assets"
    newest_ns = max(spoken(record).ts_ns for record in readings.seen[before:])
    assert newest_ns > STOPS_NS + outage_s * speed * NS


async def _most_memory(program: Program, seconds: float) -> float:
    most_mb = 0.0
    for _ in range(int(seconds * 4)):
        await asyncio.sleep(0.25)
        most_mb = max(most_mb, program.memory_mb())
    return most_mb


def _lost(reached: Iterable[Event], logged: Iterable[Event]) -> list[Event]:
    """Market data that is not in the log."""
    there = Counter(encode(event) for event in logged)
    lost = []
    for event in reached:
        if type(event) not in DROPPABLE:
            continue
        code = encode(event)
        if there[code]:
            there[code] -= 1
        else:
            lost.append(event)
    return lost


def _unmarked(lost: Iterable[Event], logged: Iterable[Event]) -> list[Event]:
    """Losses that no gap of their market and channel spans."""
    gaps: defaultdict[tuple[str, str, str], list[Gap]] = defaultdict(list)
    for gap in logged:
        if isinstance(gap, Gap):
            gaps[gap.venue, gap.instrument, gap.channel].append(gap)
    return [
        event
        for event in lost
        if not any(
            gap.since_ns <= event.ts_recv_ns <= gap.ts_recv_ns
            for gap in gaps[event.venue, event.instrument, DROPPABLE[type(event)]]
        )
    ]
