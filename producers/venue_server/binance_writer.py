"""Binance's wire, written: the combined-stream frames of the three markets for made-up markets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import orjson

from producers.recording import rest_line
from producers.venue_server.dialect import Level
from producers.venue_server.markets import Market
from producers.venue_server.talker import Talker, text, texts

_FUNDING_MS = 8 * 3600 * 1000


class BinanceWriter(Talker):
    """Base of the Binance dialects: what they say of their own accord."""

    spot: ClassVar[bool] = False
    inverse: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self._update_ids: defaultdict[str, int] = defaultdict(int)
        self.open_interests: dict[str, float] = {}
        """Lots, by symbol: for REST, as no socket tells."""

    def write_trade(
        self, market: Market, at_ns: int, *, price: float, qty: float, taker: Literal["buy", "sell"]
    ) -> list[bytes]:
        """One fill; `m` says that the buyer was the maker."""
        at_ms = at_ns // 1_000_000
        fill: dict[str, Any] = {
            "e": "trade",
            "E": at_ms + 1,
            "T": at_ms,
            "s": market.symbol,
            "t": self.next_number(f"trade {market.symbol}"),
            "p": text(price),
            "q": text(qty / self._lot(market, price)),
            "m": taker == "sell",
        }
        return [_enveloped(market, "trade", fill | ({"M": True} if self.spot else {"X": "MARKET"}))]

    def write_book(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """The REST answer in line: no socket sends it."""
        at_ms, lot = at_ns // 1_000_000, self._lot(market, bids[0][0])
        book: dict[str, Any] = {"lastUpdateId": self._update_ids[market.symbol]}
        book |= {} if self.spot else {"E": at_ms, "T": at_ms}
        book |= {"bids": texts(bids, lot=lot), "asks": texts(asks, lot=lot)}
        return [rest_line("book", orjson.dumps(book), market.symbol)]

    def write_delta(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """Changed levels; ids count every change of the market."""
        at_ms, previous = at_ns // 1_000_000, self._update_ids[market.symbol]
        last = self._update_ids[market.symbol] = previous + len(bids) + len(asks) + 1
        lot = self._lot(market, bids[0][0] if bids else asks[0][0] if asks else 1.0)
        update: dict[str, Any] = {"e": "depthUpdate", "E": at_ms + 1, "s": market.symbol, "U": previous + 1, "u": last}
        if not self.spot:
            update |= {"T": at_ms, "pu": previous}
        return [_enveloped(market, "depth@100ms", update | {"b": texts(bids, lot=lot), "a": texts(asks, lot=lot)})]

    def write_liquidation(
        self, market: Market, at_ns: int, *, price: float, qty: float, liquidated: Literal["long", "short"]
    ) -> list[bytes]:
        """An order that filled at once: SELL closes a long."""
        if self.spot:
            return []
        at_ms, sold = at_ns // 1_000_000, liquidated == "long"
        filled = text(qty / self._lot(market, price))
        order = {
            "s": market.symbol,
            "S": "SELL" if sold else "BUY",
            "o": "LIMIT",
            "f": "IOC",
            "q": filled,
            "p": text(price * (0.995 if sold else 1.005)),
            "ap": text(price),
            "X": "FILLED",
            "l": filled,
            "z": filled,
            "T": at_ms,
        }
        return [_enveloped(market, "forceOrder", {"e": "forceOrder", "E": at_ms + 3, "o": order})]

    def write_state(
        self, market: Market, at_ns: int, *, mark: float, index: float, funding_rate: float, open_interest: float
    ) -> list[bytes]:
        """Mark, index and funding; open interest waits for those who ask."""
        if self.spot:
            return []
        at_ms = at_ns // 1_000_000
        self.open_interests[market.symbol] = open_interest / self._lot(market, mark)
        due_ms = (at_ms // _FUNDING_MS + 1) * _FUNDING_MS
        state = {
            "e": "markPriceUpdate",
            "E": at_ms,
            "s": market.symbol,
            "p": text(mark),
            "i": text(index),
            "r": text(funding_rate),
            "T": due_ms,
        }
        return [_enveloped(market, "markPrice@1s", state)]

    def _lot(self, market: Market, price: float) -> float:
        """Base coin in one unit of quantity."""
        return market.contract_value / price if self.inverse else market.contract_value


def _enveloped(market: Market, channel: str, event: dict[str, Any]) -> bytes:
    return orjson.dumps({"stream": f"{market.symbol.lower()}@{channel}", "data": event})
