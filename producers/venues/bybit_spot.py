"""Bybit v5 spot: books and trades, for reference prices and for the coins that serve as collateral.

Facts: v5 documentation of 2026-07-24. Its pairs have the names of linear perpetuals, on a socket path of their own.
"""

from __future__ import annotations

from collections.abc import Mapping

from producers.completeness import NONE, ChannelName, Coverage
from producers.venues import events
from producers.venues.bybit_v5 import BOOK, BybitV5, trade_ids
from producers.venues.bybit_wire import Frame, Listed
from schemas.instrument import Instrument

QUOTES = ("USDT", "USDC", "USDE", "EUR", "BRL", "TRY", "BTC", "ETH")
"""Quote currencies of pairs whose list is not at hand; a list names its own."""


class BybitSpot(BybitV5):
    """Spot pairs. A subscription names at most ten topics; a market has two."""

    id = "bybit-spot"
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": Coverage(kind="all", note="a reconnect cannot fill a gap"),
        "book": Coverage(kind="all", note="1000 levels in 200 ms steps, without RPI orders"),
        "liquidations": NONE,
        "mark": NONE,
        "open_interest": NONE,
        "insurance": NONE,
        "adl": NONE,
        "status": NONE,
    }
    categories: Mapping[str, tuple[str, ...]] = {"spot": ()}
    topics = ((BOOK, "publicTrade"),)
    stale_after_s = 300.0

    def instrument(self, row: Listed, ts_recv_ns: int) -> Instrument | None:
        """A pair: what has neither a contract type nor an option type."""
        if row.contract_type or row.options_type:
            return None
        return self._pair(row.symbol, row.base_coin, row.quote_coin, ts_recv_ns, row.price_filter.tick_size)

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """The base is what precedes a known quote currency."""
        for quote in QUOTES:
            if symbol.endswith(quote) and symbol != quote and "-" not in symbol:
                return self._pair(symbol, symbol.removesuffix(quote), quote, ts_recv_ns, None)
        return None

    def category(self, instrument: Instrument) -> str:
        """The one there is."""
        return "spot"

    def wrote(self, head: Frame, frame: bytes) -> bool:
        """Documented: spot books have their time before their type. Trade ids are digits: documented, not captured."""
        match head.topic.partition(".")[0]:
            case "orderbook":
                return not head.topic.startswith("orderbook.1.") and 0 <= frame.find(b'"ts"') < frame.find(b'"type"')
            case "publicTrade":
                return any(one.isdigit() for one in trade_ids(head))
            case _:
                return False

    def _pair(self, symbol: str, base: str, quote: str, ts_recv_ns: int, tick_size: float | None) -> Instrument:
        return events.market(
            self.id,
            symbol,
            ts_recv_ns,
            base=base,
            quote=quote,
            kind="spot",
            contract="spot",
            contract_value=1.0,
            tick_size=tick_size,
        )
