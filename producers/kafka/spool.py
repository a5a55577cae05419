"""Between events that come when they come and a log that may be away: bounded memory, and a disk for what is precious.

The overflow policy. Records wait in memory until the log has acknowledged them. When they fill it, market data (trades,
books, tops, marks, open interest) is dropped from then on, while liquidations, deleveraging, insurance, gaps, statuses,
definitions and ticks go to disk. When the log takes records again and half of the memory is free, what is on disk
follows what was in memory, then come the gaps of what was dropped and the books as they are now, and then all goes on.
Beyond the quota of the disk the oldest is lost: counted, and logged as an error.
"""

from __future__ import annotations

import asyncio

from producers.kafka.lanes import Lanes, Record
from producers.kafka.segments import Segment, Segments, Spilled
from schemas.topics import TOPICS

RESUME_SHARE = 0.5
"""Market data flows again when so much of the memory is in use."""
RELOAD_SHARE = 0.25
"""Below this a file is read back whatever its size, or one that is too large would wait for ever."""


class Spool:
    """Takes records in order and never blocks.

    Parameters
    ----------
    memory_bytes
        Records beyond this go to disk.
    lossless
        For input that can wait: nothing goes to disk, and whoever feeds it asks `room` before.
    """

    def __init__(self, *, lanes: Lanes, disk: Segments, memory_bytes: int, lossless: bool = False) -> None:
        self.lanes = lanes
        self.disk = disk
        self.full = disk.next_bytes > 0
        """Whether records go to disk, because the memory is full or because older ones are there."""
        self.peak_bytes = 0
        self._memory_bytes = memory_bytes
        self._lossless = lossless
        self._topics = {topic.name: topic for topic in TOPICS}
        if lossless:
            while disk.next_bytes:
                self._read_back()
            self.full = False

    def put(self, record: Record) -> None:
        """Add a record behind all others."""
        if self.full:
            self.disk.append(_spilled(record))
            return
        self.lanes.put(record)
        self.peak_bytes = max(self.peak_bytes, self.lanes.held_bytes)
        self.full = not self._lossless and self.lanes.held_bytes > self._memory_bytes

    def relieve(self) -> bool:
        """Read back what there is room for; whether this ended a time in which records went to disk."""
        if not self.full:
            return False
        lanes, disk = self.lanes, self.disk
        while disk.next_bytes and (
            lanes.held_bytes <= self._memory_bytes * RELOAD_SHARE
            or lanes.held_bytes + disk.next_bytes <= self._memory_bytes * RESUME_SHARE
        ):
            self._read_back()
        self.full = disk.next_bytes > 0 or lanes.held_bytes > self._memory_bytes * RESUME_SHARE
        return not self.full

    async def room(self) -> None:
        """Wait until at most half of the memory is in use."""
        # Asked for each frame of a recording: where there is room it must cost nothing.
        while self.lanes.held_bytes > self._memory_bytes * RESUME_SHARE:  # noqa: ASYNC110
            await asyncio.sleep(0.005)

    async def drained(self) -> None:
        """Wait until the log has everything."""
        while self.disk.next_bytes or not self.lanes.is_empty:  # noqa: ASYNC110
            await asyncio.sleep(0.005)

    def keep(self) -> int:
        """Put on disk what is not acknowledged, for the next start; how many records wait there now."""
        records = self.lanes.unacknowledged()
        if sum(len(record.value) + len(record.key) for record in records) > self.disk.room_bytes:
            records = [record for record in records if record.precious]
        held: set[Segment] = {record.segment for record in records if record.segment is not None}
        self.disk.put_first([_spilled(record) for record in records])
        for segment in held:
            segment.delete()
        return self.disk.waiting_records

    def _read_back(self) -> None:
        segment, records = self.disk.take_oldest()
        known = [record for record in records if record.topic in self._topics]
        for record in known:
            self.lanes.put(Record(self._topics[record.topic], record.key, record.value, precious=True, segment=segment))
        if not known:
            segment.delete()
        self.peak_bytes = max(self.peak_bytes, self.lanes.held_bytes)


def _spilled(record: Record) -> Spilled:
    return Spilled(record.topic.name, record.key, record.value)
