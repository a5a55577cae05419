"""Two producers of the same venues side by side: each fact counts once, whoever brings it first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest

from producers import reconstruction
from producers.kafka.settings import KafkaSettings
from producers.venue_server.server import VenueServer
from schemas.market import Liquidation
from schemas.reading import Reading
from schemas.topics import READINGS
from tests.kit.crash_cluster import SEED, SOCKETS, Cluster
from tests.kit.kafka.choice import SharedBroker
from tests.kit.kafka_log import deployment, read_frames, read_topic
from tests.kit.positions import until_done
from tests.kit.programs import Program
from tests.kit.verifier import alerts_on, compare

START, END = "21:11", "21:14"
SPEED = 8.0
"""Copies may be ten seconds of event time apart: at this speed more than one of ours."""
WITHIN_S = 150.0

Second = tuple[int, int]
Forced = dict[tuple[str, str], tuple[float, float]]


@pytest.mark.kafka
@pytest.mark.timeout(400)
async def test_two_producers_side_by_side_count_every_liquidation_once(broker: SharedBroker, tmp_path: Path) -> None:
    """A standby that runs for safety's sake would double every dollar, and raise alarms that nothing stands behind."""
    alone, both = await deployment(broker.bootstrap), await deployment(broker.bootstrap)
    await _produced(alone, tmp_path / "alone", ("first",), speed=0)
    await _produced(both, tmp_path / "both", ("first", "second"), speed=SPEED)
    once = [event for events in (await read_frames(alone)).values() for event in events]
    twice = [event for events in (await read_frames(both)).values() for event in events]
    forced = sum(isinstance(event, Liquidation) for event in once)
    assert forced > 100
    assert sum(isinstance(event, Liquidation) for event in twice) == 2 * forced
    expected, found = await _forced(alone), await _forced(both)
    assert max(usd for markets in expected.values() for sides in markets.values() for usd in sides) > 1_000_000
    assert found == expected
    clean = [value for value, _ in await alerts_on(alone.bootstrap_servers, alone.topic_prefix)]
    verdict = compare(clean, await alerts_on(both.bootstrap_servers, both.topic_prefix))
    assert clean
    assert verdict.good, verdict.lines()


async def _produced(settings: KafkaSettings, folder: Path, names: tuple[str, ...], *, speed: float) -> None:
    """Producers, each with a server of its own, which begin at the same moment; and a worker behind them."""
    cluster = Cluster(settings, folder)
    async with AsyncExitStack() as stack:
        stack.enter_context(cluster.programs)
        await asyncio.to_thread(cluster.detect, "w1")
        producers: list[Program] = []
        servers: list[VenueServer] = []
        for name in names:
            frames = reconstruction.frames(seed=int(SEED), twin=False, start=START, end=END)
            server = VenueServer(frames, speed=speed, expect_sockets=0, recorded_clock=True)
            servers.append(await stack.enter_async_context(server))
            producers.append(cluster.produce(server.url, name=name))
        async with asyncio.timeout(WITHIN_S):
            while any(_subscribed(server) < SOCKETS for server in servers):  # noqa: ASYNC110 - other processes' sockets
                await asyncio.sleep(0.02)
        for server in servers:
            server.start()
        for producer in producers:
            assert await asyncio.to_thread(producer.wait, WITHIN_S) == 0, producer.tail()
        await until_done(settings, within_s=WITHIN_S)


def _subscribed(server: VenueServer) -> int:
    return sum(mount.subscribed_sockets() for mount in server.mounts.values())


async def _forced(settings: KafkaSettings) -> dict[Second, Forced]:
    """Dollars liquidated on each market in the minute before each second, by partition and second."""
    return {
        (reading.partition, reading.ts_ns): dict(_markets(reading))
        for reading in [
            msgspec.json.decode(record.value, type=Reading) for record in await read_topic(settings, READINGS)
        ]
    }


def _markets(reading: Reading) -> Iterator[tuple[tuple[str, str], tuple[float, float]]]:
    for asset in reading.assets:
        for market in asset.markets:
            yield (market.venue, market.instrument), (market.liquidated_longs_usd, market.liquidated_shorts_usd)
