"""Holds the alerts on Kafka against those of an undisturbed run: nothing missing, nothing new, copies alike.

`python -m tests.kit.verifier --kafka HOST:PORT --prefix P. --expected clean.jsonl`; exit code 1 where they differ. It
shares no code with the detector: it compares bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

ALERTS = "cascade.alerts.v1"
POLL_MS = 500


class Verdict(NamedTuple):
    """What the comparison gave."""

    missing: list[str]
    """Alerts of the clean run that never came, as `id scope level`."""
    new: list[str]
    """Alerts that the clean run does not have."""
    altered: list[str]
    """Alerts with an id of the clean run and other bytes."""
    copies: int
    """Alerts that came again under their id."""
    expected: int
    workers: tuple[str, ...]
    """Who said them, by the records' headers."""

    @property
    def good(self) -> bool:
        """Whether a subscriber who drops known ids has read exactly the clean run."""
        return not (self.missing or self.new or self.altered)

    def lines(self) -> list[str]:
        """For a person."""
        counts = f"missing {len(self.missing)}, new {len(self.new)}, altered {len(self.altered)}"
        copies = f"copies under their id {self.copies}; said by {', '.join(self.workers)}"
        found = [f"{self.expected} alerts in the clean run; {counts}, {copies}"]
        for name in ("missing", "new", "altered"):
            found += [f"  {name}: {alert}" for alert in getattr(self, name)]
        return found


def compare(expected: list[bytes], found: list[tuple[bytes, str]]) -> Verdict:
    """Hold (alert, worker) pairs, in the order of the topic, against the lines of the clean run."""
    clean = {_id(line): line for line in expected}
    came: dict[str, set[bytes]] = {}
    times: Counter[str] = Counter()
    for value, _ in found:
        came.setdefault(_id(value), set()).add(value)
        times[_id(value)] += 1
    return Verdict(
        missing=[_told(line) for alert_id, line in clean.items() if alert_id not in came],
        new=[_told(next(iter(values))) for alert_id, values in came.items() if alert_id not in clean],
        altered=[_told(clean[i]) for i, values in came.items() if i in clean and values != {clean[i]}],
        copies=sum(count - 1 for count in times.values()),
        expected=len(clean),
        workers=tuple(sorted({worker for _, worker in found})),
    )


def alerts_in(path: Path) -> list[bytes]:
    """The alerts among the JSON lines of a run."""
    return [line for line in path.read_bytes().splitlines() if orjson.loads(line)["kind"] == "alert"]


async def alerts_on(kafka: str, prefix: str) -> list[tuple[bytes, str]]:
    """Every alert of the topic as of now, with its worker."""
    where = TopicPartition(prefix + ALERTS, 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([where])
        end = (await consumer.end_offsets([where]))[where]
        consumer.seek(where, 0)
        found: list[tuple[bytes, str]] = []
        while await consumer.position(where) < end:
            records = (await consumer.getmany(where, timeout_ms=POLL_MS)).get(where, ())
            found += [(record.value, dict(record.headers).get("worker", b"").decode()) for record in records]
        return found
    finally:
        await consumer.stop()


def _id(line: bytes) -> str:
    alert_id: str = orjson.loads(line)["alert_id"]
    return alert_id


def _told(line: bytes) -> str:
    alert = orjson.loads(line)
    return f"{alert['alert_id']} {alert['scope']} revision {alert['revision']} {alert['status']} {alert['level']}"


def main(arguments: list[str] | None = None) -> int:
    """Print the verdict; 1 where the two runs differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.kit.verifier", description=__doc__)
    parser.add_argument("--kafka", required=True)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--expected", type=Path, required=True)
    options = parser.parse_args(arguments)
    verdict = compare(alerts_in(options.expected), asyncio.run(alerts_on(options.kafka, options.prefix)))
    sys.stdout.write("\n".join(verdict.lines()) + "\n")
    return 0 if verdict.good else 1


if __name__ == "__main__":
    sys.exit(main())
