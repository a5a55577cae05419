"""Missing data as data: gaps and venue states travel in order with the market events."""

from __future__ import annotations

from typing import Literal

from schemas.base import Event
from schemas.units import Identifier, Text, TimestampNs

Channel = Literal["book", "trade", "liquidation", "derivative", "all"]


class Gap(Event, frozen=True, tag="gap"):
    """Data of `channel` is missing since `since_ns`. A book stays unknown until its next snapshot."""

    channel: Channel
    """What is missing; `all` where the connection itself was lost."""
    since_ns: TimestampNs
    """The last moment at which the data was known to be whole, by the receiving clock."""
    reason: Text
    """What was observed: a hole in the sequence, a closed socket, a silence."""


class VenueStatus(Event, frozen=True, tag="venue_status"):
    """A connection or platform state. `instrument` is `*` for the whole venue."""

    state: Literal["connecting", "up", "down", "halted", "rejected"]
    """`rejected`: the venue refuses us and trying again will not help."""
    session: Identifier
    """Which of the venue's connections: `public-0`."""
    reason: Text = ""
    """Why, where it is known."""
