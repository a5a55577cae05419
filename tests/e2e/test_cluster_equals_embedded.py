"""From the venues' wires over Kafka to the alerts of two workers: the same bytes as from one process without Kafka."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest

from schemas.alert import MARKET
from tests.kit.crash_cluster import ASSETS, Cluster, crash
from tests.kit.kafka.choice import SharedBroker
from tests.kit.outputs import partitions_of
from tests.kit.positions import until_done
from tests.kit.verifier import alerts_on, compare

WITHIN_S = 200


@pytest.mark.kafka
@pytest.mark.timeout(500)
async def test_two_workers_say_what_one_process_without_kafka_says(
    broker: SharedBroker, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whoever goes from one process to a cluster would be told another story."""
    source = await asyncio.to_thread(crash, broker.bootstrap, tmp_path_factory.getbasetemp() / "crash")
    cluster = Cluster(source.settings, tmp_path)
    with cluster.programs:
        workers = [await asyncio.to_thread(cluster.detect, name) for name in ("w1", "w2")]
        await until_done(source.settings, within_s=WITHIN_S)
        shares = [partitions_of(worker) for worker in workers]
        codes = [await asyncio.to_thread(worker.terminate) for worker in workers]
        found = await alerts_on(source.settings.bootstrap_servers, source.settings.topic_prefix)
    verdict = compare(source.clean, found)
    assert verdict.good, verdict.lines()
    assert verdict.workers == ("w1", "w2")
    assert [len(share) for share in shares] == [6, 6]
    assert codes == [0, 0]
    scopes = {alert["scope"] for alert in map(orjson.loads, source.clean)}
    assert MARKET in scopes
    assert len(scopes & set(ASSETS)) >= 8
