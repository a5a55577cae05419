"""Bybit v5 spot: the same talk on its own path, with books and trades only and ten topics a request.

Facts: Bybit v5 documentation, 2026-07-24.
"""

from __future__ import annotations

from collections.abc import Sequence

from producers.venue_server.bybit import Bybit
from producers.venue_server.markets import Market


class BybitSpot(Bybit):
    """The spot pairs."""

    venue_id = "bybit-spot"
    paths = ("v5/public/spot",)
    channels = ("orderbook", "publicTrade")
    most_arguments = 10
    type_first = False
    accepted = "subscribe"

    def made_up(self, coins: Sequence[str]) -> list[Market]:
        """A pair for each coin."""
        return [Market(symbol=f"{coin}USDT", base=coin, quote="USDT", kind="spot", contract="spot") for coin in coins]

    def trade_id(self, count: int) -> str:
        """Digits."""
        return str(2_290_000_000_000_000_000 + count)
