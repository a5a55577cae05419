"""Order-book continuity: deltas and snapshots in, an unbroken chain or a `Gap` out. Pure; one `BookSync` a market.

A book is never wrong: deltas are withheld until a snapshot fits them, a broken chain is one `Gap`, and then a new
snapshot is wanted. Snapshots that are fetched meet the deltas that were buffered for them; those that the socket sends
replace the book where they stand. What comes out is ready for sorting by event time: within a book the times never go
back, and a snapshot is as early as the first delta applied to it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from producers.book_ids import fits, follows, precedes
from producers.venue import Sequencing
from schemas.base import Event
from schemas.health import Gap
from schemas.market import BookDelta, BookSnapshot, Trade

MOST_BUFFERED = 5_000
"""Deltas withheld while waiting for a snapshot: 8 minutes at 10 a second."""
WANTED = 2
"""Deltas that show that a snapshot is needed: one that is asked for at the first might be older than it."""
MOST_OLD = 200
"""So many deltas in a row with ids at or below the last one are no overlap: the venue counts anew."""
FIRST_IDS = 1
"""A whole book with an id up to this begins the venue's count anew, whatever came before."""
MAX_AHEAD_NS = 10 * 10**9
"""An event time further ahead of its receipt is cut back: one bad clock must not push all later times ahead."""

_BookEvent = TypeVar("_BookEvent", BookDelta, BookSnapshot)


class BookSync:
    """The chain of one market's book: empty, then buffering deltas, then synced.

    Parameters
    ----------
    sequencing
        The venue's rule; None where every message is a whole book: snapshots pass, nothing is ever wanted.
    accept_unanchored
        For recordings that hold no snapshot at all: deltas flow from the first one on, with the chain still checked.
        The book that they build is known only where it has changed.
    """

    def __init__(
        self, *, venue: str, instrument: str, sequencing: Sequencing | None, accept_unanchored: bool = False
    ) -> None:
        self.venue = venue
        self.instrument = instrument
        self.dropped = 0
        """Deltas and snapshots that were older than the book, or without ids."""
        self._rule = sequencing
        self._accept_unanchored = accept_unanchored
        self._buffer: deque[BookDelta] = deque()
        self._held: BookSnapshot | None = None
        self._newest_id: int | None = None
        self._synced = False
        self._requested = False
        self._old_run = 0
        self._unanchored = 0
        self._fresh = False
        """Nothing has followed the last book of the socket's."""
        self._clock_ns = 0

    @property
    def synced(self) -> bool:
        """Whether the book downstream is current."""
        return self._synced

    @property
    def wants_snapshot(self) -> bool:
        """Whether a snapshot should be asked for; only once two deltas are there, or it might be older than they."""
        enough = len(self._buffer) >= WANTED or self._unanchored >= WANTED
        return enough and self._held is None and not self._requested

    def snapshot_requested(self) -> None:
        """Note that a request is under way: nothing is wanted until it is answered or failed."""
        self._requested = True

    def snapshot_failed(self) -> None:
        """Note that the request came to nothing."""
        self._requested = False

    def on_delta(self, delta: BookDelta) -> list[Event]:
        """What may be published now that this delta has come."""
        rule, last_id, newest_id = self._rule, delta.last_id, self._newest_id
        if rule is None:
            return [self._stamped(delta, delta.ts_event_ns)]
        if last_id is None or delta.first_id is None:
            return self._on_unnumbered(rule, delta)
        # A venue that counts anew, or repeats its last id as a sign of life, says so by naming the id before.
        names_last = newest_id is not None and rule.chain == "prev_id" and delta.prev_id == newest_id
        if newest_id is not None and last_id <= newest_id and not names_last:
            return self._on_old(rule, delta)
        follows_on = newest_id is None or follows(rule, newest_id, delta) or self._straddles(newest_id, delta)
        self._fresh = False
        if self._synced and not follows_on:
            return self._broken(delta, f"ids do not follow: {newest_id}, then {delta.first_id}..{last_id}")
        self._newest_id = last_id
        self._old_run = 0
        if self._synced or self._accept_unanchored:
            return self._applied(rule, delta)
        if rule.snapshots == "socket":
            self._unanchored += 1
            self._newest_id = None
            return []
        if not follows_on:
            # Nothing was published, so nothing is lost: only what came before the hole can no longer be used.
            self._buffer.clear()
        return self._buffered(rule, delta)

    def on_snapshot(self, snapshot: BookSnapshot) -> list[Event]:
        """What may be published now that this snapshot has come.

        One that was fetched is held until the first delta that it fits. While the chain holds, one older than the book
        is dropped.
        """
        self._requested = False
        if self._rule is None:
            self._synced = True
            return [self._stamped(snapshot, snapshot.ts_event_ns)]
        if self._rule.snapshots == "socket":
            return self._replaced(snapshot)
        if snapshot.last_id is None or (self._synced and snapshot.last_id < (self._newest_id or 0)):
            self.dropped += 1
            return []
        self._held = snapshot
        return [] if self._synced else self._anchored(self._rule)

    def on_lost(self, ts_recv_ns: int, reason: str) -> list[Event]:
        """The reader of the frames found the book wrong: as after a disconnect, and a whole one is wanted at once."""
        gap = self.on_disconnect(ts_recv_ns, reason)
        self._unanchored = WANTED
        return gap

    def on_disconnect(self, ts_recv_ns: int, reason: str) -> list[Event]:
        """Begin anew; a `Gap` where the book was current until now."""
        was_synced, since_ns, requested = self._synced, self._clock_ns, self._requested
        self._reset()
        if not was_synced:
            # What was asked for is still under way.
            self._requested = requested
            return []
        self._clock_ns = max(since_ns, ts_recv_ns)
        return [self._gap(since_ns, ts_recv_ns, reason)]

    def _replaced(self, snapshot: BookSnapshot) -> list[Event]:
        """Begin again from a book of the socket's.

        While sockets are changed over, the new one's first book may be older than what the old one has brought since. A
        lower id at a later time, or the first id, is a venue that counts anew.
        """
        newest_id, last_id = self._newest_id, snapshot.last_id
        is_older = newest_id is not None and last_id is not None and FIRST_IDS < last_id < newest_id
        if self._synced and is_older and snapshot.ts_event_ns <= self._clock_ns:
            self.dropped += 1
            return []
        self._reset()
        self._newest_id = last_id
        self._synced = True
        self._fresh = True
        return [self._stamped(snapshot, snapshot.ts_event_ns)]

    def _straddles(self, newest_id: int, delta: BookDelta) -> bool:
        """Whether the first delta after a book of the socket's began before it: quantities are absolute."""
        prev_id, last_id = delta.prev_id, delta.last_id
        return self._fresh and prev_id is not None and last_id is not None and prev_id <= newest_id <= last_id

    def _on_unnumbered(self, rule: Sequencing, delta: BookDelta) -> list[Event]:
        """Deltas without ids follow a book of the socket's that has none: what is lost of them, nobody sees."""
        if rule.snapshots == "socket" and self._newest_id is None:
            if self._synced or self._accept_unanchored:
                # Without numbers only different times keep the order of what is known to the same millisecond.
                return [self._stamped(delta, max(delta.ts_event_ns, self._clock_ns + 1))]
            self._unanchored += 1
            return []
        self.dropped += 1
        return []

    def _applied(self, rule: Sequencing, delta: BookDelta) -> list[Event]:
        """Publish a delta that follows, after the held snapshot where it is the first to fit."""
        out: list[Event] = []
        held = self._held
        if held is not None and not precedes(rule, delta, held):
            self._held = None
            if fits(rule, delta, held):
                out.append(self._stamped(held, min(held.ts_event_ns, delta.ts_event_ns)))
        self._synced = True
        out.append(self._stamped(delta, delta.ts_event_ns))
        return out

    def _buffered(self, rule: Sequencing, delta: BookDelta) -> list[Event]:
        self._buffer.append(delta)
        if self._held is not None:
            return self._anchored(rule)
        if len(self._buffer) > MOST_BUFFERED:
            # The book is unknown and said to be; a snapshot that comes so late meets the newest of them.
            self._buffer.popleft()
            self.dropped += 1
        return []

    def _anchored(self, rule: Sequencing) -> list[Event]:
        """Join the held snapshot and the buffered deltas if they meet; a snapshot older than they is of no use."""
        buffer, held = self._buffer, self._held
        if held is None:
            return []
        while buffer and precedes(rule, buffer[0], held):
            buffer.popleft()
        if not buffer:
            return []
        if not fits(rule, buffer[0], held):
            self._held = None
            return []
        deltas = list(buffer)
        buffer.clear()
        return [event for delta in deltas for event in self._applied(rule, delta)]

    def _on_old(self, rule: Sequencing, delta: BookDelta) -> list[Event]:
        """A repetition, from a second connection or after a reconnect; unless the venue has begun to count anew."""
        if rule.snapshots == "socket" and delta.ts_event_ns > self._clock_ns:
            return self._broken(delta, f"ids went back: {self._newest_id}, then {delta.last_id}")
        self.dropped += 1
        self._old_run += 1
        return self._broken(delta, "ids went back") if self._old_run >= MOST_OLD else []

    def _broken(self, delta: BookDelta, reason: str) -> list[Event]:
        """Say so, if the book was current, and begin anew with this delta."""
        was_synced, since_ns = self._synced, self._clock_ns
        self._reset()
        if not was_synced:
            return self.on_delta(delta)
        self._stamped(delta, delta.ts_event_ns)
        return [self._gap(since_ns, delta.ts_recv_ns, reason), *self.on_delta(delta)]

    def _reset(self) -> None:
        self._buffer.clear()
        self._held = None
        self._newest_id = None
        self._synced = False
        self._requested = False
        self._old_run = 0
        self._unanchored = 0
        self._fresh = False

    def _gap(self, since_ns: int, ts_recv_ns: int, reason: str) -> Gap:
        return Gap(
            venue=self.venue,
            instrument=self.instrument,
            ts_event_ns=self._clock_ns,
            ts_recv_ns=ts_recv_ns,
            channel="book",
            since_ns=since_ns,
            reason=reason,
        )

    def _stamped(self, event: _BookEvent, ts_event_ns: int) -> _BookEvent:
        """The event at this time, unless that is before the previous one or far ahead of its receipt."""
        ts_ns = max(min(ts_event_ns, event.ts_recv_ns + MAX_AHEAD_NS), self._clock_ns)
        self._clock_ns = ts_ns
        return event if ts_ns == event.ts_event_ns else msgspec.structs.replace(event, ts_event_ns=ts_ns)


class BookSyncs:
    """The books of one venue, made on demand. Rows of one moment keep their order, too, where no number does it."""

    def __init__(self, *, venue: str, sequencing: Sequencing | None, accept_unanchored: bool = False) -> None:
        self._venue = venue
        self._sequencing = sequencing
        self._accept_unanchored = accept_unanchored
        self._syncs: dict[str, BookSync] = {}
        self._moments: dict[str, tuple[int, int]] = {}
        """Time of the last trade without a number, and how many came at it, by market."""
        self.restless = False
        """Something was withheld or lost since somebody looked: a book may be wanted."""

    def feed(self, events: Iterable[Event]) -> list[Event]:
        """The events, with those of books replaced by what may be published of them."""
        out: list[Event] = []
        for event in events:
            kind = type(event)
            if kind is BookDelta:
                found = self.of(event.instrument).on_delta(event)  # type: ignore[arg-type]
                self.restless = self.restless or len(found) != 1 or type(found[0]) is Gap
                out += found
            elif kind is BookSnapshot:
                out += self.of(event.instrument).on_snapshot(event)  # type: ignore[arg-type]
            elif kind is Trade and type(event.trade_id) is not int:  # type: ignore[attr-defined]
                out.append(self._apart(event))
            elif isinstance(event, Gap) and event.channel == "book":
                # How long the book was right is known here.
                out += self.of(event.instrument).on_lost(event.ts_recv_ns, event.reason)
                self.restless = True
            else:
                out.append(event)
        return out

    def hear(self, events: Iterable[Event]) -> list[Event]:
        """A session's own words: a book that its socket carried begins anew, and its chain says since when it lacks."""
        out: list[Event] = []
        for event in events:
            if isinstance(event, Gap) and event.channel == "book":
                out += self.of(event.instrument).on_disconnect(event.ts_recv_ns, event.reason)
            else:
                out.append(event)
        return out

    def of(self, instrument: str) -> BookSync:
        """The chain of one market."""
        sync = self._syncs.get(instrument)
        if sync is None:
            sync = self._syncs[instrument] = BookSync(
                venue=self._venue,
                instrument=instrument,
                sequencing=self._sequencing,
                accept_unanchored=self._accept_unanchored,
            )
        return sync

    def wanting(self) -> list[str]:
        """Markets that want a snapshot now."""
        self.restless = False
        return [name for name, sync in self._syncs.items() if sync.wants_snapshot]

    @property
    def dropped(self) -> int:
        """Book messages that were older than their books, in all."""
        return sum(sync.dropped for sync in self._syncs.values())

    def _apart(self, trade: Event) -> Event:
        """A trade a nanosecond after the one before it in the same moment: a sweep's last price is its last fill."""
        at_ns, count = self._moments.get(trade.instrument, (0, 0))
        count = count + 1 if trade.ts_event_ns == at_ns else 0
        self._moments[trade.instrument] = trade.ts_event_ns, count
        return msgspec.structs.replace(trade, ts_event_ns=trade.ts_event_ns + count) if count else trade
