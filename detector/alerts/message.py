"""What one message says, in words free of any markup: to be understood in five seconds on a phone."""

from __future__ import annotations

import msgspec

from schemas.alert import Level


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One number with its normal."""

    name: str
    """`liquidated in a minute`"""
    value: str
    """`84.2 m$`"""
    normal: str = ""
    """`normal 0.3 m$`; empty where there is too little history."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """The parts, in the order in which they are read. Each is one line of clean text, or empty."""

    level: Level
    """The highest now; CLEAR once all is over."""
    peak: Level
    title: str
    """Level and where: `CRITICAL · market falling`. It stands alone on a lock screen."""
    what: str
    """What holds, in words."""
    stages: str = ""
    """`S2 forced flow · S4 liquidity void`"""
    where: str = ""
    """Venues and assets, the first few named."""
    since: str = ""
    """`since 20:50:10 UTC (22 min)`"""
    yours: tuple[str, ...] = ()
    """What it does to assets of the watchlist."""
    figures: tuple[Figure, ...] = ()
    """Three at most."""
    others: tuple[str, ...] = ()
    """One line for each story of a group, the gravest first; then how many more there are."""
    cause: str = ""
    """Microstructure or macro, once it is decided."""
    blind: str = ""
    """What could not be seen."""
    do: str = ""
    """What a careful person does now."""
    late: str = ""
    """Where it comes late: since when it is true."""
    reference: str = ""
    """The alert's id, for `/why`; a copy of the same message has the same."""
