"""The one table of dialects, and which venue a recorded frame comes from."""

from __future__ import annotations

from collections.abc import Mapping

from producers.venue_server.aster import Aster
from producers.venue_server.binance import Coinm, Spot, Usdm
from producers.venue_server.bitget import Bitget
from producers.venue_server.bitmex import Bitmex
from producers.venue_server.bybit import Bybit
from producers.venue_server.bybit_spot import BybitSpot
from producers.venue_server.coinbase import Coinbase
from producers.venue_server.deribit import Deribit
from producers.venue_server.dialect import Dialect
from producers.venue_server.dydx import Dydx
from producers.venue_server.gate import Gate
from producers.venue_server.gate_spot import GateSpot
from producers.venue_server.gmx import Gmx
from producers.venue_server.hyperliquid import Hyperliquid
from producers.venue_server.kraken_futures import KrakenFutures
from producers.venue_server.lighter import Lighter
from producers.venue_server.okx import Okx
from producers.venue_server.talker import Talker

_ALL: tuple[type[Talker], ...] = (
    Usdm, Coinm, Spot, Bybit, BybitSpot, Okx, Gate, GateSpot, Bitget, Hyperliquid, Aster, Deribit, Bitmex,
    KrakenFutures, Coinbase, Dydx, Gmx, Lighter,
)  # fmt: skip

DIALECTS: Mapping[str, type[Talker]] = {one.venue_id: one for one in _ALL}
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
