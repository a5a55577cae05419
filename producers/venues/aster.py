"""Aster perpetuals: the wire of Binance's futures on one kind of socket, with limits of its own.

Facts: Aster futures API documentation v3, 2026-06-30. Captured are a liquidation and a fill of the insurance fund. The
stream `trade` and the call `openInterest` are not documented: others read them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from producers.completeness import NONE, ChannelName, Coverage
from producers.venue import Limits, Socket
from producers.venues.binance_futures import BinanceFutures
from producers.venues.binance_rest import Listed
from schemas.instrument import Instrument

QUOTES = ("USDT", "USDC")
"""Quote currencies of markets whose list is not at hand; a list names its own."""
STREAMS = ("depth@100ms", "bookTicker", "trade", "forceOrder", "markPrice@1s")
MOST_STREAMS = 200
"""Documented for one connection."""
OPEN_INTEREST_EVERY_S = 60.0
"""A call of weight 1 for each market: 300 markets spend 300 of the 2400 a minute."""


class Aster(BinanceFutures):
    """The perpetuals. Frames look like Binance's: a recording is recognised by its header alone."""

    id = "aster"
    group = "aster"
    websocket_base = "wss://fstream.asterdex.com"
    rest_base = "https://fapi.asterdex.com"
    limits = Limits(messages_per_s=10, connects_per_min=30, lifetime_s=23 * 3600, polls_per_s=5.0, snapshots_per_min=25)
    """Documented: 10 messages a second, 24 h a connection, a weight of 2400 a minute, of which a whole book is 20. How
    many connections are suffered is not said.
    """
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": Coverage(kind="all", note="by an undocumented stream; ADL and insurance fund fills carry their kind"),
        "book": Coverage(kind="all", note="in 100 ms steps; far levels only as they change after a snapshot"),
        "liquidations": Coverage(kind="sampled", rows=1, every_s=1.0, note="the latest of a second"),
        "mark": Coverage(kind="periodic", every_s=1.0),
        "open_interest": Coverage(kind="poll", every_s=OPEN_INTEREST_EVERY_S),
        "insurance": Coverage(kind="partial", note="only fills that the fund took over"),
        "adl": Coverage(kind="partial", note="only ADL prints among the trades"),
        "status": NONE,
    }
    api = "/fapi/v3"
    open_interest_every_s = OPEN_INTEREST_EVERY_S
    own_symbols = re.compile(r".+")

    def instrument(self, listed: Listed, ts_recv_ns: int) -> Instrument | None:
        """A perpetual; nothing else is listed."""
        if not listed.contract_type.endswith("PERPETUAL"):
            return None
        return self._perpetual(listed.symbol, listed.base, listed.quote, listed.tick_size, ts_recv_ns)

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """The base is what precedes a known quote currency."""
        for ending in QUOTES:
            if symbol.endswith(ending) and symbol != ending:
                return self._perpetual(symbol, symbol.removesuffix(ending), ending, None, ts_recv_ns)
        return None

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """All streams of a market on one socket: 40 markets fill it."""
        return self.stream_sockets("stream", "/stream", instruments, STREAMS, MOST_STREAMS)

    def symbol_of(self, frame: bytes) -> None:
        """None: every frame could be Binance's."""
        return

    def _perpetual(
        self, symbol: str, base: str, quote_coin: str, tick_size: float | None, ts_recv_ns: int
    ) -> Instrument:
        return self.contract(
            symbol,
            base=base,
            quote=quote_coin,
            contract="linear",
            contract_value=1.0,
            tick_size=tick_size,
            ts_recv_ns=ts_recv_ns,
        )
