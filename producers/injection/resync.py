"""The connection to a venue is lost and comes back: a `Gap` for all that it carried, then whole books.

What was sent in between is lost. A whole book is what a REST snapshot shows, a narrow range around mid: where a venue's
own snapshots leave the levels beyond alone, so do these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal

from producers.injection.chains import Chains, LossOptions
from producers.injection.fault import Fault, Layer, Options, Plan, market_of, nanoseconds
from producers.injection.stamps import CHANNELS
from schemas.base import EVERY_INSTRUMENT, Event
from schemas.health import Channel, Gap, VenueStatus

REASON = "the connection was lost"
SESSION = "public-0"


class Resync(Fault[LossOptions]):
    """Loses a connection and gets it back."""

    kind = "resync"
    about = "the connection is lost: gaps, then answer_s= after its return whole books that reach= so far from mid"
    layer = Layer.WAY
    lasts_s = 5.0
    at_a_moment = True
    options_type: ClassVar[type[Options]] = LossOptions

    def __init__(self, plan: Plan, options: LossOptions) -> None:
        super().__init__(plan, options)
        self._chains = Chains(options, self.touched)
        self._carried: dict[tuple[str, str, Channel], int] = {}
        """When each channel of each market was last heard."""
        self._down: list[str] = []
        self._is_cut = False

    def take(self, event: Event, at_ns: int) -> Iterable[Event]:
        """The event, or nothing; before it what the session says of its connection."""
        if not self._is_cut:
            return self._cut(event, at_ns) if self._carried and self.holds(at_ns) else self._heard(event, at_ns)
        if self._down and self.over(at_ns):
            return (*self._connected(event.ts_recv_ns), *self._heard(event, at_ns))
        return self._lost(event, at_ns) if self._down else self._heard(event, at_ns)

    def _heard(self, event: Event, at_ns: int) -> Iterable[Event]:
        if not self.concerns(event):
            return (event,)
        channel = CHANNELS.get(type(event))
        if channel is not None and not self._is_cut:
            self._carried[(*market_of(event), channel)] = event.ts_recv_ns
        return self._chains.hear(event, at_ns)

    def _lost(self, event: Event, at_ns: int) -> Iterable[Event]:
        return self._chains.lose(event, at_ns) if self.concerns(event) else (event,)

    def _cut(self, event: Event, at_ns: int) -> Iterator[Event]:
        self._is_cut = True
        self._down = sorted({venue for venue, _, _ in self._carried})
        recv_ns = event.ts_recv_ns
        yield from self._said("down", recv_ns)
        # Gaps of books are the chains' to declare, which know since when each was whole.
        due_ns = (self.end_ns or at_ns) + nanoseconds(self.options.answer_s)
        books = list(self._chains.cut(recv_ns, due_ns, REASON))
        yield from books
        chained = {market_of(gap) for gap in books}
        for (venue, instrument, channel), since_ns in sorted(self._carried.items()):
            if channel != "book" or (venue, instrument) not in chained:
                self.touched["added"] += 1
                yield Gap(
                    venue=venue,
                    instrument=instrument,
                    ts_event_ns=recv_ns,
                    ts_recv_ns=recv_ns,
                    channel=channel,
                    since_ns=since_ns,
                    reason=REASON,
                )
        yield from self._lost(event, at_ns)

    def _connected(self, recv_ns: int) -> Iterable[Event]:
        said = tuple(self._said("up", recv_ns))
        self._down = []
        return said

    def _said(self, state: Literal["up", "down"], recv_ns: int) -> Iterator[VenueStatus]:
        """Nothing where one market alone lost its connection: its venue has others."""
        for venue in self._down if self.plan.instrument is None else ():
            self.touched["added"] += 1
            yield VenueStatus(
                venue=venue,
                instrument=EVERY_INSTRUMENT,
                ts_event_ns=recv_ns,
                ts_recv_ns=recv_ns,
                state=state,
                session=SESSION,
                reason=REASON if state == "down" else "",
            )
