"""`python -m benchmarks.kafka_consumers NAME PLAN`: one way to consume the frames, in a process of its own.

NAME is a key of `CANDIDATES`; PLAN a file that says how many events each record of each partition holds. The first
tenth is a warm-up: clients connect, and assets are met for the first time. Progress goes to stdout, a line of JSON
each time the process has all of its partitions.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import faust
import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from detector import shard as shards
from detector.config import Config
from detector.market_engine import MarketEngine
from detector.runtime.cluster import outbox as outboxes
from detector.runtime.cluster import partition as partitions
from detector.runtime.cluster.app import build_app, group_of, run_app, stop_app
from detector.runtime.cluster.frames_worker import FramesWorker
from detector.runtime.cluster.log import Log
from detector.runtime.cluster.market_worker import MarketWorker
from detector.runtime.cluster.outbox import Outbox
from detector.runtime.cluster.partition import Partition
from detector.runtime.cluster.receipts import Receipts
from detector.runtime.cluster.records import Record, record_of
from detector.runtime.cluster.signs_of_life import SignsOfLife
from producers.kafka.settings import KafkaSettings

WARM_UP = 0.1
"""Share of the events before the clocks start."""
LEAVE_S = 5.0


class Plan(msgspec.Struct):
    """What is to be consumed, and by how many processes."""

    settings: KafkaSettings
    topic: str
    events: dict[int, list[int]]
    """By partition and offset."""
    workers: int = 1


class Split:
    """Where the time goes: CPU of the calling thread in functions that are called once a record or second."""

    def __init__(self) -> None:
        self.spent_ns: dict[str, int] = {}

    def watch(self, owner: Any, name: str, part: str) -> None:
        """Wrap `owner.name` so that its time counts for `part`."""
        original = getattr(owner, name)
        spent_ns = self.spent_ns
        spent_ns.setdefault(part, 0)

        def timed(*args: Any, **options: Any) -> Any:
            began_ns = time.thread_time_ns()
            try:
                return original(*args, **options)
            finally:
                spent_ns[part] += time.thread_time_ns() - began_ns

        setattr(owner, name, timed)


class Meter:
    """Counts records against the plan; starts its clocks after the warm-up."""

    def __init__(self, plan: Plan, split: Split) -> None:
        self._plan = plan
        self._split = split
        self._next = dict.fromkeys(plan.events, 0)
        self._warm = sum(map(sum, plan.events.values())) * WARM_UP / plan.workers
        self._seen = 0
        self._events = self._records = 0
        self._began_s = self._began_cpu_s = 0.0
        self._before: dict[str, int] = {}

    def take(self, partition: int, offset: int) -> bool:
        """A record was consumed; whether everything of all partitions met so far is."""
        if offset < self._next[partition]:
            return False
        self._next[partition] = offset + 1
        sizes = self._plan.events[partition]
        if self._began_s:
            self._events += sizes[offset]
            self._records += 1
        else:
            self._seen += sizes[offset]
            if self._seen >= self._warm:
                self._began_s, self._began_cpu_s = time.time(), time.process_time()
                self._before = dict(self._split.spent_ns)
        if offset + 1 < len(sizes) or not self._began_s:
            return False
        return set(self.finished()) == {number for number, position in self._next.items() if position}

    def finished(self) -> list[int]:
        """Partitions that are done."""
        return [partition for partition, sizes in self._plan.events.items() if self._next[partition] == len(sizes)]

    def report(self) -> None:
        """A line on stdout."""
        ended_s, cpu_s = time.time(), time.process_time() - self._began_cpu_s
        spent = {part: (ns - self._before[part]) / 1e9 for part, ns in self._split.spent_ns.items()}
        told = {
            "partitions": self.finished(), "events": self._events, "records": self._records,
            "began_s": self._began_s, "ended_s": ended_s, "cpu_s": cpu_s, "spent_s": spent,
        }  # fmt: skip
        print(json.dumps(told), flush=True)


Candidate = Callable[[Plan, Meter, Split, asyncio.Event], Awaitable[None]]


async def _getmany(plan: Plan, meter: Meter, take: Callable[[Any], object], stop: asyncio.Event) -> None:
    client = AIOKafkaConsumer(**plan.settings.client(), enable_auto_commit=False, auto_offset_reset="earliest")
    await client.start()
    client.assign([TopicPartition(plan.topic, number) for number in plan.events])
    while not stop.is_set():
        batches = await client.getmany(timeout_ms=200)
        # One of each partition in turn, as they come when nobody lags and as Faust hands them out: thousands of one
        # asset's events in a row would find its books in the processor's cache.
        for messages in itertools.zip_longest(*batches.values()):
            for message in filter(None, messages):
                take(message)
                if meter.take(message.partition, message.offset):
                    meter.report()
    await client.stop()


async def bare(plan: Plan, meter: Meter, _split: Split, stop: asyncio.Event) -> None:
    """Take what aiokafka's getmany gives, and do nothing."""
    await _getmany(plan, meter, lambda _message: None, stop)


async def engine(plan: Plan, meter: Meter, split: Split, stop: asyncio.Event) -> None:
    """Feed what aiokafka's getmany gives to the engine of each partition; what it says is thrown away."""
    _watch_engine(split)
    config = Config()
    states = {number: Partition(number, config) for number in plan.events}
    await _getmany(plan, meter, lambda message: states[message.partition].feed(record_of(message)), stop)


async def faust_agent(plan: Plan, meter: Meter, _split: Split, stop: asyncio.Event) -> None:
    """A Faust agent that does nothing."""
    settings = plan.settings
    app = faust.App(
        id=settings.named(f"bare-{secrets.token_hex(3)}"),
        broker=[f"kafka://{host}:{port}" for host, port in settings.addresses()],
        consumer_auto_offset_reset="earliest",
        key_serializer="raw",
        value_serializer="raw",
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        store="memory://",
    )
    channel = app.topic(plan.topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    async def agent(stream: Any) -> None:
        async for event in stream.events():
            if meter.take(event.message.partition, event.message.offset):
                meter.report()

    app.agent(channel)(agent)
    await run_app(app, stop, ())
    await stop_app(app, within_s=LEAVE_S)


async def worker(plan: Plan, meter: Meter, split: Split, stop: asyncio.Event) -> None:
    """What `cascade detect` runs, with all that it writes."""
    _watch_engine(split)
    split.watch(MarketEngine, "observe", "market-wide stage")
    split.watch(outboxes, "encode", "encode")
    split.watch(Partition, "snapshot", "snapshots")
    settings = plan.settings
    outbox, log = Outbox(settings, f"benchmark-{secrets.token_hex(3)}"), Log(settings, group_of(settings))
    receipts = Receipts(outbox)
    market = MarketWorker(settings, Config(), log, outbox)
    frames = _Metered(settings, log, outbox, meter)
    app = build_app(settings, frames, market, receipts)
    life = SignsOfLife(outbox, frames, market)
    background = [asyncio.create_task(work) for work in (life.run(), outbox.run(), receipts.run())]
    await run_app(app, stop, background)
    await stop_app(app, within_s=LEAVE_S)
    for task in background:
        task.cancel()
    await asyncio.gather(*background, return_exceptions=True)
    await outbox.close()


class _Metered(FramesWorker):
    def __init__(self, settings: KafkaSettings, log: Log, outbox: Outbox, meter: Meter) -> None:
        super().__init__(settings, Config(), log, outbox)
        self._meter = meter

    async def take(self, record: Record) -> None:
        await super().take(record)
        if self._meter.take(record.partition, record.offset):
            self._meter.report()


def _watch_engine(split: Split) -> None:
    split.watch(partitions, "decode_frame", "decode")
    split.watch(shards.Shard, "_close_second", "signals")
    split.watch(shards.Shard, "feed", "feed")


CANDIDATES: dict[str, Candidate] = {"bare": bare, "engine": engine, "faust": faust_agent, "worker": worker}


async def _run(name: str, plan: Plan) -> None:
    stop, split = asyncio.Event(), Split()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await CANDIDATES[name](plan, Meter(plan, split), split, stop)


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], msgspec.json.decode(Path(sys.argv[2]).read_bytes(), type=Plan)))
