"""Messages come in another order: each is up to so many milliseconds later than it was, and received then.

What one socket must keep in order stays so: the messages of a venue's books and what a session says itself.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import ClassVar

from producers.injection.fault import Fault, Layer, Milliseconds, Options, Plan
from producers.injection.messages import Fates
from producers.injection.stamps import DEPTH, MS, OURS, received_at
from schemas.base import Event
from schemas.instrument import Instrument

IN_ORDER = DEPTH | OURS


class ReorderOptions(Options, frozen=True, kw_only=True):
    """By how much at most; more than the detector's lateness makes events late."""

    window_ms: Milliseconds = 400.0


class Reorder(Fault[ReorderOptions]):
    """Shuffles messages by delaying each for itself."""

    kind = "reorder"
    about = "messages overtake each other: each comes up to window_ms= later, 400 unless told"
    layer = Layer.ORDER
    options_type: ClassVar[type[Options]] = ReorderOptions

    def __init__(self, plan: Plan, options: ReorderOptions) -> None:
        super().__init__(plan, options)
        window_ns = round(options.window_ms * MS)
        self._fates = Fates(lambda: self.random.randint(0, window_ns))
        self._waiting: list[tuple[int, int, Event]] = []
        self._arrivals = 0
        self._in_order: dict[str, int] = {}
        """When the last of what a venue sends in order is received."""

    def take(self, event: Event, at_ns: int) -> Iterable[Event]:
        """Whatever is due by now; the event itself where it is not delayed."""
        if isinstance(event, Instrument):
            return (event,)  # a definition precedes whatever it defines
        if not self.holds(at_ns) and not self._waiting:
            return (event,)
        recv_ns = event.ts_recv_ns
        due_ns = recv_ns
        if self.holds(at_ns) and self.concerns(event):
            due_ns += self._fates.of(event)
        if type(event) in IN_ORDER:
            due_ns = self._in_order[event.venue] = max(due_ns, self._in_order.get(event.venue, 0))
        self.touched["delayed"] += due_ns > recv_ns
        self._arrivals += 1
        heapq.heappush(self._waiting, (due_ns, self._arrivals, event))
        return self._until(recv_ns)

    def finish(self) -> Iterable[Event]:
        """What is still on its way."""
        return self._until(max((due_ns for due_ns, _, _ in self._waiting), default=0))

    def _until(self, recv_ns: int) -> Iterator[Event]:
        while self._waiting and self._waiting[0][0] <= recv_ns:
            due_ns, _, event = heapq.heappop(self._waiting)
            yield received_at(event, due_ns)
