"""Binance USD-M futures: linear contracts in base coin, on two kinds of sockets.

Since 2026-04-23 books and trades are served under /public, liquidations and marks under /market; a stream asked for at
the wrong one is acknowledged and never delivers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from producers.completeness import ChannelName, Coverage
from producers.venue import Poll, Request, Socket
from producers.venues import events
from producers.venues.binance_futures import CONTRACTS, BinanceFutures
from producers.venues.binance_rest import AdlRating, Fund, Listed
from producers.venues.binance_wire import COIN_MARGINED, DATED
from producers.venues.decoding import FAILURES, decode_error
from schemas.base import Event
from schemas.instrument import DOLLARS, Instrument
from schemas.market import AdlLevel

QUOTES = ("FDUSD", "USDT", "USDC", "BUSD", "BTC")
"""Quote currencies of contracts, past and present."""
MOST_STREAMS = 400
"""1024 are allowed on a socket, and one more loses them all; fewer also means that less is lost with a socket."""
FUNDS_EVERY_S = 60.0
RATINGS_EVERY_S = 600.0
"""The venue makes new ones every half an hour."""
RATED: Mapping[str, AdlLevel] = {"low": "normal", "medium": "normal", "high": "elevated"}
"""How likely it is that a liquidation ends in auto-deleveraging, as of half an hour ago: never that it comes next."""

_funds = msgspec.json.Decoder(tuple[Fund, ...], strict=False).decode
_ratings = msgspec.json.Decoder(tuple[AdlRating, ...]).decode


class BinanceUsdm(BinanceFutures):
    """The USD-M venue."""

    id = "binance-usdm"
    websocket_base = "wss://fstream.binance.com"
    rest_base = "https://fapi.binance.com"
    completeness: Mapping[ChannelName, Coverage] = {
        **BinanceFutures.completeness,
        "insurance": Coverage(
            kind="poll", every_s=FUNDS_EVERY_S, note="what a fund holds in dollars; fills that it took over are trades"
        ),
        "adl": Coverage(
            kind="partial",
            note="ADL prints among the trades; the venue's rating of the risk, half an hour old, is asked for besides",
        ),
    }
    api = "/fapi/v1"
    own_symbols = re.compile(rf"(?!{COIN_MARGINED.pattern}$).+")

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """Books and trades on /public, liquidations, marks and the states of contracts on /market."""
        near = ("depth@100ms", "bookTicker", "trade")
        far = ("forceOrder", "markPrice@1s")
        return [
            *self.stream_sockets("public", "/public/stream", instruments, near, MOST_STREAMS),
            *self.stream_sockets("market", "/market/stream", instruments, far, MOST_STREAMS, CONTRACTS),
        ]

    def polls(self, instruments: Sequence[Instrument]) -> list[Poll]:
        """Open interest of each market; all funds and all ratings in a call each."""
        if not instruments:
            return []
        return [
            Poll(name="funds", request=Request(path=f"{self.api}/insuranceBalance"), every_s=FUNDS_EVERY_S),
            Poll(name="adl_risk", request=Request(path=f"{self.api}/symbolAdlRisk"), every_s=RATINGS_EVERY_S),
            *super().polls(instruments),
        ]

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """Funds and ratings are what the venue says now, whenever it last counted."""
        try:
            if name == "funds":
                return [event for fund in _funds(body) for event in self._fund(fund, ts_recv_ns)]
            if name == "adl_risk":
                return [event for rating in _ratings(body) for event in self._rating(rating, ts_recv_ns)]
        except FAILURES as failure:
            raise decode_error(failure) from failure
        return super().parse_poll(name, body, ts_recv_ns)

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

    def _fund(self, fund: Fund, ts_recv_ns: int) -> list[Event]:
        """The fund behind each registered market: its dollars of any kind; what other coins are worth is not said."""
        held = [asset.balance for asset in fund.assets if asset.asset in DOLLARS]
        if not held:
            return []
        return [
            events.insurance(self.id, ts_recv_ns, ts_recv_ns, balance_usd=sum(held), instrument=one)
            for one in map(self._by_symbol.get, fund.symbols)
            if one is not None
        ]

    def _rating(self, rating: AdlRating, ts_recv_ns: int) -> list[Event]:
        one, level = self._by_symbol.get(rating.symbol), RATED.get(rating.risk)
        if one is None or level is None:
            return []
        return [events.adl_state(one, ts_recv_ns, ts_recv_ns, level=level)]

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
