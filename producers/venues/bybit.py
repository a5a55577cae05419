"""Bybit v5 derivatives: linear contracts in base coin and inverse ones of 1 USD, on a socket path each.

A liquidation's side is that of the *position*: `Buy` is a long. Facts: v5 documentation of 2026-07-24 and its history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from producers.completeness import NONE, ChannelName, Coverage
from producers.tables.tardis_dates import expiry_of
from producers.venue import Socket
from producers.venues import bybit_events, events
from producers.venues import bybit_wire as wire
from producers.venues.bybit_v5 import BOOK, BybitV5, socket, trade_ids
from producers.venues.decoding import event_ns
from schemas.base import Event
from schemas.instrument import Contract, Instrument

STATUS_SILENCE_S = 86_400.0
"""The platform speaks of itself a few times a month: only a day of silence is worth a new connection."""

_liquidations = msgspec.json.Decoder(tuple[wire.LiquidationRow, ...], strict=False).decode
_old_liquidation = msgspec.json.Decoder(wire.OldLiquidation, strict=False).decode
_ticker = msgspec.json.Decoder(wire.Ticker, strict=False).decode
_band = msgspec.json.Decoder(wire.Band, strict=False).decode


class Bybit(BybitV5):
    """Perpetuals and dated futures in USDT, USDC and coin. Remembers the last mark of each."""

    id = "bybit"
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": Coverage(kind="all", note="block trades are marked; ADL fills are not among them"),
        "book": Coverage(kind="all", note="1000 levels in 200 ms steps, without RPI orders"),
        "liquidations": Coverage(
            kind="all",
            note="in batches of 500 ms, at the bankruptcy price",
            since="2025-02-20",
            earlier=Coverage(kind="sampled", rows=1, every_s=1.0, note="of the topic `liquidation`"),
        ),
        "mark": Coverage(kind="periodic", every_s=0.1, note="what changed"),
        "open_interest": Coverage(kind="periodic", every_s=0.1, note="what changed"),
        "insurance": Coverage(kind="periodic", every_s=1.0, note="pools of one market; shared pools once a day"),
        "adl": Coverage(
            kind="periodic",
            every_s=1.0,
            note="its trigger for each market, not its fills; balances of shared pools are of midnight UTC",
            since="2025-09-23",
            earlier=NONE,
        ),
        "status": Coverage(kind="all", note="interruptions of less than 10 s are not announced"),
    }
    categories: Mapping[str, tuple[str, ...]] = {
        "linear": ("adlAlert.USDT", "adlAlert.USDC", "insurance.USDT", "insurance.USDC"),
        "inverse": ("adlAlert.inverse", "insurance.inverse"),
    }
    topics = ((BOOK, "publicTrade", "tickers"), ("allLiquidation",))
    extras = ("priceLimit",)
    stale_after_s = 30.0

    def __init__(self) -> None:
        super().__init__()
        self._marks: dict[str, float] = {}
        """The last of each market: what changes in a ticker is told without it."""
        self._of_market |= {
            "tickers": self._state,
            "allLiquidation": self._liquidations,
            "liquidation": self._old_liquidation,
            "priceLimit": self._price_band,
        }
        self._of_all |= {"adlAlert": self._adl_states, "insurance": self._balances, "system": self._statuses}

    def instrument(self, row: wire.Listed, ts_recv_ns: int) -> Instrument | None:
        """A perpetual or a future; options have no contract type. USDC contracts may be listed as quoted in USD."""
        contract: Contract = "inverse" if row.contract_type.startswith("Inverse") else "linear"
        quote = row.quote_coin if contract == "inverse" else row.settle_coin or row.quote_coin
        expiry = None
        if row.contract_type.endswith("Futures") and row.delivery_time:
            expiry = f"{datetime.fromtimestamp(row.delivery_time / 1000, UTC):%Y%m%d}"
        elif not row.contract_type.endswith("Perpetual"):
            return None
        tick = row.price_filter.tick_size
        return self._contract(row.symbol, row.base_coin, quote, contract, expiry, ts_recv_ns, tick)

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """`BTCUSDT`, `BTCPERP` (in USDC), `BTCUSD` (inverse); `BTCUSDT-26DEC25`, `BTC-26DEC25`, `BTCUSDZ25` expire."""
        name, expiry = expiry_of(self.id, symbol) or (symbol, None)
        if expiry and "-" in symbol and not name.endswith("USDT"):
            name += "PERP"
        for ending, quote in (("USDT", "USDT"), ("PERP", "USDC"), ("USD", "USD")):
            if name.endswith(ending) and name != ending and "-" not in name:
                contract: Contract = "inverse" if quote == "USD" else "linear"
                base = name.removesuffix(ending)
                return self._contract(symbol, base, quote, contract, expiry, ts_recv_ns, None)
        return None

    def category(self, instrument: Instrument) -> str:
        """Which of the socket paths."""
        return "inverse" if instrument.contract == "inverse" else "linear"

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """Those of the markets, and one on which the platform speaks of itself."""
        found = super().sockets(instruments)
        status = socket("status", "/v5/public/misc/status", [["system.status"]], stale_after_s=STATUS_SILENCE_S)
        return [*found, status] if found else []

    def wrote(self, head: wire.Frame, frame: bytes) -> bool:
        """Documented: books of derivatives have their type before their time. Trade ids: captured."""
        channel = head.topic.partition(".")[0]
        data = bytes(head.data)
        match channel:
            case "orderbook":
                return not head.topic.startswith("orderbook.1.") and 0 <= frame.find(b'"type"') < frame.find(b'"ts"')
            case "publicTrade" | "trade":
                return any("-" in one for one in trade_ids(head))
            case "tickers":
                return b'"markPrice"' in data and not wire.OPTION.fullmatch(head.topic)
            case "liquidation":
                return b'"updatedTime"' in data
            case _:
                return channel == "allLiquidation"

    def _contract(
        self,
        symbol: str,
        base: str,
        quote: str,
        contract: Contract,
        expiry: str | None,
        ts_recv_ns: int,
        tick_size: float | None,
    ) -> Instrument:
        return events.market(
            self.id,
            symbol,
            ts_recv_ns,
            base=base,
            quote=quote,
            kind="future" if expiry else "perp",
            contract=contract,
            contract_value=1.0,
            expiry=expiry,
            tick_size=tick_size,
        )

    def _state(self, head: wire.Frame, instrument: Instrument, ts_recv_ns: int) -> Sequence[Event]:
        row = _ticker(head.data)
        at_ns = event_ns(head.ts, ts_recv_ns)
        mark, index, paid_ms = row.mark_price or None, row.index_price or None, row.next_funding_time or None
        rate = row.funding_rate if isinstance(row.funding_rate, float) else None
        if mark:
            self._marks[instrument.symbol] = mark
        found: list[Event] = []
        if mark or index or paid_ms or rate is not None:
            state = events.derivative(
                instrument, at_ns, ts_recv_ns, mark=mark, index=index, funding_rate=rate, next_funding_ms=paid_ms
            )
            found.append(state)
        qty, value = row.single_open_interest, row.single_open_interest_value
        if not isinstance(qty, float) and isinstance(row.open_interest, float):
            qty, value = row.open_interest / 2, (row.open_interest_value or 0.0) / 2
        if isinstance(qty, float):
            # Its value changes with it, the mark need not; of inverse contracts it is in coin, and not needed.
            price = value / qty if value and value < qty * 1e15 else self._marks.get(instrument.symbol)
            found.append(events.open_interest(instrument, at_ns, ts_recv_ns, qty=qty, price=price))
        return found

    def _liquidations(self, head: wire.Frame, instrument: Instrument, ts_recv_ns: int) -> Sequence[Event]:
        return [self._liquidation(row, instrument, ts_recv_ns, sampled=False) for row in _liquidations(head.data)]

    def _old_liquidation(self, head: wire.Frame, instrument: Instrument, ts_recv_ns: int) -> Sequence[Event]:
        """At most one a second, until the topic was removed on 2025-11-19."""
        return (self._liquidation(_old_liquidation(head.data), instrument, ts_recv_ns, sampled=True),)

    def _liquidation(
        self, row: wire.LiquidationRow | wire.OldLiquidation, instrument: Instrument, ts_recv_ns: int, *, sampled: bool
    ) -> Event:
        at_ns = event_ns(row.ms, ts_recv_ns)
        return events.liquidation(
            instrument,
            at_ns,
            ts_recv_ns,
            liquidated="long" if row.side == "Buy" else "short",
            price=row.price,
            price_kind="bankruptcy",
            qty=row.qty,
            sampled=sampled or self.completeness["liquidations"].at(at_ns).kind != "all",
        )

    def _price_band(self, head: wire.Frame, instrument: Instrument, ts_recv_ns: int) -> Sequence[Event]:
        row, at_ns = _band(head.data), event_ns(head.ts, ts_recv_ns)
        high, low = row.highest_buy, row.lowest_sell
        return (events.price_band(instrument, at_ns, ts_recv_ns, highest_buy=high, lowest_sell=low),)

    def _adl_states(self, head: wire.Frame, ts_recv_ns: int) -> Sequence[Event]:
        return bybit_events.adl_states(head, self._by_symbol, ts_recv_ns)

    def _balances(self, head: wire.Frame, ts_recv_ns: int) -> Sequence[Event]:
        return bybit_events.balances(head, self.id, self._by_symbol, ts_recv_ns)

    def _statuses(self, head: wire.Frame, ts_recv_ns: int) -> Sequence[Event]:
        return bybit_events.statuses(head, self.id, ts_recv_ns)
