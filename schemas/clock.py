"""The clock of the stream: a tick tells every reader of every partition which second of event time is over.

Ticks are written where all markets of a venue are still seen together, before they are parted by asset. Whoever reads
one partition learns from them how far time has come and whether each venue still trades, however silent its own assets.
"""

from __future__ import annotations

import msgspec

from schemas.base import Event
from schemas.units import DurationNs, Identifier, Price, TimestampNs


class VenuePulse(msgspec.Struct, frozen=True, kw_only=True):
    """How a venue trades, over all of its markets."""

    venue: Identifier
    """The venue's id."""
    last_trade_ns: TimestampNs
    """Event time of its newest trade on any market, as far as nothing can precede it any more."""
    longest_pause_ns: DurationNs = 0
    """Longest silence between two of its trades since the tick before; a silence that lasts is not in it."""
    pause_ends_ns: tuple[TimestampNs, ...] = ()
    """When silences of half a second and more ended since the tick before. A trade id that was skipped over one was
    lost on the way; it is no fill that did not print."""


class Tick(Event, frozen=True, tag="tick"):
    """`ts_event_ns` is as far as the venues' clocks have come; venue and instrument are `*`."""

    pulses: tuple[VenuePulse, ...] = ()
    """Each venue that has traded, in alphabetical order."""
    dollars: dict[Identifier, Price] = msgspec.field(default_factory=dict)
    """What one coin of a quote currency, or of one that collateral is staked in, is worth, where its markets say."""
