"""Gate spot (v4): books, trades and nothing that is forced; prices for futures and for collateral."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from producers.completeness import ALL, NONE, ChannelName, Coverage
from producers.venue import Poll, Request, Socket
from producers.venues import events
from producers.venues.decoding import (
    FAILURES,
    WireAmount,
    WireId,
    WirePrice,
    WireTime,
    decode_error,
    raw_rows,
    readable_rows,
)
from producers.venues.gate_v4 import Frame, GateV4, moment, sides
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookSnapshot, Side

MOST_DECIMALS = 15


class Trade(msgspec.Struct, frozen=True, gc=False):
    """{"id":816995772,"create_time":1619093543,"create_time_ms":"1619093543708.2642","side":"sell","currency_pair":"DIS_USDT","amount":"0.2010000000","price":"121.5800000000"}"""

    currency_pair: str
    id: WireId  # counts over all markets
    price: WirePrice
    amount: WireAmount
    side: Side
    create_time_ms: WireAmount


class Book(msgspec.Struct, frozen=True, gc=False, rename={"symbol": "s", "last": "lastUpdateId"}):
    """{"t":1662630117190,"lastUpdateId":8093065166,"s":"BTC_USDT","bids":[["19201.39","0.0005"]],"asks":[]}

    REST: {"id":2691446,"current":1654249533113,"update":1654249526591,"asks":[["30168.33","0.1824"]],"bids":[]}
    """

    bids: msgspec.Raw
    asks: msgspec.Raw
    symbol: str = ""
    last: WireId | None = None
    t: WireTime = 0
    id: WireId | None = None
    current: WireAmount = 0.0


class Pair(msgspec.Struct, frozen=True, gc=False):
    """{"id":"AME_ETH","base":"AME","quote":"ETH","amount_precision":3,"precision":8,"trade_status":"tradable"}"""

    id: str
    base: str
    quote: str
    precision: int
    trade_status: str


_trade = msgspec.json.Decoder(Trade, strict=False).decode
_book = msgspec.json.Decoder(Book).decode
_pair = msgspec.json.Decoder(Pair).decode
_name = re.compile(r"([^_]+)_([^_]+)").fullmatch


class GateSpot(GateV4):
    """The spot pairs."""

    id = "gate-spot"
    websocket_base = "wss://api.gateio.ws"
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": ALL,
        "book": Coverage(kind="all", note="400 levels a side every 100 ms; a loss shows as a hole in the ids"),
        "liquidations": NONE,
        "mark": NONE,
        "open_interest": NONE,
        "insurance": NONE,
        "adl": NONE,
        "status": NONE,
    }

    prefix = "spot."
    channels = ("trades",)

    def __init__(self) -> None:
        super().__init__()
        self._readers |= {"trades": self._on_trade, "order_book": self._on_book}

    def instruments_requests(self) -> list[Request]:
        """The call for the list of pairs."""
        return [Request(path="/api/v4/spot/currency_pairs")]

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        """The pairs that can be bought and sold."""
        try:
            pairs = readable_rows(raw_rows(body), _pair)
        except FAILURES as failure:
            raise decode_error(failure) from failure
        return [
            self._pair(pair.id, pair.base, pair.quote, ts_recv_ns, tick_size=float(f"1e-{pair.precision}"))
            for pair in pairs
            if pair.trade_status == "tradable" and 0 <= pair.precision <= MOST_DECIMALS
        ]

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """`BTC_USDT`."""
        named = _name(symbol)
        return self._pair(symbol, named[1], named[2], ts_recv_ns) if named else None

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """Fifty pairs each."""
        return self.subscriptions("spot", "/ws/v4/", instruments)

    def polls(self, instruments: Sequence[Instrument]) -> list[Poll]:
        """Nothing is asked for again and again."""
        return []

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """Nothing, as nothing is asked."""
        return ()

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """The book of REST, for recordings of `order_book_update`: levels beyond its range stay."""
        try:
            book = _book(body)
            bids, asks = sides(book.bids, book.asks)
        except FAILURES as failure:
            raise decode_error(failure) from failure
        at_ns = moment(ts_recv_ns, book.current)
        return events.snapshot(
            instrument, at_ns, ts_recv_ns, bids=bids, asks=asks, last_id=book.id, keeps_far_levels=True
        )

    def _pair(self, symbol: str, base: str, quote: str, ts_recv_ns: int, tick_size: float | None = None) -> Instrument:
        return events.market(
            self.id, symbol, ts_recv_ns, base=base, quote=quote, kind="spot", contract="spot", contract_value=1.0,
            tick_size=tick_size,
        )  # fmt: skip

    def _on_trade(self, message: Frame, ts_recv_ns: int) -> Sequence[Event]:
        row = _trade(message.result)
        at_ns = moment(ts_recv_ns, row.create_time_ms)
        return (
            events.trade(
                self.instrument(row.currency_pair), at_ns, ts_recv_ns,
                price=row.price, qty=row.amount, taker=row.side, trade_id=str(row.id),
            ),
        )  # fmt: skip

    def _on_book(self, message: Frame, ts_recv_ns: int) -> Sequence[Event]:
        book = _book(message.result)
        bids, asks = sides(book.bids, book.asks)
        at_ns = moment(ts_recv_ns, book.t)
        instrument = self.instrument(book.symbol)
        return (events.snapshot(instrument, at_ns, ts_recv_ns, bids=bids, asks=asks, last_id=book.last),)
