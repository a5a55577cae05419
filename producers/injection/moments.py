"""What time it is in a stream: the newest event time that can be believed, the same clock for all venues.

A fault begins at one moment for everybody, however late the feed of one venue is: what still arrives is struck.
"""

from __future__ import annotations

from producers.injection.stamps import OURS
from schemas.base import Event

FUTURE_NS = 2 * 10**9
"""A stamp further ahead of its receipt counts as its receipt, as for the detector."""

DAY_NS = 86_400 * 10**9


class StreamClock:
    """The stream's event time and the day on which it began; 0 before the first event that has a time."""

    def __init__(self) -> None:
        self.first_ns = 0
        self.newest_ns = 0

    def read(self, event: Event) -> int:
        """The time when this event has arrived."""
        if type(event) in OURS:
            return self.newest_ns
        ts_ns = event.ts_event_ns
        if ts_ns > event.ts_recv_ns + FUTURE_NS:
            ts_ns = event.ts_recv_ns
        if ts_ns > self.newest_ns:
            if not self.newest_ns:
                self.first_ns = ts_ns
            self.newest_ns = ts_ns
        return self.newest_ns

    @property
    def midnight_ns(self) -> int:
        """Midnight, UTC, of the stream's first day."""
        return self.first_ns // DAY_NS * DAY_NS
