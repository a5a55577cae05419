"""What workers say, as it comes, and from which record of their input it follows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from schemas.alert import MARKET, Alert
from schemas.codec import decode_output
from schemas.topics import FRAMES, READINGS, Topic
from tests.kit.feeder import Feed
from tests.kit.programs import Program
from tests.kit.spoken import spoken
from tests.kit.tail import Seen, Tail

WITHIN_S = 240.0


class Output(NamedTuple):
    """Something that a worker has said, with the record from which it follows."""

    worker: str
    ts_ns: int
    topic: Topic
    partition: int
    offset: int


class Outputs:
    """Alerts and readings of some workers, each given out once."""

    def __init__(self, workers: Mapping[str, Program], feed: Feed, alerts: Tail, readings: Tail) -> None:
        self._workers = workers
        self._feed = feed
        self._alerts = alerts
        self._readings = readings
        self._given: dict[Tail, int] = {alerts: 0, readings: 0}

    async def next_alert(self, from_ns: int) -> Output:
        """The next alert of event time `from_ns` or later, whoever says it."""

        def wanted(record: Seen) -> bool:
            return _alert(record).ts_ns >= from_ns

        record = await self._next(self._alerts, wanted)
        alert, worker = _alert(record), record.headers["worker"].decode()
        if alert.scope != MARKET:
            partition = self._feed.places[alert.scope]
            return Output(worker, alert.ts_ns, FRAMES, partition, self._feed.closing(partition, alert.ts_ns))
        await self._readings.catch_up()
        return Output(worker, alert.ts_ns, READINGS, 0, self._completing(alert.ts_ns))

    async def next_reading(self, from_ns: int, worker: str) -> Output:
        """The next reading of a worker, of event time `from_ns` or later."""
        owned = partitions_of(self._workers[worker])

        def wanted(record: Seen) -> bool:
            reading = spoken(record)
            return reading.partition in owned and reading.ts_ns >= from_ns

        reading = spoken(await self._next(self._readings, wanted))
        offset = self._feed.closing(reading.partition, reading.ts_ns)
        return Output(worker, reading.ts_ns, FRAMES, reading.partition, offset)

    async def _next(self, tail: Tail, wanted: Callable[[Seen], bool]) -> Seen:
        at, record = await tail.until(wanted, within_s=WITHIN_S, first=self._given[tail])
        self._given[tail] = at + 1
        return record

    def _completing(self, ts_ns: int) -> int:
        """The offset of the reading with which all partitions had told the second."""
        first: dict[int, int] = {}
        for record in self._readings.seen:
            reading = spoken(record)
            if reading.ts_ns >= ts_ns:
                first.setdefault(reading.partition, record.offset)
        return max(first.values())


def partitions_of(worker: Program) -> set[int]:
    """The partitions of the frames that it was last given."""
    assigned = re.findall(r"partitions assigned: (.*)", worker.words)
    return {int(number) for number in re.findall(rf"{re.escape(FRAMES.name)}-(\d+)", assigned[-1] if assigned else "")}


def _alert(record: Seen) -> Alert:
    alert = decode_output(record.value)
    assert isinstance(alert, Alert)
    return alert
