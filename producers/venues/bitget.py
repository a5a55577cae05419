"""Bitget: the v3 socket (futures and perpetuals in USDT, USDC and coin; spot), and recordings of its v2 and v1 wires.

Traps: a liquidation's `side` is the side of the position and its `amount` is quote currency already. Coin-margined lots
are dollars on v3 (`BTCUSD_CM`), base coin on the classic contracts before (`BTCUSD`, retired 2026-09-17). A `Bitget`
keeps the books of old recordings as texts, to check their sums.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from producers.completeness import ALL, NONE, ChannelName, Coverage
from producers.errors import DecodeError
from producers.venue import Ack, Control, Limits, Poll, Pong, Refusal, Request, Resubscribe, Sequencing, Socket
from producers.venues import bitget_wire as wire
from producers.venues import events
from producers.venues.bitget_events import Books, fills, funds, liquidations, state
from producers.venues.bitget_wire import SPOT
from producers.venues.decoding import FAILURES, check_levels, event_ns, readable_rows
from producers.venues.splitting import portions
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookSnapshot

FUTURES = {"USDT": "usdt-futures", "USDC": "usdc-futures", "USD": "coin-futures"}
PERPETUALS = {"USD_CM": "USD", "USDT": "USDT", "PERP": "USDC", "USD": "USD"}
SPOT_QUOTES = {quote: quote for quote in ("USDT", "USDC", "EUR", "BTC", "ETH")}
TRADING = frozenset({"online", "limit_open", "restrictedAPI"})
MARKETS_PER_SOCKET = 15
"""45 topics and the liquidations: Bitget advises fewer than 50 a connection (2026-09)."""
TOPICS_PER_FRAME = 10
TOPICS = frozenset({"books", "publicTrade", "trade", "ticker", "liquidation"})
"""What is read; `trade` is the name before v3."""
RECONNECT = frozenset({"30006", "30007"})
"""Errors about the connection: too many requests, and over a limit. The others are about one topic among many."""
_dated = re.compile(r"_\d{4,8}$").search


class Bitget:
    """All of Bitget's products as one venue."""

    id = "bitget"
    group = "bitget"
    websocket_base = "wss://ws.bitget.com"
    rest_base = "https://api.bitget.com"
    limits = Limits(
        messages_per_s=1.5, connects_per_min=60, lifetime_s=23 * 3600.0, operations_per_h=240, connections=100
    )
    """Documented in 2026-09; of the 10 messages a second v3 bears fewer, where each of them asks for many books."""
    sequencing: Sequencing | None = Sequencing(chain="prev_id", snapshots="socket")
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": ALL,
        "book": Coverage(kind="all", note="1000 levels a side, without retail price improvement orders"),
        "liquidations": Coverage(
            kind="sampled",
            rows=2,
            every_s=1.0,
            note="the largest long and the largest short",
            since="2026-06-23",
            earlier=Coverage(kind="all", note="told every 20 s"),
        ),
        "mark": Coverage(kind="periodic", every_s=0.3),
        "open_interest": Coverage(kind="periodic", every_s=0.3),
        "insurance": Coverage(kind="poll", every_s=3600.0, note="markets that share a fund show the same balance"),
        "adl": Coverage(kind="none", note="told to the account alone"),
        "status": NONE,
    }

    def __init__(self) -> None:
        self._by_symbol: dict[str, Instrument] = {}
        self._books = Books()

    def instruments_requests(self) -> list[Request]:
        """One call a product."""
        products = (*FUTURES.values(), "spot")
        return [Request(path=f"/api/v3/market/instruments?category={product.upper()}") for product in products]

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        """The markets that trade."""
        rows = wire.read(wire.raws, wire.answered(body).data)
        found = (self._listed(row, ts_recv_ns) for row in readable_rows(rows, wire.listed.decode))
        return [instrument for instrument in found if instrument is not None]

    def register(self, instruments: Sequence[Instrument]) -> None:
        """Make these markets known to `parse`."""
        self._by_symbol.update((instrument.symbol, instrument) for instrument in instruments)

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """The market that a symbol names; dated futures are known from the list alone."""
        pair = symbol.removesuffix(SPOT)
        for suffix, quote in (PERPETUALS if pair == symbol else SPOT_QUOTES).items():
            if pair.endswith(suffix) and pair != suffix:
                inverse = "_CM" in symbol
                return self._market(symbol, ts_recv_ns, base=pair.removesuffix(suffix), quote=quote, inverse=inverse)
        return None

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """A few markets a connection, with all their topics; the liquidations of every market go with the first."""
        products = sorted({_product(one) for one in instruments} - {"spot"})
        topics = [{"instType": product, "topic": "liquidation"} for product in products]
        made = []
        for index, some in enumerate(portions(instruments, MARKETS_PER_SOCKET)):
            topics += [_topic(one, topic) for one in some for topic in ("books", "publicTrade")]
            topics += [_topic(one, "ticker") for one in some if one.market != "spot"]  # which has no mark
            made.append(
                Socket(
                    name=f"public-{index}",
                    path="/v3/ws/public",
                    subscribe=tuple(_say("subscribe", part) for part in portions(topics, TOPICS_PER_FRAME)),
                    expect_acks=len(topics),
                    ping="ping",
                    ping_every_s=25.0,
                    liquidations="none" if index else "all",
                    # A pair at rest says nothing for as long as it rests.
                    stale_after_s=300.0 if all(one.market == "spot" for one in some) else 60.0,
                )
            )
            topics = []
        return made

    def polls(self, instruments: Sequence[Instrument]) -> list[Poll]:
        """The risk reserves, one call a product. Those of coin-margined contracts are coin, not dollars."""
        path = "/api/v3/market/risk-reserve-all?category="
        products = sorted({_product(one) for one in instruments} - {"spot", "coin-futures"})
        return [
            Poll(name=f"risk_reserve:{product}", request=Request(path=path + product.upper()), every_s=3600.0)
            for product in products
        ]

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """The fund behind each registered market."""
        return funds(wire.answered(body), self.id, self._by_symbol, ts_recv_ns)

    def book_request(self, instrument: Instrument) -> Resubscribe:
        """Leaving and joining brings a snapshot."""
        books = [_topic(instrument, "books")]
        return Resubscribe(frames=(_say("unsubscribe", books), _say("subscribe", books)))

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """The answer of `/api/v3/market/orderbook`, which has no ids that would chain."""
        book = wire.read(wire.book, wire.answered(body).data)
        check_levels(book.bids, book.asks)
        at_ns = event_ns(book.ms, ts_recv_ns)
        return events.snapshot(instrument, at_ns, ts_recv_ns, bids=book.bids, asks=book.asks, keeps_far_levels=True)

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        """One frame's events. History, which follows a subscription to trades as a snapshot, is left out."""
        if frame == b"pong":
            return (Pong(),)
        message = wire.read(wire.frames, frame)
        arg = message.arg
        if message.event:
            return _control(message)
        if message.table:
            raise DecodeError("dead_protocol", "this wire ended on 2022-04-29")
        topic = (arg.topic or arg.channel) if arg is not None else ""
        if arg is None or topic not in TOPICS:
            return ()
        if topic == "liquidation":
            return liquidations(message, self._by_symbol, self.completeness["liquidations"], ts_recv_ns)
        instrument = self._by_symbol.get(wire.market_symbol(arg))
        if instrument is None:
            raise DecodeError("unknown_symbol", wire.market_symbol(arg)[:40])
        if topic == "books":
            return self._books.events(message, instrument, ts_recv_ns)
        return state(message, instrument, ts_recv_ns) if topic == "ticker" else fills(message, instrument, ts_recv_ns)

    def message_number(self, frame: bytes) -> None:
        """Connections are not counted here."""

    def symbol_of(self, frame: bytes) -> str | None:
        """The market of a frame of ours; of liquidations, that of the first row."""
        try:
            message = wire.frames.decode(frame)
            arg = message.arg
            if arg is None or message.event or arg.inst_type.lower() not in wire.PRODUCTS:
                return None
            if arg.topic == "liquidation":
                return next((wire.liquidation.decode(row).symbol for row in wire.raws.decode(message.data)), None)
        except FAILURES:
            return None
        return wire.market_symbol(arg) if (arg.topic or arg.channel) in TOPICS else None

    def _listed(self, row: wire.Listed, ts_recv_ns: int) -> Instrument | None:
        """A market that trades. A dated future whose end is not told is left out: it is no second perpetual."""
        if row.status not in TRADING or not (row.symbol and row.base_coin and row.quote_coin):
            return None
        ends_ms = row.delivery_time if isinstance(row.delivery_time, int) else 0
        kind = row.type or row.symbol_type
        dated = kind == "delivery" or (kind != "perpetual" and (ends_ms > 0 or _dated(row.symbol) is not None))
        if dated and ends_ms <= 0:
            return None
        return self._market(
            row.symbol + SPOT if row.category == "SPOT" else row.symbol,
            ts_recv_ns,
            base=row.base_coin,
            quote=row.quote_coin,
            inverse=row.category == "COIN-FUTURES",
            expiry=datetime.fromtimestamp(ends_ms / 1000, UTC).strftime("%Y%m%d") if dated else None,
            tick_size=row.price_multiplier or None,
        )

    def _market(
        self,
        symbol: str,
        ts_recv_ns: int,
        *,
        base: str,
        quote: str,
        inverse: bool,
        expiry: str | None = None,
        tick_size: float | None = None,
    ) -> Instrument:
        spot = symbol.endswith(SPOT)
        return events.market(
            self.id,
            symbol,
            ts_recv_ns,
            base=base,
            quote=quote,
            kind="spot" if spot else "future" if expiry else "perp",
            contract="spot" if spot else "inverse" if inverse else "linear",
            contract_value=1.0,
            expiry=expiry,
            tick_size=tick_size,
        )


def _control(message: wire.Frame) -> Sequence[Control]:
    if message.event == "error":
        reason = f"{message.code}: {message.msg}"[:200]
        return (Refusal(reason, "reconnect" if str(message.code) in RECONNECT else "ignore"),)
    return (Ack(),) if message.event in ("subscribe", "unsubscribe") else ()


def _product(instrument: Instrument) -> str:
    return "spot" if instrument.market == "spot" else FUTURES.get(instrument.quote, "usdt-futures")


def _topic(instrument: Instrument, topic: str) -> dict[str, str]:
    return {"instType": _product(instrument), "topic": topic, "symbol": instrument.symbol.removesuffix(SPOT)}


def _say(operation: str, topics: Sequence[Mapping[str, str]]) -> str:
    return msgspec.json.encode({"op": operation, "args": topics}).decode()
