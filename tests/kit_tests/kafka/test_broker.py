from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.kit.kafka.broker import Broker
from tests.kit.kafka.choice import SharedBroker, shared_broker
from tests.kit.kafka.errors import BrokerError
from tests.kit.kafka.installation import Installation
from tests.kit.kafka.jars import HERE
from tests.kit.kafka.ports import is_free

pytestmark = pytest.mark.kafka

ROOT = HERE.parents[2]

OWNER = """
import os, sys
from pathlib import Path
from tests.kit.kafka.broker import Broker
from tests.kit.kafka.installation import find_installation
broker = Broker(find_installation(os.environ), Path(sys.argv[1]))
broker.start()
print(broker.bootstrap.partition(":")[2], flush=True)
sys.stdin.read()
"""


async def create(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1)])
    finally:
        await admin.close()


async def write(bootstrap: str, topic: str, *values: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        for value in values:
            await producer.send_and_wait(topic, value, partition=0)


async def read(bootstrap: str, topic: str, count: int) -> list[bytes]:
    values: list[bytes] = []
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        while len(values) < count:
            values.append((await consumer.getone()).value)
    return values


async def test_a_shared_broker_takes_and_gives_records(broker: SharedBroker) -> None:
    """Otherwise no test that needs a broker means anything."""
    topic = f"kit-{time.time_ns()}"
    async with asyncio.timeout(60):
        await create(broker.bootstrap, topic)
        await write(broker.bootstrap, topic, b"a", b"b")
        assert await read(broker.bootstrap, topic, 2) == [b"a", b"b"]


def test_a_shared_broker_answers_as_an_existing_one_would(broker: SharedBroker) -> None:
    """Otherwise `KAFKA_BOOTSTRAP_SERVERS` would be refused although a broker is there."""
    assert shared_broker(f"127.0.0.1:1,{broker.bootstrap}").bootstrap.endswith(broker.bootstrap)


async def test_records_survive_a_kill_and_a_stop_at_the_same_address(fresh_broker: Broker) -> None:
    """Otherwise tests of outages would test an empty broker at another place."""
    address = fresh_broker.bootstrap
    async with asyncio.timeout(150):
        await create(address, "kept")
        await write(address, "kept", b"a")
        await asyncio.to_thread(fresh_broker.kill)
        assert fresh_broker.pid is None
        await asyncio.to_thread(fresh_broker.start)
        await write(address, "kept", b"b")
        await asyncio.to_thread(fresh_broker.stop)
        await asyncio.to_thread(fresh_broker.start)
        assert fresh_broker.bootstrap == address
        assert await read(address, "kept", 2) == [b"a", b"b"]


def test_a_broker_that_cannot_start_says_why_at_once(kafka_installation: Installation, tmp_path: Path) -> None:
    """Otherwise a mistake in the properties would cost a minute and leave no trace."""
    wrong = Broker(kafka_installation, tmp_path, properties={"log.dirs": "/proc/nowhere"})
    with pytest.raises(BrokerError, match=r"(?s)kafka\.log:.*/proc/nowhere"):
        wrong.start()
    assert wrong.pid is None


def test_a_broker_that_ends_by_itself_is_reported(fresh_broker: Broker) -> None:
    """Otherwise `make kafka` would sit there with nothing behind it."""
    assert fresh_broker.pid
    os.kill(fresh_broker.pid, signal.SIGKILL)
    with pytest.raises(BrokerError, match="ended by itself with status -9"):
        fresh_broker.wait()


def test_what_is_done_out_of_turn_is_refused(fresh_broker: Broker) -> None:
    """Otherwise a second start would orphan the first process."""
    with pytest.raises(BrokerError, match="started already"):
        fresh_broker.start()
    fresh_broker.stop()
    with pytest.raises(BrokerError, match="was not started"):
        fresh_broker.kill()


@pytest.mark.usefixtures("kafka_installation")
def test_no_broker_outlives_a_killed_owner(tmp_path: Path) -> None:
    """Otherwise a test run that is killed would leave 200 MB of Java behind."""
    owner = subprocess.Popen(  # noqa: S603 - Python itself
        [sys.executable, "-c", OWNER, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with owner:
        assert owner.stdout
        port = int(owner.stdout.readline())
        assert not is_free(port)
        owner.kill()
        owner.wait()
    deadline_s = time.monotonic() + 10
    while not is_free(port) and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert is_free(port)
