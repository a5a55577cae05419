"""Events to records, without ever waiting: what a fleet publishes to leaves here for the log."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from producers.kafka.framer import Frame, Framer
from producers.kafka.keyframes import Keyframes
from producers.kafka.lanes import Record
from producers.kafka.overflow import DROPPABLE, Overflow
from producers.kafka.spool import Spool
from producers.kafka.subscribers import subscriber_record
from producers.ticker.ticker import Ticker
from schemas.base import EVERY_INSTRUMENT, Event
from schemas.clock import Tick
from schemas.frames import encode_frame
from schemas.health import Gap
from schemas.market import BookSnapshot
from schemas.topics import FRAMES

AT_ONCE = 512
"""Events between two looks at the room that is left."""


class Publisher:
    """Ticks are added, books are followed, frames are made, and what there is no room for is dropped by the policy."""

    def __init__(self, *, ticker: Ticker, spool: Spool) -> None:
        self.ticker = ticker
        self.spool = spool
        self.overflow = Overflow()
        self.events = 0
        self.frames = 0
        self.last_recv_ns = 0
        """Receipt of the newest event."""
        self._framer = Framer()
        self._keyframes = Keyframes()
        self._last_publish_s = time.monotonic()

    def publish(self, events: Sequence[Event]) -> None:
        """Take a batch from a fleet."""
        self.events += len(events)
        before_ns = self.ticker.newest_ns
        if events:
            self.last_recv_ns = max(self.last_recv_ns, events[-1].ts_recv_ns)
        self._pass(self.ticker.take(events))
        if self.ticker.newest_ns > before_ns:
            self._last_publish_s = time.monotonic()  # late events and statuses say nothing about time

    def advance(self) -> None:
        """Let time pass without events: event time goes on from the newest event by the time since it came."""
        if self.ticker.newest_ns:
            since_s = time.monotonic() - self._last_publish_s
            self._last_publish_s += since_s
            self._pass(self.ticker.advance(self.ticker.newest_ns + int(since_s * 1e9)))

    def flush(self) -> None:
        """Make frames of what waits, and go on where there is room again."""
        self._put(self._framer.flush())
        if self.spool.relieve():
            self._resume()

    def finish(self) -> None:
        """The input has ended."""
        self._pass(self.ticker.finish())
        self.flush()

    def say_started(self, venue: str, *, since_ns: int, now_ns: int) -> None:
        """Mark what nobody heard: until now this producer did not run."""
        gap = Gap(
            venue=venue,
            instrument=EVERY_INSTRUMENT,
            ts_event_ns=now_ns,
            ts_recv_ns=now_ns,
            channel="all",
            since_ns=min(since_ns, now_ns),
            reason="the producer started",
        )
        self._write([gap])

    def _pass(self, events: Iterable[Event]) -> None:
        """Everything that goes on, in order; behind each tick the keyframes that are due."""
        out: list[Event] = []
        keyframes, spool, overflow = self._keyframes, self.spool, self.overflow
        for event in events:
            if len(out) >= AT_ONCE:
                self._write(out)
                out = []
            keyframes.see(event)
            if not spool.full:
                out.append(event)
                if isinstance(event, Tick):
                    out += keyframes.due(event)
            elif type(event) not in DROPPABLE:
                out.append(event)
            elif (gap := overflow.drop(event)) is not None:
                out.append(gap)
        self._write(out)

    def _write(self, events: Sequence[Event]) -> None:
        self._put(self._framer.take(events))
        for event in events:
            record = subscriber_record(event)
            if record is not None:
                self.spool.put(record)

    def _resume(self) -> None:
        gaps = self.overflow.settle()
        self._write(gaps)
        for gap in gaps:
            if gap.channel == "book":
                # The gap may have been found by a later message than the book's last: its end must not precede it.
                self._write([_not_before(event, gap) for event in self._keyframes.of((gap.venue, gap.instrument))])

    def _put(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            self.frames += 1
            precious = any(type(event) not in DROPPABLE for event in frame.events)
            self.spool.put(Record(FRAMES, frame.key, encode_frame(frame.events), precious))


def _not_before(event: Event, gap: Gap) -> Event:
    if isinstance(event, BookSnapshot) and event.ts_event_ns < gap.ts_event_ns:
        return replace(event, ts_event_ns=gap.ts_event_ns, ts_recv_ns=gap.ts_event_ns)
    return event
