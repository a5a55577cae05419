"""Missing data as data: gaps and venue states travel in order with the market events."""

from __future__ import annotations

from typing import Literal

from schemas.base import Event
from schemas.units import Count, Identifier, Ratio, Text, TimestampNs

Channel = Literal["book", "trade", "liquidation", "derivative", "all"]


class Gap(Event, frozen=True, tag="gap"):
    """Data of `channel` is missing since `since_ns`. A book stays unknown until its next snapshot."""

    channel: Channel
    """What is missing; `all` where the connection itself was lost."""
    since_ns: TimestampNs
    """The last moment at which the data was known to be whole, by the receiving clock."""
    reason: Text
    """What was observed: a hole in the sequence, a closed socket, a silence."""


MARKET_LIST = "market-list"
"""The session of what is said while a venue's list of markets is asked for; any connection that is up has got it."""


class VenueStatus(Event, frozen=True, tag="venue_status"):
    """A connection or platform state. `instrument` is `*` for the whole venue."""

    state: Literal["connecting", "up", "down", "halted", "rejected"]
    """`rejected`: the venue refuses us and trying again will not help. `halted`: the venue itself stopped trading."""
    session: Identifier
    """Which of the venue's connections: `public-0`; `platform` where the venue speaks of itself or of a market;
    `market-list`."""
    reason: Text = ""
    """Why, where it is known."""


class SelfCheck(Event, frozen=True, tag="self_check"):
    """Whether what we read from a venue agrees with what must be so. `instrument` is `*`: the parser is the venue's."""

    check: Literal["liquidation_side"]
    """`liquidation_side`: a long is liquidated below the mark and a short above it."""
    state: Literal["ok", "doubtful", "inverted"]
    """`doubtful`: too many rows disagree; `inverted`: nearly all do, so the side means the opposite of what we read."""
    agreement: Ratio
    """Share of the rows that agree."""
    rows: Count
    """How many rows were compared."""
