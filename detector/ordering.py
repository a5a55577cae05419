"""Event-time order: an asset's events wait for the allowed lateness and leave sorted, whatever order they came in.

Two arrivals of the same events within the lateness leave in one order: time, then venue, instrument and kind, then
the venue's own number, then content. An event that comes later than the lateness leaves at once, marked late.
Time comes from the asset's own events and from the ticks of the stream, never from other assets' events: what is late
must not depend on which assets happen to share a process.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

import msgspec

from schemas.base import Event
from schemas.health import Gap, SelfCheck, VenueStatus
from schemas.instrument import Instrument
from schemas.market import (
    Adl,
    AdlState,
    BookDelta,
    BookSnapshot,
    BookTop,
    DerivativeState,
    Insurance,
    Liquidation,
    OpenInterest,
    PriceBand,
    Trade,
)

NS = 1_000_000_000

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
    AdlState: 12,
    PriceBand: 13,
    SelfCheck: 14,
}
"""Definitions before uses, gaps before the snapshots that end them, snapshots before their deltas."""

OURS = frozenset({Gap, VenueStatus, SelfCheck})
"""Said by our own clock and not by a venue's."""

Timed = list[tuple[int, Event]]
OrderState = tuple[int, int, int, int, int, Timed]
"""Newest, released, limit, late, ahead; events that wait with their times."""

Entry = tuple[int, str, str, int, int, bytes, int, Event]
"""Time, venue, instrument, kind, number, content, arrival, event: only twins ever need the arrival."""


class Reorder:
    """The waiting room of one asset. Events come by `take`, time also by `tick`; what is due leaves in order.

    What is late, and what comes when, depends on the order of arrival alone and never on how arrivals are batched.
    """

    def __init__(self, lateness_ns: int, future_ns: int) -> None:
        self.lateness_ns = lateness_ns
        self.future_ns = future_ns
        self.newest_ns = 0
        self.released_ns = 0
        self.limit_ns = 0
        """The next tick comes before any event from here on; 0 before the first tick."""
        self.late = 0
        self.ahead = 0
        """Events dropped because the stream's clock had not come near them."""
        self._arrivals = 0
        self._waiting: list[Entry] = []

    def take(self, event: Event) -> Iterator[tuple[int, Event]]:
        """Receive an event; yield those that are due with their effective time, which for a late event is now."""
        ts = event.ts_event_ns
        kind = type(event)
        if kind is Instrument:
            # A definition holds for whatever follows it, older events included; it says nothing about time.
            yield self.released_ns, event
            return
        moves_time = kind not in OURS
        if not moves_time:
            # Said by our own clock, which may be far from the venues': it has its place but moves no time.
            ts = min(ts, self.newest_ns + self.lateness_ns)
        elif ts > event.ts_recv_ns + self.future_ns:
            ts = event.ts_recv_ns  # as the stream's clock takes it
        if ts < self.newest_ns - self.lateness_ns:
            self.late += ts != event.ts_recv_ns  # an event without a time of its own cannot be late
            yield self.released_ns, event
            return
        if moves_time:
            if self.limit_ns and ts >= self.limit_ns:
                self.ahead += 1
                return
            self.newest_ns = max(self.newest_ns, ts)
        self._wait(ts, event)
        yield from self.until(self.newest_ns - self.lateness_ns)

    def tick(self, tick_ns: int) -> None:
        """The stream's clock has come so far."""
        self.newest_ns = max(self.newest_ns, tick_ns)
        self.limit_ns = max(self.limit_ns, (tick_ns - self.lateness_ns) // NS * NS + NS + self.lateness_ns)

    def release(self) -> Iterator[tuple[int, Event]]:
        """What the clock has made due."""
        return self.until(self.newest_ns - self.lateness_ns)

    def until(self, watermark_ns: int) -> Iterator[tuple[int, Event]]:
        """What happened before `watermark_ns`."""
        if watermark_ns <= self.released_ns:
            return
        self.released_ns = watermark_ns
        waiting = self._waiting
        while waiting and waiting[0][0] < watermark_ns:
            entry = heappop(waiting)
            yield entry[0], entry[-1]

    def _wait(self, ts: int, event: Event) -> None:
        number, content = _number(event)
        self._arrivals += 1
        entry = (ts, event.venue, event.instrument, RANK[type(event)], number, content, self._arrivals, event)
        heappush(self._waiting, entry)

    def dump(self) -> OrderState:
        """State for a snapshot."""
        waiting = [(entry[0], entry[-1]) for entry in sorted(self._waiting)]
        return (self.newest_ns, self.released_ns, self.limit_ns, self.late, self.ahead, waiting)

    def load(self, state: OrderState) -> None:
        """Take back what `dump` gave."""
        self.newest_ns, self.released_ns, self.limit_ns, self.late, self.ahead, waiting = state
        self._waiting.clear()
        for ts, event in waiting:
            self._wait(ts, event)


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
