"""What every event has: where it comes from and when it happened and was received."""

from __future__ import annotations

import msgspec

from schemas.units import Identifier, TimestampNs


class Event(msgspec.Struct, frozen=True, tag_field="kind", kw_only=True):
    """One fact about one instrument on one venue.

    `ts_event_ns` is the venue's own clock, `ts_recv_ns` ours; their difference is the feed delay plus the clock offset.
    Venue-wide facts (a status, a lost connection) carry the instrument `*`.
    """

    venue: Identifier
    """The venue's id: `binance-usdm`, `hyperliquid`."""
    instrument: Identifier
    """The canonical id, unique within the venue: `BTC-USDT-PERP`; `*` is the whole venue."""
    ts_event_ns: TimestampNs
    """When it happened, by the venue's clock."""
    ts_recv_ns: TimestampNs
    """When it was received, by the clock of the machine that received (or recorded) it."""


EVERY_INSTRUMENT = "*"
"""The instrument of an event that concerns the whole venue."""
