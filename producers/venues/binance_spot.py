"""Binance spot: the reference market. No liquidations, no marks; best bid and ask come without a time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from producers.completeness import NONE, ChannelName, Coverage
from producers.venue import Limits, Sequencing, Socket
from producers.venues import events
from producers.venues.binance import Binance
from producers.venues.binance_rest import Listed
from producers.venues.binance_wire import Message, Probe, SpotBookTicker, SpotCombined, SpotPayload, SpotTickerCombined
from schemas.instrument import Instrument

QUOTES = (
    "FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USDP", "USDE", "BIDR", "BKRW", "IDRT", "BVND", "USD1", "EURI",
    "BTC", "ETH", "BNB", "TRX", "XRP", "DOT", "SOL", "DAI", "EUR", "GBP", "AUD", "TRY", "BRL", "RUB", "UAH", "NGN",
    "ZAR", "JPY", "PLN", "RON", "ARS", "MXN", "COP", "CZK", "IDR", "VAI", "USD",
)  # fmt: skip
"""Quote currencies, past and present, the longer first so that BTCTUSD is not a BTCT in dollars."""
MOST_STREAMS = 900
"""1024 are allowed on a socket."""

_payloads: msgspec.json.Decoder[SpotPayload] = msgspec.json.Decoder(SpotPayload, strict=False)
_decode_combined = msgspec.json.Decoder(SpotCombined, strict=False).decode
_decode_ticker = msgspec.json.Decoder(SpotBookTicker, strict=False).decode
_decode_ticker_combined = msgspec.json.Decoder(SpotTickerCombined, strict=False).decode


class BinanceSpot(Binance):
    """The spot venue."""

    id = "binance-spot"
    websocket_base = "wss://stream.binance.com:9443"
    rest_base = "https://api.binance.com"
    limits = Limits(messages_per_s=5, connects_per_min=60, lifetime_s=23 * 3600, snapshots_per_min=10)
    """Documented: 5 messages a second with pings, 300 connects in 5 minutes, 24 h a connection; a book of 5000 levels
    weighs 250 of 6000 a minute. Levels cost the same in books of 1000 (50): few and deep ones prove whole bands at
    once, and spot has one market an asset.
    """
    sequencing: Sequencing | None = Sequencing(chain="contiguous", snapshot_overlap=1)
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": Coverage(kind="all", note="block trades are a stream of their own and are left out"),
        "book": Coverage(
            kind="all", note="in 100 ms steps, without RPI orders; far levels only as they change after a snapshot"
        ),
        "liquidations": Coverage(kind="none", note="margin liquidations are not marked"),
        "mark": NONE,
        "open_interest": NONE,
        "insurance": NONE,
        "adl": NONE,
        "status": Coverage(kind="none", note="halts show in the market list alone"),
    }
    api = "/api/v3"
    depth_limit = 5000
    own_symbols = re.compile(".+")
    events = frozenset({"depthUpdate", "trade"})

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """All streams of a market on one socket."""
        return self.stream_sockets(
            "stream", "/stream", instruments, ("depth@100ms", "bookTicker", "trade"), MOST_STREAMS
        )

    def decode(self, frame: bytes) -> Message:
        """A frame in either layout; what has no event type is a book ticker."""
        typed = b'"e":"' in frame
        if frame[:9] == b'{"stream"':
            return _decode_combined(frame).data if typed else _decode_ticker_combined(frame).data
        return _payloads.decode(frame) if typed else _decode_ticker(frame)

    def decode_payload(self, payload: bytes) -> Message:
        """A bare payload, whatever its layout."""
        try:
            return _decode_ticker(payload)
        except msgspec.ValidationError:
            return _payloads.decode(payload)

    def instrument(self, listed: Listed, ts_recv_ns: int) -> Instrument:
        """A listed pair."""
        return self._pair(listed.symbol, listed.base, listed.quote, listed.tick_size, ts_recv_ns)

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """The base is what precedes a known quote currency."""
        for quote in QUOTES:
            if symbol.endswith(quote) and symbol != quote:
                return self._pair(symbol, symbol.removesuffix(quote), quote, None, ts_recv_ns)
        return None

    def recognises(self, probe: Probe) -> bool:
        """What only spot has: books without `pu`, tickers without an event type, `M` in trades."""
        if probe.event is None:
            return probe.ask_qty is not None
        if probe.event == "depthUpdate":
            return probe.prev_id is None
        return probe.event in ("trade", "aggTrade") and probe.spot_flag is not None

    def _pair(self, symbol: str, base: str, quote: str, tick_size: float | None, ts_recv_ns: int) -> Instrument:
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
