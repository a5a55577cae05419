"""What happens to one venue's events after their receipt: books are kept whole, and what they lack is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from producers.continuity import BookSyncs
from producers.errors import DecodeError, reason_of
from producers.gap_lines import read_gaps
from producers.health import Health
from producers.rest import RestAnswer
from producers.snapshots import Snapshots
from producers.venue import Venue
from schemas.base import Event
from schemas.instrument import Instrument


class Desk:
    """One venue's books between its frames and the publisher."""

    def __init__(self, *, venue: Venue, books: BookSyncs, health: Health) -> None:
        self.venue = venue
        self._books = books
        self._health = health
        self.frames = 0
        self.events = 0
        """Received and published since the last `count`; plain numbers, because this is the hot path."""
        self.snapshots: Snapshots | None = None
        """Who fetches the books; without it they wait for the socket to bring them."""

    @property
    def is_waiting(self) -> bool:
        """Whether a book was asked for and has not come."""
        return self.snapshots is not None and self.snapshots.outstanding > 0

    def count(self) -> None:
        """Add what came since the last time to the counters."""
        self._health.add(self.venue.id, "frames", count=self.frames)
        self._health.add(self.venue.id, "events", count=self.events)
        self.frames = self.events = 0

    def feed(self, events: Sequence[Event]) -> list[Event]:
        """What may be published of these market events."""
        out = self._books.feed(events)
        if self._books.restless and self.snapshots is not None:
            self.snapshots.ask()
        return out

    def hear(self, events: Sequence[Event]) -> list[Event]:
        """What may be published of a session's own words: a lost book is the chain's to declare, in the book's time."""
        return self._books.hear(events)

    def polled(self, name: str, answer: RestAnswer) -> list[Event]:
        """What may be published of the answer to a repeated call."""
        try:
            return list(self.venue.parse_poll(name, answer.body, answer.ts_recv_ns))
        except Exception as error:  # noqa: BLE001
            self._health.add(self.venue.id, "poll_failures", reason_of(error))
            return []

    def missed(self, body: bytes) -> list[Event]:
        """What may be published of the gaps that a recording tells of."""
        try:
            return self._books.hear(read_gaps(body))
        except DecodeError as error:
            self._health.add(self.venue.id, "decode_errors", error.reason)
            return []

    def snapshot(self, instrument: Instrument, answer: RestAnswer) -> list[Event]:
        """What may be published now that this book was fetched."""
        try:
            book = self.venue.parse_snapshot(answer.body, instrument, answer.ts_recv_ns)
        except Exception as error:  # noqa: BLE001
            self._health.add(self.venue.id, "snapshot_failures", reason_of(error))
            self._books.of(instrument.instrument).snapshot_failed()
            return []
        return self._books.feed([book])
