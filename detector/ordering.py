"""Event-time order: events wait for the allowed lateness and leave sorted, whatever order they came in.

Two arrivals of the same events within the lateness leave in one order: time, then venue, instrument and kind, then
the venue's
own number, then content. An event that comes later than the lateness leaves at once, marked late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

import msgspec

from schemas.base import Event
from schemas.health import Gap, VenueStatus
from schemas.instrument import Instrument
from schemas.market import (
    Adl,
    BookDelta,
    BookSnapshot,
    BookTop,
    DerivativeState,
    Insurance,
    Liquidation,
    OpenInterest,
    Trade,
)

RANK: dict[type[Event], int] = {
    VenueStatus: 1,
    Gap: 2,
    BookSnapshot: 3,
    BookDelta: 4,
    BookTop: 5,
    Trade: 6,
    Liquidation: 7,
    Adl: 8,
    Insurance: 9,
    DerivativeState: 10,
    OpenInterest: 11,
}
"""Definitions before uses, gaps before the snapshots that end them, snapshots before their deltas."""

Timed = list[tuple[int, Event]]
OrderState = tuple[int, int, int, int, int, Timed, Timed]
"""Newest, released, late, clamped, stray; events that wait with their times, and those that leapt ahead."""

Entry = tuple[int, str, str, int, int, bytes, int, Event]
"""Time, venue, instrument, kind, number, content, arrival, event: only twins ever need the arrival."""

JUMP_NS = 60_000_000_000
JUMP_EVENTS = 5
"""A leap of a minute must be confirmed by five events in a row: one wrong stamp would make all that follow late."""


class Reorder:
    """The waiting room. `take` receives events as they come and gives back, in order, what nothing can precede now.

    What is late, and what comes when, depends on the order of arrival alone and never on how arrivals are batched.
    """

    def __init__(self, lateness_ns: int, future_ns: int) -> None:
        self.lateness_ns = lateness_ns
        self.future_ns = future_ns
        self.newest_ns = 0
        self.released_ns = 0
        self.late = 0
        self.clamped = 0
        self.stray = 0
        """Events dropped because nothing near them in time followed."""
        self._ahead: list[tuple[int, Event]] = []
        self._arrivals = 0
        self._waiting: list[Entry] = []

    def take(self, events: Iterable[Event]) -> Iterator[tuple[int, Event]]:
        """Receive events; yield those that are due with their effective time, which for a late event is now."""
        for event in events:
            ts = event.ts_event_ns
            if type(event) is Instrument:
                # A definition holds for whatever follows it, older events included; it says nothing about time.
                yield from self._release()
                yield self.released_ns, event
                continue
            if isinstance(event, (Gap, VenueStatus)):
                # Said by our own clock, which may be far from the venues': it has its place but moves no time.
                yield from self._receive(min(ts, self.newest_ns + self.lateness_ns), event, moves_time=False)
                continue
            if ts > event.ts_recv_ns + self.future_ns:
                # A venue clock far ahead must not push everybody else's events over the lateness.
                ts = event.ts_recv_ns
                self.clamped += 1
            if self.newest_ns and ts > self.newest_ns + JUMP_NS:
                self._ahead.append((ts, event))
                if len(self._ahead) < JUMP_EVENTS:
                    continue
                believed, self._ahead = self._ahead, []
            else:
                self.stray += len(self._ahead)
                self._ahead.clear()
                believed = [(ts, event)]
            for when, one in believed:
                yield from self._receive(when, one)
        yield from self._release()

    def _receive(self, ts: int, event: Event, *, moves_time: bool = True) -> Iterator[tuple[int, Event]]:
        if ts < self.newest_ns - self.lateness_ns:
            self.late += ts != event.ts_recv_ns  # an event without a time of its own cannot be late
            yield from self._release()
            yield self.released_ns, event
            return
        if moves_time:
            self.newest_ns = max(self.newest_ns, ts)
        self._wait(ts, event)

    def _wait(self, ts: int, event: Event) -> None:
        number, content = _number(event)
        self._arrivals += 1
        entry = (ts, event.venue, event.instrument, RANK[type(event)], number, content, self._arrivals, event)
        heappush(self._waiting, entry)

    def advance(self, now_ns: int) -> Iterator[tuple[int, Event]]:
        """A clock that moved without events: what it makes due."""
        self.newest_ns = max(self.newest_ns, now_ns)
        return self._release()

    def end(self) -> None:
        """The input has ended: a leap that nothing confirmed was none."""
        self.stray += len(self._ahead)
        self._ahead.clear()

    def _release(self) -> Iterator[tuple[int, Event]]:
        watermark_ns = self.newest_ns - self.lateness_ns
        if watermark_ns <= self.released_ns:
            return
        self.released_ns = watermark_ns
        waiting = self._waiting
        while waiting and waiting[0][0] < watermark_ns:
            entry = heappop(waiting)
            yield entry[0], entry[-1]

    def dump(self) -> OrderState:
        """State for a snapshot."""
        waiting = [(entry[0], entry[-1]) for entry in sorted(self._waiting)]
        return (self.newest_ns, self.released_ns, self.late, self.clamped, self.stray, waiting, list(self._ahead))

    def load(self, state: OrderState) -> None:
        """Take back what `dump` gave."""
        self.newest_ns, self.released_ns, self.late, self.clamped, self.stray, waiting, ahead = state
        self._waiting.clear()
        for ts, event in waiting:
            self._wait(ts, event)
        self._ahead = list(ahead)


_ENCODER = msgspec.json.Encoder()


def _number(event: Event) -> tuple[int, bytes]:
    """The venue's own number where there is one; else the content, so that equal times have one order."""
    kind = type(event)
    if kind is Trade:
        trade_id = event.trade_id  # type: ignore[attr-defined]
        if type(trade_id) is int:
            return trade_id, b""
    elif kind is BookDelta:
        last_id = event.last_id  # type: ignore[attr-defined]
        if last_id is not None:
            return last_id, b""
    return 0, _ENCODER.encode(event)
