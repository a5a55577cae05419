"""Aster as it speaks in 2026: Binance's futures wire without routes, with 200 streams a connection and bare errors.

Facts: Aster futures API documentation v3, 2026-06-30; the stream `trade` and the call `openInterest` are not in it.
"""

from __future__ import annotations

from typing import Any

import orjson

from producers.venue_server.binance import Binance
from producers.venue_server.binance_markets import usdm_row
from producers.venue_server.dialect import Rules


class Aster(Binance):
    """The perpetuals."""

    venue_id = "aster"
    rules = Rules(messages_per_s=10, topics=200, server_ping_s=300, lifetime_s=86_400)
    api = "fapi/v3/"
    row = usdm_row

    def wrote(self, event: dict[str, Any], symbol: str) -> bool:
        """Nothing that Binance could not have written."""
        return False

    def _error(self, code: int, message: str, request_id: Any = None) -> bytes:
        error = {"code": code, "msg": message}
        return orjson.dumps(error if request_id is None else {**error, "id": request_id})
