"""Messages come twice, as from a venue that repeats after a reconnect or over two connections.

Numbered messages of a book do not: the session's continuity takes the second one away.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import ClassVar

from producers.injection.fault import Fault, Layer, Milliseconds, Options, Plan, Share
from producers.injection.messages import Fates
from producers.injection.stamps import MS, OURS, is_numbered, received_at
from schemas.base import Event


class DuplicateOptions(Options, frozen=True, kw_only=True):
    """How many come twice, and how long after the first the second is received."""

    share: Share = 1.0
    apart_ms: Milliseconds = 0.0


class Duplicate(Fault[DuplicateOptions]):
    """Repeats messages."""

    kind = "duplicate"
    about = "a share= of the messages, all unless told, comes again apart_ms= later"
    layer = Layer.COPIES
    options_type: ClassVar[type[Options]] = DuplicateOptions

    def __init__(self, plan: Plan, options: DuplicateOptions) -> None:
        super().__init__(plan, options)
        self._fates = Fates(lambda: self.random.random() < options.share)
        self._apart_ns = round(options.apart_ms * MS)
        self._again: list[tuple[int, int, Event]] = []
        self._copies = 0

    def take(self, event: Event, at_ns: int) -> Iterable[Event]:
        """The copies that are due, the event, and its own copy where that follows at once."""
        again = type(event) not in OURS and self.concerns(event) and self.holds(at_ns) and self._fates.of(event)
        if again and not is_numbered(event):
            self.touched["repeated"] += 1
            if not self._apart_ns:
                return (event, event)
            self._copies += 1
            due_ns = event.ts_recv_ns + self._apart_ns
            heapq.heappush(self._again, (due_ns, self._copies, received_at(event, due_ns)))
        return (*self._until(event.ts_recv_ns), event) if self._again else (event,)

    def finish(self) -> Iterable[Event]:
        """The copies that are still on their way."""
        return [copy for _, _, copy in sorted(self._again, key=lambda entry: entry[:2])]

    def _until(self, recv_ns: int) -> Iterator[Event]:
        while self._again and self._again[0][0] <= recv_ns:
            yield heapq.heappop(self._again)[2]
