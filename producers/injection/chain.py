"""One market's book behind a loss, as a session hands it on: unbroken, or a `Gap` and later a whole book.

The injection sits behind the sessions, whose continuity never lets a wrong book through. The true book is followed all
the while, so that the whole book that comes is what the venue would have answered.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from producers.injection.fault import Market, nanoseconds
from producers.injection.stamps import NS, is_numbered
from producers.kafka.mirror import BookMirror
from schemas.base import Event
from schemas.health import Gap
from schemas.market import BookDelta, BookSnapshot

BETWEEN_NS = 10 * NS
"""Sessions fetch six books a minute of a market: a chain that breaks more often stays broken for longer."""

_pairs: msgspec.json.Decoder[list[tuple[float, float]]] = msgspec.json.Decoder(list[tuple[float, float]])


class Chain:
    """Follows one book. `reach` is how far from mid a whole book shows levels; what happens is counted in `touched`."""

    def __init__(self, market: Market, *, reach: float, answer_s: float, touched: Counter[str]) -> None:
        self._venue, self._instrument = market
        self._reach = reach
        self._answer_ns = nanoseconds(answer_s)
        self._touched = touched
        self._mirror = BookMirror()
        self._changes = False
        """Whether changes tell of this book; else every message is a whole one and nothing is ever missed for long."""
        self._hole = False
        """A message was lost and the next one has not shown it yet."""
        self._broken = False
        """Since a `Gap`, until the next whole book."""
        self._due_ns = 0
        self._fetched_ns = 0
        self._clock_ns = 0

    def lose(self, event: BookDelta | BookSnapshot) -> None:
        """The venue sent it and nobody received it. Without numbers nobody will notice either."""
        self._follow(event)
        self._touched["lost"] += 1
        if is_numbered(event) and self._changes and not self._broken:
            self._hole = True

    def hear(self, event: BookDelta | BookSnapshot, at_ns: int) -> list[Event]:
        """What may go on of a message that was received."""
        self._follow(event)
        if isinstance(event, BookSnapshot):
            if event.keyframe and (self._hole or self._broken):
                self._touched["lost"] += 1
                return []  # of the broken book, so no reader's beginning
            self._hole = self._broken = False
            return self._going(event)
        if self._hole:
            self._touched["lost"] += 1
            due_ns = at_ns + self._answer_ns
            return [self.cut(event.ts_event_ns, event.ts_recv_ns, due_ns, "ids do not follow: messages were lost")]
        if not self._broken:
            return self._going(event)
        whole = self._whole(event) if at_ns >= self._due_ns else None
        if whole is None:
            self._touched["lost"] += 1
            return []
        self._broken = False
        self._fetched_ns = at_ns
        self._touched["added"] += 1
        return self._going(whole)

    def cut(self, ts_ns: int, recv_ns: int, due_ns: int, reason: str) -> Gap:
        """From here on the book is unknown; a whole one comes with the first change after `due_ns`."""
        self._hole, self._broken = False, True
        self._due_ns = max(due_ns, self._fetched_ns + BETWEEN_NS)
        since_ns = self._clock_ns
        self._clock_ns = max(since_ns, ts_ns)
        self._touched["added"] += 1
        return Gap(
            venue=self._venue,
            instrument=self._instrument,
            ts_event_ns=self._clock_ns,
            ts_recv_ns=recv_ns,
            channel="book",
            since_ns=since_ns or recv_ns,
            reason=reason,
        )

    def hear_gap(self) -> None:
        """The recording itself lacks something: its own whole book ends that."""
        self._mirror.lose()

    def _follow(self, event: BookDelta | BookSnapshot) -> None:
        self._mirror.take(event)
        self._changes = self._changes or isinstance(event, BookDelta) or event.keeps_far_levels

    def _going(self, event: BookDelta | BookSnapshot) -> list[Event]:
        self._clock_ns = max(self._clock_ns, event.ts_event_ns)
        return [event]

    def _whole(self, delta: BookDelta) -> BookSnapshot | None:
        """The book with this change, as far as a REST answer would show it; None while it is not known."""
        book = self._mirror.keyframe(self._venue, self._instrument)
        if book is None:
            return None
        bids, asks = _pairs.decode(book.bids), _pairs.decode(book.asks)
        mid = (bids[0][0] + asks[0][0]) / 2
        lowest, highest = mid * (1 - self._reach), mid * (1 + self._reach)
        return BookSnapshot(
            venue=self._venue,
            instrument=self._instrument,
            ts_event_ns=max(self._clock_ns, delta.ts_event_ns),
            ts_recv_ns=delta.ts_recv_ns,
            bids=_written([level for level in bids if level[0] >= lowest] or bids[:1]),
            asks=_written([level for level in asks if level[0] <= highest] or asks[:1]),
            last_id=delta.last_id,
            keeps_far_levels=book.keeps_far_levels,
        )


def _written(levels: list[tuple[float, float]]) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(levels))
