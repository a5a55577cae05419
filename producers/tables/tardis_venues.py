"""What our own venues declare, for the exchanges of Tardis files."""

from __future__ import annotations

from producers.tables.tardis_symbols import VENUES as OUR_NAMES
from producers.venue import Venue
from producers.venues.registry import VENUES

SAME = {
    "okex": "okx",
    "okex-futures": "okx",
    "okex-swap": "okx",
    "gate-io": "gate-spot",
    "gate-io-futures": "gate",
    "bitget-futures": "bitget",
    "cryptofacilities": "kraken-futures",
    "dydx-v4": "dydx",
    "aster-futures": "aster",
}
"""Exchanges whose feed a venue of ours reads under another name."""


def declared_by(exchange: str) -> Venue | None:
    """A venue object to ask what that exchange's feed is like; None where we read no such feed.

    >>> declared_by("binance-futures").id, declared_by("okex-swap").id, declared_by("upbit")
    ('binance-usdm', 'okx', None)
    """
    made = VENUES.get(SAME.get(exchange) or OUR_NAMES.get(exchange, exchange))
    return made() if made is not None else None
