"""Aster as it speaks in 2026: Binance's futures wire without routes, with 200 streams a connection and bare errors.

Facts: Aster futures API documentation v3, 2026-06-30; the stream `trade` and the call `openInterest` are not in it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

import orjson

from producers.venue_server.binance import Binance
from producers.venue_server.binance_markets import usdm_row
from producers.venue_server.dialect import Answer, BookCall, Rules
from producers.venue_server.markets import Market
from producers.venue_server.talker import text

UNTOLD_OPEN_INTEREST = 10_000.0
"""Of a market whose state nobody wrote: it never changes."""
_TIME = re.compile(rb'"E":\s*(\d{13})\b')


class Aster(Binance):
    """The perpetuals."""

    venue_id = "aster"
    rules = Rules(messages_per_s=10, topics=200, server_ping_s=300, lifetime_s=86_400)
    api = "fapi/v3/"
    row = usdm_row

    def __init__(self) -> None:
        super().__init__()
        self._open_interest: dict[str, float] = {}
        self._played_ms = 0

    def rest(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer | BookCall:
        """Binance's calls, and open interest."""
        if path != f"{self.api}openInterest":
            return super().rest(method, path, query, body)
        symbol = query.get("symbol", "")
        if symbol not in self.markets:
            return Answer(b'{"code":-1121,"msg":"Invalid symbol."}', status=400)
        qty = text(self._open_interest.get(symbol, UNTOLD_OPEN_INTEREST))
        # Before anything is played it is now.
        at_ms = self._played_ms or time.time_ns() // 1_000_000
        return Answer(orjson.dumps({"openInterest": qty, "symbol": symbol, "time": at_ms}))

    def follow(self, raw: bytes, topics: tuple[str, ...]) -> None:
        """Keep the books, and the time, which REST tells too."""
        super().follow(raw, topics)
        if found := _TIME.search(raw):
            self._played_ms = int(found[1])

    def wrote(self, event: dict[str, Any], symbol: str) -> bool:
        """Nothing that Binance could not have written."""
        return False

    def write_state(
        self, market: Market, at_ns: int, *, mark: float, index: float, funding_rate: float, open_interest: float
    ) -> list[bytes]:
        """Mark, index and funding; open interest waits for those who ask."""
        self._open_interest[market.symbol] = open_interest
        return super().write_state(
            market, at_ns, mark=mark, index=index, funding_rate=funding_rate, open_interest=open_interest
        )

    def _error(self, code: int, message: str, request_id: Any = None) -> bytes:
        error = {"code": code, "msg": message}
        return orjson.dumps(error if request_id is None else {**error, "id": request_id})
