"""Event-time order: events wait for the allowed lateness and leave sorted, whatever order they came in.

Two arrivals of the same events within the lateness leave in one order: time, then venue, instrument and kind, then the venue's
own number, then content. An event that comes later than the lateness leaves at once, marked late.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

import msgspec

from schemas.base import Event
from schemas.health import Gap, VenueStatus
from schemas.instrument import Instrument
from schemas.market import Adl, BookDelta, BookSnapshot, BookTop, DerivativeState, Insurance, Liquidation, OpenInterest, Trade

RANK: dict[type[Event], int] = {
    Instrument: 0,
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

Entry = tuple[int, str, str, int, int, bytes, Event]


class Reorder:
    """The waiting room. `push` takes events as received, `release` gives back what nothing can precede any more."""

    def __init__(self, lateness_ns: int, future_ns: int) -> None:
        self.lateness_ns = lateness_ns
        self.future_ns = future_ns
        self.newest_ns = 0
        self.released_ns = 0
        self.late = 0
        self.clamped = 0
        self._waiting: list[Entry] = []

    def push(self, events: Iterable[Event]) -> list[Event]:
        """Take events; return those that came too late to be ordered, in order of arrival."""
        late: list[Event] = []
        waiting, released, newest = self._waiting, self.released_ns, self.newest_ns
        for event in events:
            ts = event.ts_event_ns
            if ts > event.ts_recv_ns + self.future_ns:
                # A venue clock far ahead must not push everybody else's events over the lateness.
                ts = event.ts_recv_ns
                self.clamped += 1
            if ts < released:
                late.append(event)
                continue
            if ts > newest:
                newest = ts
            number, content = _number(event)
            waiting.append((ts, event.venue, event.instrument, RANK[type(event)], number, content, event))
        self.newest_ns = newest
        self.late += len(late)
        return late

    def release(self) -> Iterator[tuple[int, Event]]:
        """Events at or before the watermark, sorted, each with its effective time."""
        return self._until(self.newest_ns - self.lateness_ns)

    def advance(self, now_ns: int) -> Iterator[tuple[int, Event]]:
        """Like `release`, with a clock that moved without events."""
        self.newest_ns = max(self.newest_ns, now_ns)
        return self.release()

    def _until(self, watermark_ns: int) -> Iterator[tuple[int, Event]]:
        if watermark_ns <= self.released_ns:
            return iter(())
        self.released_ns = watermark_ns
        self._waiting.sort(key=_ORDER)
        cut = bisect_left(self._waiting, watermark_ns, key=_TIME)
        ready, self._waiting = self._waiting[:cut], self._waiting[cut:]
        return ((entry[0], entry[6]) for entry in ready)

    def dump(self) -> tuple[int, int, int, int, list[Event]]:
        """State for a snapshot."""
        return (self.newest_ns, self.released_ns, self.late, self.clamped, [entry[6] for entry in self._waiting])

    def load(self, state: tuple[int, int, int, int, list[Event]]) -> None:
        """Take back what `dump` gave."""
        newest_ns, released_ns, late, clamped, waiting = state
        self.push(waiting)
        self.newest_ns, self.released_ns, self.late, self.clamped = newest_ns, released_ns, late, clamped


def _TIME(entry: Entry) -> int:  # noqa: N802 - a sort key that reads like one
    return entry[0]


def _ORDER(entry: Entry) -> tuple[int, str, str, int, int, bytes]:  # noqa: N802
    return entry[:6]


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
