"""Binance's REST side: market lists, books kept from the frames played, and what clients ask for again and again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec
import orjson

from producers.venue_server.binance_markets import named
from producers.venue_server.binance_writer import BinanceWriter
from producers.venue_server.books import Book
from producers.venue_server.dialect import Answer, BookCall
from producers.venue_server.listener import loads
from producers.venue_server.markets import Market
from producers.venue_server.talker import text

UNTOLD_OPEN_INTEREST = 10_000.0
"""Lots of a market whose state nobody wrote: it never changes."""
STAMPED = ("openInterest", "insuranceBalance", "symbolAdlRisk")
"""Calls whose answers say what time it is."""
FUND = "1000000000"
"""Dollars behind every market."""


class BinanceRest(BinanceWriter):
    """Base of the Binance dialects: what they answer to calls."""

    api: ClassVar[str]
    """Version prefix of the calls."""
    row: ClassVar[Callable[[Market], dict[str, Any]]]
    """A market's row in `exchangeInfo`."""
    timed_books: ClassVar[bool] = True
    """Whether the REST book says when it was made."""
    calls: ClassVar[frozenset[str]] = frozenset({"ping", "exchangeInfo", "depth", "openInterest"})
    """What is answered: Binance has more."""

    def __init__(self) -> None:
        super().__init__()
        self._rest_books: defaultdict[str, Book] = defaultdict(lambda: Book(timed=self.timed_books))
        self._last_ms = 0

    def made_up(self, coins: Sequence[str]) -> list[Market]:
        """A market for each coin."""
        pattern = "{}USD_PERP" if self.inverse else "{}USDT"
        markets = [self.named(pattern.format(coin), tick="0.01", step="0.001") for coin in coins]
        if self.spot:
            return [msgspec.structs.replace(market, kind="spot", contract="spot") for market in markets]
        return markets

    def named(self, symbol: str, *, tick: str, step: str) -> Market:
        """What a symbol says of its market."""
        return named(symbol, tick=tick, step=step, inverse=self.inverse)

    def rest(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer | BookCall:
        """Everything is a GET; a path that Binance does not have is answered with an HTML page."""
        symbol, call = query.get("symbol", ""), path.removeprefix(self.api)
        if call not in self.calls:
            return Answer(b"<html><body><h2>404 Not found</h2></body></html>", status=404)
        if call in ("depth", "openInterest") and symbol not in self.markets:
            return Answer(b'{"code":-1121,"msg":"Invalid symbol."}', status=400)
        if call in STAMPED and not self._last_ms:
            return Answer(b"", later=True)
        told: Any = {}
        match call:
            case "depth":
                return BookCall(symbol)
            case "exchangeInfo":
                rows = [type(self).row(market) for market in self.markets.values()]
                told = {"timezone": "UTC", "serverTime": 0, "rateLimits": [], "symbols": rows}
            case "openInterest":
                held = text(self.open_interests.get(symbol, UNTOLD_OPEN_INTEREST))
                told = {"symbol": symbol, "openInterest": held, "time": self._last_ms}
            case "insuranceBalance":
                fund = {"asset": "USDT", "marginBalance": FUND, "updateTime": self._last_ms}
                told = [{"symbols": list(self.markets), "assets": [fund]}]
            case "symbolAdlRisk":
                at_ms = self._last_ms
                told = [{"symbol": one, "adlRisk": "low", "updateTime": at_ms} for one in self.markets]
        return Answer(orjson.dumps(told))

    def book_symbol(self, topic: str) -> str | None:
        """Diff streams need a snapshot; partial books do not."""
        symbol, _, channel = topic.partition("@")
        return symbol.upper() if channel == "depth" else None

    def follow(self, raw: bytes, topics: tuple[str, ...]) -> None:
        """Keep the books, and their time, which are what REST answers with."""
        symbol = self.book_symbol(topics[0])
        message = loads(raw) if symbol is not None else None
        if symbol is not None and isinstance(message, dict):
            update = message.get("data", message)
            self._rest_books[symbol].apply(update)
            self._last_ms = update.get("E", self._last_ms)

    def rest_book(self, symbol: str) -> Book:
        """The book of a market, seeded or not."""
        return self._rest_books[symbol]
