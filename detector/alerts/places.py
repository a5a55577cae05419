"""Venues and markets by the names that people call them."""

from __future__ import annotations

import re
from collections.abc import Collection

from detector.alerts.clean import name
from schemas.alert import MARKET, OURS, Alert

VENUES = {
    "aster": "Aster",
    "binance-coinm": "Binance COIN-M",
    "binance-spot": "Binance spot",
    "binance-usdm": "Binance USD-M",
    "bitget": "Bitget",
    "bitmex": "BitMEX",
    "bybit": "Bybit",
    "bybit-spot": "Bybit spot",
    "coinbase": "Coinbase",
    "deribit": "Deribit",
    "dydx": "dYdX",
    "gate": "Gate",
    "gate-spot": "Gate spot",
    "gmx": "GMX",
    "hyperliquid": "Hyperliquid",
    "kraken-futures": "Kraken Futures",
    "lighter": "Lighter",
    "okx": "OKX",
}
_IDS = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(VENUES, key=len, reverse=True))})(?![\w-])")


def venue(venue_id: str) -> str:
    """What people call a venue.

    >>> venue("binance-usdm"), venue("new-venue")
    ('Binance USD-M', 'new-venue')
    """
    return VENUES.get(venue_id) or name(venue_id)


def in_words(text: str) -> str:
    """A sentence that names venues by their ids, for people.

    >>> in_words("liquidity void (binance-spot, okx)")
    'liquidity void (Binance spot, OKX)'
    """
    return _IDS.sub(lambda found: VENUES[found[0]], text)


def scope(alert: Alert) -> str:
    """What the alert is about."""
    return venue(alert.scope)


def place(where: str, *, of: str) -> str:
    """Where a number was seen, as an alert about `of` says it: what goes without saying is left out.

    >>> place("binance-usdm BTC", of="market"), place("binance-usdm BTC", of="BTC"), place("okx", of="okx")
    ('Binance USD-M BTC', 'Binance USD-M', '')
    """
    venue_id, _, asset = where.partition(" ")
    parts = [venue(part) for part in (venue_id, asset) if part and part not in (of, MARKET, OURS)]
    return " ".join(parts)


def listed(names: Collection[str], most: int) -> str:
    """The first few of them, and how many more.

    >>> listed(["BTC", "ETH", "DOT"], 2), listed(["BTC"], 2)
    ('BTC, ETH and 1 more', 'BTC')
    """
    first = [name(one) for one in list(names)[:most]]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(first) + more
