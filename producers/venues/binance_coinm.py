"""Binance COIN-M futures: inverse contracts of 100 USD (BTC) or 10 USD (all others), on one kind of socket."""

from __future__ import annotations

from collections.abc import Sequence

from producers.venue import Socket
from producers.venues.binance_futures import CONTRACTS, BinanceFutures
from producers.venues.binance_rest import Listed
from producers.venues.binance_wire import COIN_MARGINED
from schemas.instrument import Instrument

MOST_STREAMS = 200
"""The documented cap of this host; whether USD-M's rise to 1024 came with the merge of 2026-06-30 is not known."""


class BinanceCoinm(BinanceFutures):
    """The COIN-M venue. Sizes are contracts: a notional never needs the price."""

    id = "binance-coinm"
    websocket_base = "wss://dstream.binance.com"
    rest_base = "https://dapi.binance.com"
    api = "/dapi/v1"
    own_symbols = COIN_MARGINED

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """All streams of a market on one socket."""
        streams = ("depth@100ms", "bookTicker", "trade", "forceOrder", "markPrice@1s")
        return self.stream_sockets("stream", "/stream", instruments, streams, MOST_STREAMS, CONTRACTS)

    def instrument(self, listed: Listed, ts_recv_ns: int) -> Instrument | None:
        """A perpetual or a delivery contract; without a listed size its notional stays unknown."""
        return self._inverse(listed.symbol, listed.base, listed.contract_size, listed.tick_size, ts_recv_ns)

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """`BTCUSD_PERP` is a perpetual, `BTCUSD_260925` expires; sizes by the documented rule."""
        base = symbol.rpartition("USD_")[0]
        return self._inverse(symbol, base, 100.0 if base == "BTC" else 10.0, None, ts_recv_ns)

    def _inverse(
        self, symbol: str, base: str, size: float | None, tick_size: float | None, ts_recv_ns: int
    ) -> Instrument | None:
        if not COIN_MARGINED.fullmatch(symbol):
            return None
        return self.contract(
            symbol,
            base=base,
            quote="USD",
            contract="inverse",
            contract_value=size,
            tick_size=tick_size,
            ts_recv_ns=ts_recv_ns,
        )
