"""The one table of dialects, and which venue a recorded frame comes from."""

from __future__ import annotations

from collections.abc import Mapping

from producers.venue_server.binance import Coinm, Spot, Usdm
from producers.venue_server.dialect import Dialect
from producers.venue_server.hyperliquid import Hyperliquid
from producers.venue_server.talker import Talker

DIALECTS: Mapping[str, type[Talker]] = {one.venue_id: one for one in (Usdm, Coinm, Spot, Hyperliquid)}
"""What makes a dialect, by the venue's id."""

_READERS: tuple[Dialect, ...] = tuple(make() for make in DIALECTS.values())


def dialects() -> dict[str, Dialect]:
    """A fresh dialect per venue id."""
    return {venue_id: make() for venue_id, make in DIALECTS.items()}


def recognise(raw: bytes) -> tuple[str, str] | None:
    """Venue id and symbol of a recorded frame, by what only that venue writes."""
    for reader in _READERS:
        if (symbol := reader.recognise(raw)) is not None:
            return reader.venue_id, symbol
    return None
