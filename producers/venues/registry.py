"""The one list of venues.

To add one, copy `_template.py` and put its class here: `tests/contract` then holds it to the contract of a venue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from producers.errors import UsageError
from producers.venue import Venue
from producers.venues.aster import Aster
from producers.venues.binance_coinm import BinanceCoinm
from producers.venues.binance_spot import BinanceSpot
from producers.venues.binance_usdm import BinanceUsdm
from producers.venues.bitget import Bitget
from producers.venues.bitmex import Bitmex
from producers.venues.bybit import Bybit
from producers.venues.bybit_spot import BybitSpot
from producers.venues.coinbase import Coinbase
from producers.venues.deribit import Deribit
from producers.venues.dydx import Dydx
from producers.venues.gate import Gate
from producers.venues.gate_spot import GateSpot
from producers.venues.gmx import Gmx
from producers.venues.hyperliquid import Hyperliquid
from producers.venues.kraken_futures import KrakenFutures
from producers.venues.lighter import Lighter
from producers.venues.okx import Okx

_MAKERS: tuple[Callable[[], Venue], ...] = (
    BinanceUsdm, BinanceCoinm, BinanceSpot, Bybit, BybitSpot, Okx, Gate, GateSpot, Bitget, Hyperliquid, Aster, Deribit,
    Bitmex, KrakenFutures, Coinbase, Dydx, Gmx, Lighter,
)  # fmt: skip

VENUES: Mapping[str, Callable[[], Venue]] = {make().id: make for make in _MAKERS}
"""What makes a venue, by its id. Every run makes its own: a venue object knows the markets of one run."""


def venue(venue_id: str) -> Venue:
    """A new venue object.

    >>> venue("hyperliquid").group
    'hyperliquid'
    """
    try:
        return VENUES[venue_id]()
    except KeyError:
        raise UsageError(f"unknown venue {venue_id!r}; there are {', '.join(VENUES)}") from None


def venues_of(name: str) -> list[Venue]:
    """New venue objects for an id, a group of ids, or `all`.

    >>> [venue.id for venue in venues_of("binance")]
    ['binance-usdm', 'binance-coinm', 'binance-spot']
    """
    everyone = [make() for make in VENUES.values()]
    found = [one for one in everyone if name in ("all", one.id, one.group)]
    if not found:
        names = dict.fromkeys([*(one.group for one in everyone), *VENUES, "all"])
        raise UsageError(f"unknown venue {name!r}; there are {', '.join(names)}")
    return found
