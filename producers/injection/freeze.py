"""A market's book stands still while its trades go on: its messages come as ever and say nothing new.

Changes are empty, best prices and whole books repeat the last ones. At the end one change brings all that was kept
back, as when a venue's publisher catches up. With `withhold` the messages do not come at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import msgspec

from producers.injection.fault import Fault, Layer, Market, Options, Plan, market_of
from producers.injection.levels import NO_LEVELS, Row, price_of, read_sides, write_side
from schemas.base import Event
from schemas.market import BookDelta, BookSnapshot, BookTop


class FreezeOptions(Options, frozen=True, kw_only=True):
    """Whether messages are kept back instead of emptied."""

    withhold: bool = False


class _Stood(msgspec.Struct):
    """What one market last said, and what it has not been allowed to say since."""

    top: BookTop | None = None
    whole: BookSnapshot | None = None
    has_deltas: bool = False
    frozen: bool = False
    first: BookDelta | None = None
    """The first change that was kept back."""
    kept: BookSnapshot | None = None
    rows: tuple[dict[float, Row], dict[float, Row]] = msgspec.field(default_factory=lambda: ({}, {}))


class Freeze(Fault[FreezeOptions]):
    """Keeps every change of a book back."""

    kind = "freeze"
    about = "the book stands still while trades go on; withhold=1: its messages do not come at all"
    layer = Layer.VENUE
    lasts_s = 60.0
    at_a_moment = True
    options_type: ClassVar[type[Options]] = FreezeOptions

    def __init__(self, plan: Plan, options: FreezeOptions) -> None:
        super().__init__(plan, options)
        self._markets: dict[Market, _Stood] = {}

    def take(self, event: Event, at_ns: int) -> Iterable[Event]:
        """The event; a message of the book as one that says nothing."""
        if not isinstance(event, BookDelta | BookSnapshot | BookTop) or not self.concerns(event):
            return (event,)
        stood = self._markets.setdefault(market_of(event), _Stood())
        if not self.holds(at_ns):
            return self._thawed(stood, event) if stood.frozen else self._said(stood, event)
        stood.frozen = True
        self.touched["lost" if self.options.withhold else "changed"] += 1
        if isinstance(event, BookTop):
            said = stood.top
            repeated = said and _again(said, event)
        elif isinstance(event, BookSnapshot):
            # Where changes come beside it, it is an answer that nobody repeats.
            repeated = _again(stood.whole, event) if stood.whole is not None and not stood.has_deltas else None
            self._keep_whole(stood, event)
        else:
            repeated = msgspec.structs.replace(event, bids=NO_LEVELS, asks=NO_LEVELS)
            self._keep(stood, event)
        return () if repeated is None or self.options.withhold else (repeated,)

    def _said(self, stood: _Stood, event: BookDelta | BookSnapshot | BookTop) -> Iterable[Event]:
        if isinstance(event, BookTop):
            stood.top = event
        elif isinstance(event, BookSnapshot):
            stood.whole = event
        else:
            stood.has_deltas = True
        return (event,)

    def _keep_whole(self, stood: _Stood, event: BookSnapshot) -> None:
        if not event.keyframe:
            stood.kept = event
            stood.rows = {}, {}

    def _keep(self, stood: _Stood, event: BookDelta) -> None:
        stood.has_deltas = True
        stood.first = stood.first or event
        sides = read_sides(event)
        for kept, rows in zip(stood.rows, sides or (), strict=False):
            kept.update((price_of(row), row) for row in rows)

    def _thawed(self, stood: _Stood, event: BookDelta | BookSnapshot | BookTop) -> Iterable[Event]:
        """With the next message of the book everything that was kept back comes out."""
        if isinstance(event, BookTop):
            return self._said(stood, event)
        whole, first, rows = stood.kept, stood.first, stood.rows
        stood.frozen, stood.kept, stood.first, stood.rows = False, None, None, ({}, {})
        before: list[Event] = []
        if whole is not None and not (isinstance(event, BookSnapshot) and not event.keeps_far_levels):
            # Empty changes have been handed on since: within a book times never go back.
            before = [msgspec.structs.replace(whole, ts_event_ns=event.ts_event_ns, ts_recv_ns=event.ts_recv_ns)]
        if isinstance(event, BookSnapshot) or first is None:
            return (*before, *self._said(stood, event))
        sides = read_sides(event)
        if sides is None:
            return (*before, event)
        for kept, fresh in zip(rows, sides, strict=True):
            kept.update((price_of(row), row) for row in fresh)
        self.touched["changed"] += 1
        ids = {"first_id": first.first_id, "prev_id": first.prev_id} if self.options.withhold else {}
        bids, asks = (write_side(side.values()) for side in rows)
        return (*before, msgspec.structs.replace(event, bids=bids, asks=asks, **ids))


def _again(said: BookTop | BookSnapshot, event: BookTop | BookSnapshot) -> Event:
    """What was said before, at the time of the event and with its number."""
    times = {"ts_event_ns": event.ts_event_ns, "ts_recv_ns": event.ts_recv_ns}
    if isinstance(event, BookSnapshot):
        return msgspec.structs.replace(said, **times, last_id=event.last_id)
    return msgspec.structs.replace(said, **times)
