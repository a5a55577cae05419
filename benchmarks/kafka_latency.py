"""`python -m benchmarks.kafka_latency`: from the receipt of a marked event to what the detector says of it on Kafka.

A source process stands where the venues' sockets are and feeds the real producer; a real `cascade detect` follows; this
process subscribes to what it says. Included: ticker, frames (flushed within 20 ms), JSON, compression, Kafka there and
back, Faust, the engine, Kafka again, a subscriber. Not included: the parser of a venue's messages.

Conditions are judged at the end of a second of event time, once events may not be late any more: an event waits for
the end of its second and half a second of lateness, whatever the pipeline does. `total` is all of it; `pipeline` begins
when the event was received that made the second due, and is what software can change.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from benchmarks.kafka_broker import At, broker, cpu_s, deployment, detecting, load
from benchmarks.kafka_feed import partition_of
from benchmarks.kafka_source import VENUE_DELAY_NS, WARM_UP_S, Mark, SourcePlan
from detector import kernel
from detector.config import Config
from producers.kafka.settings import KafkaSettings
from schemas.alert import MARKET, Alert, Transition
from schemas.clock import Tick
from schemas.codec import decode_output
from schemas.frames import EVERY_ASSET, decode_frame
from schemas.topics import ALERTS, FRAME_PARTITIONS, FRAMES, STATE

NS = 1_000_000_000
GOAL_MS = 50.0
"""The pipeline's p99."""


class Heard(NamedTuple):
    """A record as the subscriber got it."""

    topic: str
    value: bytes
    appended_ns: int
    """By the broker's clock, in whole milliseconds."""
    arrived_ns: int


class Ends(NamedTuple):
    """When seconds became due, and when each partition could know."""

    due_ns: dict[int, int]
    """By second: receipt of the event that ended it."""
    told_ns: dict[tuple[int, int], int]
    """By partition and second: when the tick was in the log."""


class Sample(NamedTuple):
    """One change or alert, in milliseconds."""

    total: float
    pipeline: float
    to_log: float
    """Of the pipeline, until the tick was in the frames' log: producer and Kafka."""
    to_output: float
    """From there until the output was in its log: Kafka, Faust, the engine."""


class Found:
    """What all rounds gave."""

    def __init__(self) -> None:
        self.changes: list[Sample] = []
        self.asset_alerts: list[Sample] = []
        self.market_alerts: list[Sample] = []
        self.marks = 0
        self.unheard = 0
        """Two marks of one market in one second are one change."""

    def add(self, marks: Sequence[Mark], heard: Sequence[Heard], ends: Ends) -> None:
        """Match what was heard in a round with the marked events."""
        waiting = {(mark.rule, mark.venue, mark.asset, mark.severity): mark for mark in marks}
        self.marks += len(marks)
        for one in heard:
            said = decode_output(one.value)
            if isinstance(said, Transition) and said.active:
                mark = waiting.pop((said.rule, said.venue, said.asset, said.severity), None)
                if mark is not None:
                    self.changes.append(_sample(one, said.ts_ns, mark.recv_ns, partition_of(said.asset), ends))
            elif isinstance(said, Alert) and said.ts_ns > marks[0].recv_ns:
                everywhere = said.scope == MARKET
                causes = (mark.recv_ns for mark in marks if everywhere or mark.asset == said.scope)
                cause_ns = max((ns for ns in causes if ns < said.ts_ns + VENUE_DELAY_NS), default=said.ts_ns)
                partition = 0 if everywhere else partition_of(said.scope)
                to = self.market_alerts if everywhere else self.asset_alerts
                to.append(_sample(one, said.ts_ns, cause_ns, partition, ends))
        self.unheard += len(waiting)


def main() -> None:
    """Print percentiles."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kafka_latency", description=__doc__)
    parser.add_argument("--rates", type=float, nargs="+", default=[1_000.0, 20_000.0], help="events a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--assets", type=int, default=44, help="with two marked markets each and four marks in each")
    parser.add_argument("--rounds", type=int, default=3, help="each with a fresh worker; together they count as one")
    options = parser.parse_args()
    flavour = "compiled" if kernel.COMPILED else "interpreted"
    with broker() as at:
        for rate in options.rates:
            print(
                f"{rate:,.0f} events/s, {options.seconds:.0f} s, {options.assets} assets on three markets each; "
                f"kernel {flavour}; {load()}"
            )
            found = Found()
            for _ in range(options.rounds):
                asyncio.run(_measure(at, rate, options.seconds, options.assets, found))
            _show(found)


async def _measure(at: At, rate: float, seconds: float, assets: int, found: Found) -> None:
    settings = await deployment(at.bootstrap)
    with tempfile.TemporaryDirectory() as folder:
        plan = SourcePlan(settings, rate, seconds, assets, str(Path(folder) / "marks.json"))
        plan_file = Path(folder) / "plan.json"
        plan_file.write_bytes(msgspec.json.encode(plan))
        heard: list[Heard] = []
        log = Path(folder) / "detect.log"
        with detecting(settings, log) as detect:
            await asyncio.sleep(3)
            command = [sys.executable, "-m", "benchmarks.kafka_source", str(plan_file)]
            source = subprocess.Popen(command)  # noqa: ASYNC220, S603 - our own program
            listening = asyncio.ensure_future(_listen(settings, heard))
            await asyncio.sleep(WARM_UP_S)
            before_s, broker_s = cpu_s(detect.pid), cpu_s(at.pid)
            await asyncio.sleep(seconds)
            worker_share, broker_share = (cpu_s(detect.pid) - before_s) / seconds, (cpu_s(at.pid) - broker_s) / seconds
            failed = await asyncio.to_thread(source.wait)
            await asyncio.sleep(1)
            listening.cancel()
            failed = detect.poll() or failed
        assert not failed, log.read_text()
        marks = _marks(plan)
    print(f"worker {worker_share:.0%} of a core, broker {broker_share:.0%}; {load()}", flush=True)
    found.add(marks, heard, await _ends(settings))


def _marks(plan: SourcePlan) -> list[Mark]:
    return msgspec.json.decode(Path(plan.marks).read_bytes(), type=list[Mark])


async def _listen(settings: KafkaSettings, heard: list[Heard]) -> None:
    """Subscribe to what is said, from the beginning."""
    consumer = AIOKafkaConsumer(
        settings.topic(STATE),
        settings.topic(ALERTS),
        **settings.client(),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        async for message in consumer:
            record = Heard(message.topic, message.value, message.timestamp * 1_000_000, time.time_ns())
            heard.append(record)
    finally:
        await consumer.stop()


async def _ends(settings: KafkaSettings) -> Ends:
    """When each second became due and was told, read from the log of frames."""
    consumer = AIOKafkaConsumer(**settings.client(), enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    due_ns: dict[int, int] = {}
    told_ns: dict[tuple[int, int], int] = {}
    lateness_ns = Config().timing.lateness_ms * 1_000_000
    try:
        places = [TopicPartition(settings.topic(FRAMES), number) for number in range(FRAME_PARTITIONS)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        while any([await consumer.position(place) < ends[place] for place in places]):
            for place, messages in (await consumer.getmany(timeout_ms=200)).items():
                for message in messages:
                    for event in decode_frame(message.value) if message.key == EVERY_ASSET else ():
                        if isinstance(event, Tick):
                            second = (event.ts_event_ns - lateness_ns) // NS
                            due_ns.setdefault(second, event.ts_recv_ns)
                            told_ns.setdefault((place.partition, second), message.timestamp * 1_000_000)
    finally:
        await consumer.stop()
    return Ends(due_ns, told_ns)


def _show(found: Found) -> None:
    print(f"{found.marks:,} marked events, {len(found.changes):,} changes of conditions heard", end="")
    print(f", {found.unheard:,} marks without one")
    for name, samples in (
        ("changes", found.changes),
        ("asset alerts", found.asset_alerts),
        ("market alerts", found.market_alerts),
    ):
        if samples:
            _line(name, samples)
            # The market-wide stage reads what the workers wrote, of all partitions: once more through Kafka.
            if samples is not found.market_alerts:
                _goal(name, samples)


def _sample(heard: Heard, ts_ns: int, recv_ns: int, partition: int, ends: Ends) -> Sample:
    second = ts_ns // NS
    due_ns, told_ns = ends.due_ns[second], ends.told_ns[partition, second]
    return Sample(
        *(ns / 1e6 for ns in (
            heard.arrived_ns - recv_ns,
            heard.arrived_ns - due_ns,
            told_ns - due_ns,
            heard.appended_ns - told_ns,
        ))
    )  # fmt: skip


def _line(name: str, samples: Sequence[Sample]) -> None:
    columns = zip(Sample._fields, zip(*samples, strict=True), strict=True)
    parts = (f"{field} {_percentile(ms, 50):.0f} / {_percentile(ms, 99):.0f}" for field, ms in columns)
    print(f"{name} ({len(samples):,}), p50 / p99 in ms: {'; '.join(parts)}")


def _goal(name: str, samples: Sequence[Sample]) -> None:
    p99 = _percentile([sample.pipeline for sample in samples], 99)
    print(
        f"goal {'holds ' if p99 <= GOAL_MS else 'missed'}  {name}: pipeline p99 {p99:.0f} ms, at most {GOAL_MS:.0f} ms"
    )


def _percentile(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


if __name__ == "__main__":
    main()
