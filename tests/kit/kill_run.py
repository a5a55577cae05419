"""Two workers on the log of the crash, one of them killed with SIGKILL; and what a subscriber has read in the end.

`python -m tests.kit.kill_run --seeds 10`: on `KAFKA_BOOTSTRAP_SERVERS`, or on a broker of its own. Exit code 1 where an
alert of the undisturbed run is missing, new or altered, or where a kill did not come when it had to.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from producers.kafka.settings import KafkaSettings
from schemas.topics import ALERTS, READINGS
from tests.kit.crash_cluster import Cluster, Crash, crash
from tests.kit.feeder import Feed
from tests.kit.kafka.broker import Broker
from tests.kit.kafka.errors import KafkaKitError
from tests.kit.kafka.installation import find_installation
from tests.kit.kafka_log import deployment
from tests.kit.kill_plan import NS, WORKERS, Plan, plan
from tests.kit.outputs import WITHIN_S, Output, Outputs
from tests.kit.positions import committed, until_done
from tests.kit.programs import Program
from tests.kit.spoken import longest_pauses_s
from tests.kit.tail import Tail
from tests.kit.verifier import Verdict, alerts_on, compare

SPEED = 80.0
"""Seconds of the recording a second, from two minutes before the first kill on; what is before is written at once."""
PACED_FROM_NS = 1_760_129_280 * NS


class Killed(NamedTuple):
    """What a kill was, and what came of it."""

    plan: Plan
    said: Output
    """What the victim had said when it was killed."""
    behind: bool
    """Whether, when it was dead, the record from which that followed was not committed."""
    pause_s: float
    """The longest of any asset between two of its seconds."""
    verdict: Verdict

    @property
    def good(self) -> bool:
        """Whether it was the kill that was planned, and no subscriber can have noticed it."""
        return self.verdict.good and (self.behind or not self.plan.between)

    def line(self) -> str:
        """For a person."""
        at_s = self.said.ts_ns // NS % 86_400
        how = [
            f"{self.said.worker} killed at {at_s // 3600:02}:{at_s // 60 % 60:02}:{at_s % 60:02}",
            "between publish and commit" if self.behind else "all that it had said was committed",
            "restarted" if self.plan.restart else "not restarted",
            f"longest pause of an asset {self.pause_s:.1f} s",
        ]
        return "\n".join([f"seed {self.plan.seed}: {', '.join(how)}", *self.verdict.lines()])


async def kill_once(source: Crash, feed: Feed, wanted: Plan, folder: Path) -> Killed:
    """One run in a deployment of its own, to which the frames come many times as fast as they came on that day."""
    settings = await deployment(source.settings.bootstrap_servers)
    cluster = Cluster(settings, folder)
    with cluster.programs:
        workers = {name: await asyncio.to_thread(cluster.detect, name) for name in WORKERS}
        feeding = asyncio.create_task(feed.write(settings, speed=SPEED, paced_from_ns=PACED_FROM_NS))
        try:
            async with Tail(settings, ALERTS) as alerts, Tail(settings, READINGS) as readings:
                said = await _kill(settings, workers, Outputs(workers, feed, alerts, readings), wanted)
                behind = (await committed(settings, said.topic))[said.partition] <= said.offset
                if wanted.restart:
                    await asyncio.to_thread(cluster.detect, said.worker)
                await feeding
                await until_done(settings, within_s=WITHIN_S)
                await readings.catch_up()
        finally:
            feeding.cancel()
        verdict = compare(source.clean, await alerts_on(settings.bootstrap_servers, settings.topic_prefix))
    return Killed(wanted, said, behind, max(longest_pauses_s(readings.seen).values()), verdict)


async def _kill(settings: KafkaSettings, workers: dict[str, Program], outputs: Outputs, wanted: Plan) -> Output:
    """Kill as planned; what the victim had said last."""
    while True:
        if wanted.victim:
            said = await outputs.next_reading(wanted.moment_ns, wanted.victim)
        else:
            said = await outputs.next_alert(wanted.moment_ns)
        victim = workers[said.worker]
        if not wanted.between:
            await asyncio.sleep(wanted.delay_s)
            victim.kill()
            return said
        # Held still, it cannot commit while we look.
        victim.signal(signal.SIGSTOP)
        if (await committed(settings, said.topic))[said.partition] <= said.offset:
            victim.kill()
            return said
        victim.signal(signal.SIGCONT)


async def kill_run(bootstrap: str, seeds: list[int], folder: Path) -> bool:
    """Run all seeds one after the other and print what came of each; whether all was well."""
    source = await asyncio.to_thread(crash, bootstrap, folder / "clean")
    feed = await Feed.of(source.settings)
    good = True
    for seed in seeds:
        killed = await kill_once(source, feed, plan(seed, source.clean), folder / f"seed {seed}")
        good = good and killed.good
        sys.stdout.write(f"{killed.line()}\n")
        sys.stdout.flush()
    return good


@contextmanager
def _broker(folder: Path) -> Iterator[str]:
    existing = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if existing:
        yield existing
        return
    (folder / "kafka").mkdir()
    with Broker(find_installation(os.environ), folder / "kafka") as broker:
        yield broker.bootstrap


def main() -> int:
    """0 where nobody could have noticed any of the kills."""
    parser = argparse.ArgumentParser(prog="python -m tests.kit.kill_run", description=__doc__)
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--seeds", type=int, default=10, help="this many, from 0 on")
    chosen.add_argument("--seed", type=int, action="append", help="this one; may be repeated")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="kill-") as scratch, _broker(Path(scratch)) as bootstrap:
            good = asyncio.run(kill_run(bootstrap, options.seed or list(range(options.seeds)), Path(scratch)))
    except KafkaKitError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
