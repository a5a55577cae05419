"""`python -m benchmarks.kafka_throughput`: what a worker handles, beside the bare clients, on a real broker in one run.

The same frames for everybody: recorded Bitcoin markets, once for each of twelve assets, 20,000 events a second of event
time, in frames of 256. Every candidate has a process of its own; they take turns round by round, so that ratios hold on
a busy machine. CPU is that of the consuming process, all of its threads; the first tenth is a warm-up.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import selectors
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from benchmarks import produce
from benchmarks.kafka_broker import At, broker, cpu_s, deployment, load, write
from benchmarks.kafka_consumers import Plan
from benchmarks.kafka_feed import Prepared, assets, partition_of, prepare, spread
from detector import kernel
from producers.kafka.lanes import Record
from schemas.codec import encode, partition_key
from schemas.topics import FRAME_PARTITIONS, FRAMES, TOPICS

SINGLES = msgspec.structs.replace(FRAMES, name="benchmark.single-events.v1", description="One event a record.")
MOST_CPU = (1.4, 2.0)
"""A worker's CPU for an event over that of the same engine fed by aiokafka alone: the goal, and what is a failure."""
LEAST_SPEED = (25.0, 2.0)
"""A worker's events a second over the records a second of a Faust agent with one event in each."""
LEAST_PRODUCER = (3.0, 1.5)
"""The producer's events a second over those of `send` with one event a record."""
PRODUCED = 100_000
WITHIN_S = 300.0


class Result(NamedTuple):
    """One candidate in one round."""

    events_per_s: float
    records_per_s: float
    us: float
    """CPU of the process for an event."""
    broker_us: float
    """CPU of the broker meanwhile; 0 where it is not ours."""
    split_us: dict[str, float]


def main() -> None:
    """Print the table and the goals."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kafka_throughput", description=__doc__)
    parser.add_argument("--events", type=int, default=1_200_000)
    parser.add_argument("--rate", type=float, default=20_000.0, help="events a second of event time")
    parser.add_argument("--assets", type=int, default=FRAME_PARTITIONS)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    names = assets(options.assets)
    frames = prepare(names, rate=options.rate, most=options.events)
    singles = list(spread(names, rate=options.rate, most=options.events // 20))
    flavour = "compiled" if kernel.COMPILED else "interpreted"
    print(
        f"{frames.events:,} events of {len(names)} assets in {len(frames.records):,} frames, {frames.seconds:.0f} s of "
        f"event time, {frames.value_bytes / frames.events:.0f} bytes an event; kernel {flavour}; {load()}"
    )
    with broker() as at:
        results = asyncio.run(_rounds(at, frames, [_single(event) for event in singles], options.rounds))
        few = list(spread(names, rate=options.rate, most=PRODUCED))
        producer = asyncio.run(produce.compare(few, at.bootstrap))
    print(f"{load()} at the end; medians of {options.rounds}")
    _show(results, producer, PRODUCED)


def _single(event: Any) -> Record:
    return Record(SINGLES, partition_key(event), encode(event), precious=False)


async def _rounds(at: At, frames: Prepared, singles: Sequence[Record], rounds: int) -> dict[str, list[Result]]:
    results: dict[str, list[Result]] = {}
    by_partition: dict[int, list[int]] = {number: [] for number in range(FRAME_PARTITIONS)}
    for _ in range(rounds):
        settings = await deployment(at.bootstrap, (*TOPICS, SINGLES))
        await write(settings, frames.records)
        await write(settings, singles, (SINGLES,))
        by_partition = _sizes(singles)
        whole = Plan(settings, settings.topic(FRAMES), frames.by_partition)
        one_each = Plan(settings, settings.topic(SINGLES), by_partition)
        # Two workers share a group with nobody: snapshots and positions of the one worker are not theirs.
        fresh = await deployment(at.bootstrap)
        await write(fresh, frames.records)
        halves = Plan(fresh, fresh.topic(FRAMES), frames.by_partition, workers=2)
        for name, candidate, plan in (
            ("aiokafka getmany, no-op", "bare", whole),
            ("Faust agent, no-op", "faust", whole),
            ("Faust agent, one event a record", "faust", one_each),
            ("aiokafka getmany, engine", "engine", whole),
            ("worker", "worker", whole),
            ("two workers", "worker", halves),
        ):
            results.setdefault(name, []).append(consume(candidate, plan, at))
    return results


def _sizes(records: Sequence[Record]) -> dict[int, list[int]]:
    sizes: dict[int, list[int]] = {}
    for record in records:
        sizes.setdefault(partition_of(record.key.decode()), []).append(1)
    return sizes


def consume(candidate: str, plan: Plan, at: At) -> Result:
    """Run the processes of one candidate until all partitions are consumed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.json"
        file.write_bytes(msgspec.json.encode(plan))
        command = [sys.executable, "-m", "benchmarks.kafka_consumers", candidate, str(file)]
        before_s = cpu_s(at.pid)
        processes = [subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) for _ in range(plan.workers)]  # noqa: S603
        try:
            told = _await(processes, len(plan.events))
            broker_s = cpu_s(at.pid) - before_s
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(30)
    events = sum(one["events"] for one in told)
    seconds = max(one["ended_s"] for one in told) - min(one["began_s"] for one in told)
    spent: dict[str, float] = {}
    for one in told:
        for part, part_s in one["spent_s"].items():
            spent[part] = spent.get(part, 0.0) + part_s / events * 1e6
    total = sum(map(sum, plan.events.values()))
    return Result(
        events_per_s=events / seconds,
        records_per_s=sum(one["records"] for one in told) / seconds,
        us=sum(one["cpu_s"] for one in told) / events * 1e6,
        broker_us=broker_s / total * 1e6,
        split_us=spent,
    )


def _await(processes: Sequence[subprocess.Popen[bytes]], partitions: int) -> list[dict[str, Any]]:
    """The last report of each process, once all partitions are consumed."""
    told: dict[int, dict[str, Any]] = {}
    with selectors.DefaultSelector() as selector:
        for number, process in enumerate(processes):
            selector.register(process.stdout, selectors.EVENT_READ, number)  # type: ignore[arg-type]
        until_s = time.monotonic() + WITHIN_S
        while len({partition for one in told.values() for partition in one["partitions"]}) < partitions:
            ready = selector.select(until_s - time.monotonic())
            assert ready, f"not consumed within {WITHIN_S:.0f} s: {told}"
            for key, _ in ready:
                line = key.fileobj.readline()  # type: ignore[union-attr]
                assert line, "a consumer ended by itself"
                told[key.data] = json.loads(line)
    return list(told.values())


def _show(results: Mapping[str, Sequence[Result]], producer: Mapping[str, float], events: int) -> None:
    middle = {name: _middle(rounds) for name, rounds in results.items()}
    print(f"{'':34} {'events/s':>10} {'records/s':>10} {'CPU us/event':>13} {'broker':>7}")
    for name, one in middle.items():
        print(f"{name:34} {one.events_per_s:10,.0f} {one.records_per_s:10,.0f} {one.us:13.2f} {one.broker_us:7.2f}")
    for name in ("aiokafka getmany, engine", "worker", "two workers"):
        parts = "; ".join(f"{part} {us:.2f}" for part, us in _parts(middle[name]).items())
        print(f"{name}, CPU us/event: {parts}")
    for name, seconds in producer.items():
        print(f"producer, {name:24} {events / seconds:10,.0f} events/s")
    worker, bare = middle["worker"], middle["aiokafka getmany, engine"]
    single = middle["Faust agent, one event a record"]
    in_frames, singly = (events / seconds for seconds in producer.values())
    _goal("worker's CPU an event over the engine's alone", worker.us, bare.us, MOST_CPU)
    _goal("worker's events/s over Faust's records/s", worker.events_per_s, single.records_per_s, LEAST_SPEED)
    _goal("producer's events/s over one record an event", in_frames, singly, LEAST_PRODUCER)


def _goal(name: str, ours: float, theirs: float, limits: tuple[float, float]) -> None:
    """Say whether a ratio is at its goal; fail beyond the failure, which lies on the far side of it."""
    ratio = ours / theirs
    goal, failure = limits
    low = failure < goal
    holds = ratio >= goal if low else ratio <= goal
    print(
        f"goal {'holds ' if holds else 'missed'}  {name}: {ours:,.1f} / {theirs:,.1f} = {ratio:.2f}, "
        f"at {'least' if low else 'most'} {goal}"
    )
    assert ratio >= failure if low else ratio <= failure, f"{name}: {ratio:.2f} is worse than {failure}"


def _middle(rounds: Sequence[Result]) -> Result:
    return Result(
        events_per_s=statistics.median(one.events_per_s for one in rounds),
        records_per_s=statistics.median(one.records_per_s for one in rounds),
        us=statistics.median(one.us for one in rounds),
        broker_us=statistics.median(one.broker_us for one in rounds),
        split_us={part: statistics.median(one.split_us[part] for one in rounds) for part in rounds[0].split_us},
    )


def _parts(result: Result) -> dict[str, float]:
    """The parts without what is nested in them, and what remains: the client, Faust, the garbage collector."""
    parts = dict(result.split_us)
    feed = parts.pop("feed")
    signals = parts.pop("signals")
    out = {"decode": parts.pop("decode"), "order and kernel": feed - signals, "signals": signals, **parts}
    return {**out, "the rest": result.us - sum(out.values())}


if __name__ == "__main__":
    main()
