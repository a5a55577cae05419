"""A venue's clock is off: its event times are wrong by some seconds, our receive times are right.

Within a book times never go back, as behind a session: where the clock jumps back the book's time stands still for a
while. What bears no time of the venue's keeps the time of its receipt; a table without receipts has the venue's alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

import msgspec

from producers.injection.fault import Fault, Layer, Market, Options, Plan, market_of, nanoseconds
from producers.injection.stamps import DEPTH, has_venue_time
from schemas.base import Event


class SkewOptions(Options, frozen=True, kw_only=True):
    """By how much; positive is ahead."""

    by_s: Annotated[float, msgspec.Meta(ge=-3_600, le=3_600)] = 1.27


class Skew(Fault[SkewOptions]):
    """Moves event times."""

    kind = "skew"
    about = "event times are off by_s= seconds, 1.27 unless told; below zero the venue's clock is behind"
    layer = Layer.STAMPS
    options_type: ClassVar[type[Options]] = SkewOptions

    def __init__(self, plan: Plan, options: SkewOptions) -> None:
        super().__init__(plan, options)
        self._by_ns = nanoseconds(options.by_s)
        self._books: dict[Market, int] = {}

    def take(self, event: Event, at_ns: int) -> Iterable[Event]:
        """The event with the venue's wrong time."""
        if not has_venue_time(event) or not self.concerns(event):
            return (event,)
        ts_ns = event.ts_event_ns
        if self.holds(at_ns):
            ts_ns = max(0, ts_ns + self._by_ns)
        if type(event) in DEPTH:
            market = market_of(event)
            ts_ns = self._books[market] = max(ts_ns, self._books.get(market, 0))
        if ts_ns == event.ts_event_ns:
            return (event,)
        self.touched["changed"] += 1
        return (msgspec.structs.replace(event, ts_event_ns=ts_ns),)
