"""Binance USD-M futures: linear contracts in base coin, on two kinds of sockets.

Since 2026-04-23 books and trades are served under /public, liquidations and marks under /market; a stream asked for at
the wrong one is acknowledged and never delivers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from producers.venue import Socket
from producers.venues.binance_futures import BinanceFutures
from producers.venues.binance_rest import Listed
from producers.venues.binance_wire import COIN_MARGINED, DATED
from schemas.instrument import Instrument

QUOTES = ("FDUSD", "USDT", "USDC", "BUSD", "BTC")
"""Quote currencies of contracts, past and present."""
MOST_STREAMS = 400
"""1024 are allowed on a socket, and one more loses them all; fewer also means that less is lost with a socket."""


class BinanceUsdm(BinanceFutures):
    """The USD-M venue."""

    id = "binance-usdm"
    websocket_base = "wss://fstream.binance.com"
    rest_base = "https://fapi.binance.com"
    api = "/fapi/v1"
    own_symbols = re.compile(rf"(?!{COIN_MARGINED.pattern}$).+")

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """Books and trades on /public, liquidations and marks on /market."""
        near = ("depth@100ms", "bookTicker", "trade")
        far = ("forceOrder", "markPrice@1s")
        return [
            *self.stream_sockets("public", "/public/stream", instruments, near, MOST_STREAMS),
            *self.stream_sockets("market", "/market/stream", instruments, far, MOST_STREAMS),
        ]

    def instrument(self, listed: Listed, ts_recv_ns: int) -> Instrument | None:
        """A perpetual (of crypto or of traditional assets) or a delivery contract."""
        if not listed.contract_type.endswith("PERPETUAL") and not DATED.fullmatch(listed.symbol):
            return None
        return self._linear(listed.symbol, listed.base, listed.quote, listed.tick_size, ts_recv_ns)

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """`BTCUSDT` is a perpetual, `BTCUSDT_260925` expires; the base is what precedes a known quote currency."""
        dated = DATED.fullmatch(symbol)
        pair = dated[1] if dated else symbol
        for quote in QUOTES:
            if pair.endswith(quote) and pair != quote:
                return self._linear(symbol, pair.removesuffix(quote), quote, None, ts_recv_ns)
        return None

    def _linear(self, symbol: str, base: str, quote: str, tick_size: float | None, ts_recv_ns: int) -> Instrument:
        return self.contract(
            symbol,
            base=base,
            quote=quote,
            contract="linear",
            contract_value=1.0,
            tick_size=tick_size,
            ts_recv_ns=ts_recv_ns,
        )
