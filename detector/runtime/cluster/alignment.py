"""One second of all partitions together: the market-wide stage advances on the slowest of them.

A partition that is silent for long is excused, so that one dead process does not blind everybody; until then nobody
judges a second in which assets are missing: a rebalance must neither raise nor clear anything.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from schemas.reading import Reading

NS = 1_000_000_000


class Alignment(msgspec.Struct):
    """Readings that wait for those of other partitions."""

    partitions: int
    watermarks: dict[int, int] = {}
    """The last second that each partition has told."""
    waiting: dict[int, dict[int, Reading]] = {}
    """By second and partition."""
    first_offsets: dict[int, int] = {}
    """Of each second that waits, the offset of its first reading in the log."""
    excused: set[int] = set()
    judged_s: int = 0
    repeated: int = 0
    """Readings that had been told before: a worker that was restarted says some twice."""

    def take(self, reading: Reading, offset: int = 0) -> Reading | None:
        """Take a reading in its partition's order; gives it back where its second was judged without it."""
        second, partition = reading.ts_ns // NS, reading.partition
        if second <= self.watermarks.get(partition, 0):
            self.repeated += 1
            return None
        self.watermarks[partition] = second
        if second <= self.judged_s:
            return reading
        self.excused.discard(partition)
        self.waiting.setdefault(second, {})[partition] = reading
        self.first_offsets.setdefault(second, offset)
        return None

    def ready(self) -> Iterator[list[Reading]]:
        """Seconds that nobody can add to, in order, each with its readings by partition."""
        while self.waiting:
            second = min(self.waiting)
            if any(self.watermarks.get(p, 0) < second for p in range(self.partitions) if p not in self.excused):
                return
            readings = self.waiting.pop(second)
            del self.first_offsets[second]
            self.judged_s = second
            yield [readings[partition] for partition in sorted(readings)]

    def awaited(self) -> list[int]:
        """Partitions that hold the next second up."""
        if not self.waiting:
            return []
        second = min(self.waiting)
        return [p for p in range(self.partitions) if p not in self.excused and self.watermarks.get(p, 0) < second]

    def before_waiting(self) -> Alignment:
        """As if nothing that waits had been taken: it stands in the log, and there may be an hour of it."""
        watermarks = {partition: min(second, self.judged_s) for partition, second in self.watermarks.items()}
        return Alignment(self.partitions, watermarks, excused=set(self.excused), judged_s=self.judged_s)
