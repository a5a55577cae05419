"""What may be dropped when there is no room, and how readers learn of it: a gap where it begins and one where it ends.

The first says that from here on the data is missing: a book without changes must not look calm. The second says since
when, and that from here on it is whole again: ids of trades begin anew, and a book follows as it is now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from schemas.base import Event
from schemas.health import Channel, Gap
from schemas.market import BookDelta, BookSnapshot, BookTop, DerivativeState, OpenInterest, PriceBand, Trade

DROPPABLE: Mapping[type[Event], Channel] = {
    Trade: "trade",
    BookDelta: "book",
    BookSnapshot: "book",
    BookTop: "book",
    DerivativeState: "derivative",
    OpenInterest: "derivative",
    PriceBand: "derivative",
}
"""Market data, and what is missing without it. Everything else is kept on disk."""

REASON = "the producer had no room: the log took no records"


class Missing(msgspec.Struct):
    """What one market lacks of one channel."""

    since_ns: int
    newest_ns: int
    newest_recv_ns: int
    events: int = 0


class Overflow:
    """Counts what is dropped, by market and channel."""

    def __init__(self) -> None:
        self.dropped: Counter[str] = Counter()
        """Events in all, by kind."""
        self._missing: dict[tuple[str, str, Channel], Missing] = {}

    def drop(self, event: Event) -> Gap | None:
        """Let go of an event; the gap with which the loss of its channel begins."""
        kind = type(event)
        self.dropped[kind.__name__] += 1
        place = (event.venue, event.instrument, DROPPABLE[kind])
        missing = self._missing.get(place)
        begins = missing is None
        if missing is None:
            missing = self._missing[place] = Missing(event.ts_recv_ns, event.ts_event_ns, event.ts_recv_ns)
        missing.events += 1
        missing.newest_ns = max(missing.newest_ns, event.ts_event_ns)
        missing.newest_recv_ns = max(missing.newest_recv_ns, event.ts_recv_ns)
        return _gap(place, missing, REASON) if begins else None

    def settle(self) -> list[Gap]:
        """There is room again: the gaps with which the losses end."""
        gaps = [
            _gap(place, missing, f"{REASON}; {missing.events} events are missing")
            for place, missing in sorted(self._missing.items())
        ]
        self._missing.clear()
        return gaps

    @property
    def total(self) -> int:
        """All events that were dropped."""
        return self.dropped.total()


def _gap(place: tuple[str, str, Channel], missing: Missing, reason: str) -> Gap:
    venue, instrument, channel = place
    return Gap(
        venue=venue,
        instrument=instrument,
        ts_event_ns=missing.newest_ns,
        ts_recv_ns=missing.newest_recv_ns,
        channel=channel,
        since_ns=missing.since_ns,
        reason=reason,
    )
