"""Whose clock stamped an event, and the event as it would be had it come at another moment."""

from __future__ import annotations

import msgspec

from schemas.base import Event
from schemas.clock import Tick
from schemas.health import Channel, Gap, SelfCheck, VenueStatus
from schemas.instrument import Instrument
from schemas.market import (
    Adl,
    AdlState,
    BookDelta,
    BookSnapshot,
    BookTop,
    DerivativeState,
    Insurance,
    Liquidation,
    OpenInterest,
    PriceBand,
    Trade,
)

NS = 1_000_000_000
MS = 1_000_000

OURS = frozenset({Gap, VenueStatus, SelfCheck, Instrument, Tick})
"""Said by ourselves: no fault of a venue or of the way loses, repeats or delays what never was on the way."""

DEPTH = frozenset({BookDelta, BookSnapshot})
"""Messages of the book that a chain of ids keeps in order."""

DATED = frozenset({Trade, Liquidation, Adl, BookDelta, BookSnapshot, DerivativeState, OpenInterest})
"""What venues date: also where both times are one, as in tables without times of receipt."""

UNDATED: frozenset[tuple[str, type[Event]]] = frozenset(
    {
        ("binance-spot", BookSnapshot),  # as fetched; its changes have times
        ("dydx", BookDelta),
        ("dydx", BookSnapshot),
        ("hyperliquid", DerivativeState),
        ("hyperliquid", OpenInterest),
    }
)
"""Where a venue does not: one time for both is that of the receipt."""

CHANNELS: dict[type[Event], Channel] = {
    Trade: "trade",
    Adl: "trade",
    BookDelta: "book",
    BookSnapshot: "book",
    BookTop: "book",
    Liquidation: "liquidation",
    DerivativeState: "derivative",
    OpenInterest: "derivative",
    Insurance: "derivative",
    AdlState: "derivative",
    PriceBand: "derivative",
}
"""What is missing while such events do not come."""


def has_venue_time(event: Event) -> bool:
    """Whether the venue's clock stands in it: what a venue did not date bears the time of its receipt.

    Two times say so for themselves. One time is the venue's in what venues date, else that of the receipt.
    """
    if event.ts_event_ns != event.ts_recv_ns:
        return True
    return type(event) in DATED and (event.venue, type(event)) not in UNDATED


def received_at(event: Event, recv_ns: int) -> Event:
    """The event as it would be had it been received then."""
    if recv_ns == event.ts_recv_ns:
        return event
    if has_venue_time(event):
        return msgspec.structs.replace(event, ts_recv_ns=recv_ns)
    return msgspec.structs.replace(event, ts_event_ns=recv_ns, ts_recv_ns=recv_ns)


def is_numbered(event: Event) -> bool:
    """Whether a chain of ids would show that this message was lost or came twice."""
    return isinstance(event, BookDelta | BookSnapshot) and event.last_id is not None
