"""`python -m benchmarks.kafka_cost`: what the way over Kafka costs beside speed.

Bytes of an event in the log, by compression; snapshots; the broker's and an idle worker's CPU; how long a worker that
takes over from a killed one needs to bring the state up.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import msgspec

from benchmarks.kafka_broker import At, broker, cpu_s, deployment, detecting, load, write
from benchmarks.kafka_feed import Prepared, assets, prepare
from benchmarks.kafka_source import WARM_UP_S, SourcePlan
from producers.kafka.writer import Compression
from schemas.topics import FRAMES, SNAPSHOTS

COMPRESSIONS: tuple[Compression | None, ...] = ("zstd", "lz4", None)
IDLE_S = 20.0
LIVE_S = 30.0
SESSION_S = 15.0
"""Until the group has noticed that a worker is dead, and a little more."""
LOGGED = re.compile(r"^(\S+ [\d:]+),(\d{3}) \S+: (partitions assigned|partition \d+: state of)", re.MULTILINE)


def main() -> None:
    """Print one line a figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kafka_cost", description=__doc__)
    parser.add_argument("--events", type=int, default=600_000)
    parser.add_argument("--rate", type=float, default=5_000.0, help="events a second of the live part")
    parser.add_argument("--assets", type=int, default=10)
    options = parser.parse_args()
    frames = prepare(assets(options.assets), rate=20_000.0, most=options.events)
    with broker() as at:
        assert at.data is not None, "unset KAFKA_BOOTSTRAP_SERVERS: what a broker stores is seen on one of our own only"
        asyncio.run(_sizes(at, frames))
        asyncio.run(_idle(at))
        asyncio.run(_live(at, options.rate, options.assets))
    print(load())


async def _sizes(at: At, frames: Prepared) -> None:
    print(f"frames of 256: {frames.value_bytes / frames.events:.0f} bytes an event as JSON; in the log:", end="")
    for compression in COMPRESSIONS:
        settings = await deployment(at.bootstrap)
        await write(settings, frames.records, compression=compression)
        size = at.log_bytes(settings, FRAMES) / frames.events
        print(f" {size:.0f} ({compression or 'as they are'})", end="")
    print()


async def _idle(at: At) -> None:
    settings = await deployment(at.bootstrap)
    with tempfile.TemporaryDirectory() as folder, detecting(settings, Path(folder) / "log") as worker:
        await asyncio.sleep(8)
        before_s, broker_s = cpu_s(worker.pid), cpu_s(at.pid)
        await asyncio.sleep(IDLE_S)
        share, broker_share = (cpu_s(worker.pid) - before_s) / IDLE_S, (cpu_s(at.pid) - broker_s) / IDLE_S
    print(f"without input: worker {share:.1%} of a core, broker {broker_share:.1%}")


async def _live(at: At, rate: float, count: int) -> None:
    settings = await deployment(at.bootstrap)
    with tempfile.TemporaryDirectory() as folder:
        plan = SourcePlan(settings, rate, LIVE_S + 2 * SESSION_S, count, str(Path(folder) / "marks.json"))
        file = Path(folder) / "plan.json"
        file.write_bytes(msgspec.json.encode(plan))
        source = subprocess.Popen([sys.executable, "-m", "benchmarks.kafka_source", str(file)])  # noqa: ASYNC220, S603
        try:
            with detecting(settings, Path(folder) / "first") as worker:
                await asyncio.sleep(WARM_UP_S)
                before = cpu_s(worker.pid), cpu_s(at.pid), at.log_bytes(settings, FRAMES)
                saved, began_s = at.log_bytes(settings, SNAPSHOTS), time.monotonic()
                await asyncio.sleep(LIVE_S)
                seconds = time.monotonic() - began_s
                after = cpu_s(worker.pid), cpu_s(at.pid), at.log_bytes(settings, FRAMES)
                worker_share, broker_share, written = (b - a for a, b in zip(before, after, strict=True))
                print(f"{rate:,.0f} events/s of {count} assets, live:")
                print(f"  worker {worker_share / seconds:.1%} of a core, broker {broker_share / seconds:.1%}")
                print(f"  frames: {written / seconds / rate:.0f} bytes an event in the log")
                kept = (at.log_bytes(settings, SNAPSHOTS) - saved) / seconds
                print(f"  snapshots: {kept / 1024:,.1f} KiB/s in the log")
                worker.kill()
            with detecting(settings, Path(folder) / "second"):
                await asyncio.sleep(SESSION_S + 5)
            print(f"  {_restored((Path(folder) / 'second').read_text())}")
        finally:
            source.terminate()
            source.wait()


def _restored(log: str) -> str:
    """How long it took from the assignment of partitions until the last had its state."""
    found = [(what, datetime.fromisoformat(f"{at}.{ms}+00:00")) for at, ms, what in LOGGED.findall(log)]
    assigned = next(at for what, at in found if what == "partitions assigned")
    restored = [at for what, at in found if what != "partitions assigned"]
    assert restored, log
    return f"after a kill: {len(restored)} partitions restored in {(max(restored) - assigned).total_seconds():.1f} s"


if __name__ == "__main__":
    main()
