"""BitMEX perpetuals, dated futures and spot: tables on one socket, whose rows are told as they change, without numbers.

Of the two books the whole one (`orderBookL2`) is read: the documentation calls `orderBookL2_25` throttled, and depth is
wanted beyond 25 levels. Rows name a level by its id, so that a `Bitmex` object remembers the prices of each market's
levels, besides marks, trading states, liquidations told and what the funds hold. Facts: BitMEX documentation, 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Literal

import msgspec

from producers.completeness import ALL, ChannelName, Coverage
from producers.errors import DecodeError
from producers.venue import Ack, Control, Limits, Poll, Pong, Request, Resubscribe, Sequencing, Socket
from producers.venues import bitmex_wire as wire
from producers.venues import events
from producers.venues.bitmex_book import IdBooks
from producers.venues.decoding import FAILURES, decode_error, raw_rows, readable_rows
from producers.venues.recent_ids import RecentIds
from producers.venues.splitting import portions
from schemas.base import Event
from schemas.instrument import DOLLARS, Instrument
from schemas.market import BookSnapshot

BOOK = "orderBookL2"
TABLES = (BOOK, "trade", "instrument", "liquidation")
FUNDS = ("XBt", "USDt")
BITCOIN = "XBTUSD"  # its mark values the funds, where no market of bitcoin is followed
MARKETS_PER_SOCKET = 100
TOPICS_PER_FRAME = 16  # of the 20 that the venue takes


class Bitmex:
    """The public tables of `realtime`."""

    id = group = "bitmex"
    websocket_base = "wss://ws.bitmex.com"
    rest_base = "https://www.bitmex.com"
    limits = Limits(messages_per_s=2, connects_per_min=6, lifetime_s=None, connections=20)
    """Connections: 40 by the welcome's `remaining`, 720 an hour. What may be said in a second is not documented."""
    sequencing: Sequencing | None = Sequencing(chain="prev_id", snapshots="socket")
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": Coverage(kind="all", note="not numbered: a loss does not show"),
        "book": Coverage(kind="all", note="not numbered: a loss shows as a level that is not known, or a crossed book"),
        "liquidations": Coverage(kind="partial", note="orders when placed; not what fills at once or goes to ADL"),
        "mark": Coverage(kind="all", note="as it changes; not numbered: a loss does not show"),
        "open_interest": Coverage(kind="all", note="as it changes; not numbered: a loss does not show"),
        "insurance": Coverage(kind="periodic", every_s=86_400.0, note="bitcoin and tether funds, at noon"),
        "adl": Coverage(kind="none", note="not published"),
        "status": ALL,
    }

    def __init__(self) -> None:
        self._by_symbol: dict[str, Instrument] = {}
        self._books = IdBooks()
        self._marks: dict[str, float] = {}
        self._states: dict[str, str] = {}
        self._funds: dict[str, float] = {}
        self._btc_usd = 0.0
        self._liquidations = RecentIds(most=10_000)

    def instruments_requests(self) -> list[Request]:
        """One call lists all that trade, indices too."""
        return [Request(path="/api/v1/instrument/active")]

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        """The open markets. Of two with one name (one settled in bitcoin, one in its own coin) the valued one stays."""
        try:
            rows = readable_rows(raw_rows(body), wire.decode_listed)
        except FAILURES as failure:
            raise decode_error(failure) from failure
        found: dict[str, Instrument] = {}
        for one in (row.market(self.id, ts_recv_ns) for row in rows if row.is_followed):
            if found.setdefault(one.instrument, one).contract_value is None:
                found[one.instrument] = one
        return list(found.values())

    def register(self, instruments: Sequence[Instrument]) -> None:
        """Make these markets known to `parse`."""
        self._by_symbol.update((instrument.symbol, instrument) for instrument in instruments)

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """`XBTUSD` (inverse), `ETHUSD` (quanto), `XBTUSDT`, `XBT_USDT`. Names of futures do not tell their day."""
        row = wire.named(symbol)
        return row.market(self.id, ts_recv_ns) if row is not None else None

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """Four tables a market, together on one socket; the funds, after the marks that value them, on the first."""
        made: list[Socket] = []
        funds = ["insurance"] if any(map(_values, instruments)) else [f"instrument:{BITCOIN}", "insurance"]
        for markets in portions(instruments, MARKETS_PER_SOCKET):
            topics = [f"{table}:{one.symbol}" for one in markets for table in TABLES]
            topics += [] if made else funds
            frames = tuple(wire.operation("subscribe", some) for some in portions(topics, TOPICS_PER_FRAME))
            name, acks = f"public-{len(made)}", len(topics)
            socket = Socket(name=name, path="/realtime", subscribe=frames, expect_acks=acks, ping="ping")
            made.append(msgspec.structs.replace(socket, ping_every_s=5.0, stale_after_s=120.0))
        return made

    def polls(self, instruments: Sequence[Instrument]) -> list[Poll]:
        """Nothing is asked for again and again."""
        return []

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """Nothing was asked for."""
        raise DecodeError("unknown_symbol", name[:40])

    def book_request(self, instrument: Instrument) -> Resubscribe:
        """A new subscription begins with the whole table."""
        topic = [f"{BOOK}:{instrument.symbol}"]
        return Resubscribe(frames=(wire.operation("unsubscribe", topic), wire.operation("subscribe", topic)))

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """No book is ever fetched: the socket sends them."""
        raise DecodeError("bad_shape", "books come over the socket")

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        """One frame's events, or what an answer means."""
        if frame == b"pong":
            return (Pong(),)
        try:
            message = wire.decode_frame(frame)
            return list(self._rows(message, ts_recv_ns)) if message.table else self._control(message)
        except FAILURES as failure:
            raise decode_error(failure) from failure

    def message_number(self, frame: bytes) -> None:
        """Connections are not counted here."""

    def symbol_of(self, frame: bytes) -> str | None:
        """The market of the first row, or of the filter of an empty table."""
        try:
            message = wire.decode_frame(frame)
            rows = wire.decode_filters(message.data)
        except FAILURES:
            return None
        about = rows[0] if rows else message.filter
        return about.symbol or None if about and message.table.partition("_")[0] in TABLES else None

    def _rows(self, message: wire.Frame, ts_recv_ns: int) -> Iterator[Event]:
        match message.table:
            case "orderBookL2" | "orderBookL2_25":
                yield from self._books.read(message, self._instrument, ts_recv_ns)
            case "trade" if message.action == "insert":  # a `partial` is history
                yield from _each(message, lambda raw: [*self._trade(wire.decode_trade(raw), ts_recv_ns)])
            case "liquidation" if message.action in ("partial", "insert"):
                yield from _each(message, lambda raw: self._liquidation(raw, ts_recv_ns, message.action == "insert"))
            case "instrument":
                yield from _each(message, lambda raw: [*self._state(wire.decode_state(raw), ts_recv_ns)])
            case "insurance":
                rows = readable_rows(raw_rows(message.data), wire.decode_fund)
                found = {row.currency: row.wallet_balance for row in rows if row.currency in FUNDS}
                known, self._funds = self._funds, self._funds | found
                yield from () if known == self._funds else self._insurance(ts_recv_ns)  # at a new price: like a loss

    def _control(self, message: wire.Frame) -> Sequence[Control]:
        table, _, symbol = message.subscribe.partition(":")
        if table == BOOK and symbol in self._by_symbol:
            self._books.await_whole(symbol)
        return (message.answer,) if message.error else (Ack(),) if message.success else ()

    def _instrument(self, symbol: str) -> Instrument:
        instrument = self._by_symbol.get(symbol)
        if instrument is None:
            raise DecodeError("unknown_symbol", symbol[:40])
        return instrument

    def _trade(self, row: wire.Trade, ts_recv_ns: int) -> Iterator[Event]:
        instrument, at_ns = self._instrument(row.symbol), wire.event_ns(ts_recv_ns, row.timestamp)
        if row.side is not None:  # settlements have no side: nobody traded
            yield events.trade(
                instrument,
                at_ns,
                ts_recv_ns,
                price=row.price,
                qty=row.size,
                taker="sell" if row.side == "Sell" else "buy",
                trade_id=row.trd_match_id,
                printed="market" if row.trd_type == "Regular" else "other",
            )

    def _liquidation(self, raw: msgspec.Raw, ts_recv_ns: int, is_new: bool) -> Sequence[Event]:
        """An order is told once, when it is placed. Those of a `partial` are known from before, or too old to time."""
        order = wire.decode_liquidation(raw)
        instrument = self._by_symbol.get(order.symbol)
        if instrument is None:
            return ()
        if order.side is None or order.price is None or order.leaves_qty is None:
            raise DecodeError("bad_shape", "an order of the liquidation engine without side, price or size")
        if not self._liquidations.add(order.order_id) or not is_new:
            return ()
        told = events.liquidation(
            instrument,
            ts_recv_ns,
            ts_recv_ns,
            liquidated="long" if order.side == "Sell" else "short",
            price=order.price,
            price_kind="order",
            qty=order.leaves_qty,
            sampled=self.completeness["liquidations"].at(ts_recv_ns).kind != "all",
            liquidation_id=order.order_id,
        )
        return (told,)

    def _state(self, row: wire.State, ts_recv_ns: int) -> Iterator[Event]:
        if row.symbol == BITCOIN and row.symbol not in self._by_symbol:
            yield from self._priced(row.mark_price, ts_recv_ns)
            return
        instrument, at_ns = self._instrument(row.symbol), wire.event_ns(ts_recv_ns, row.timestamp)
        mark, index, rate = row.mark_price, row.indicative_settle_price, row.funding_rate
        paid_ms = wire.milliseconds(row.funding_timestamp) if row.funding_timestamp is not None else None
        if mark:
            self._marks[row.symbol] = mark
            if _values(instrument):
                yield from self._priced(mark, ts_recv_ns)
        if instrument.market != "spot" and (mark, index, rate, paid_ms) != (None,) * 4:
            yield events.derivative(
                instrument, at_ns, ts_recv_ns, mark=mark, index=index, funding_rate=rate, next_funding_ms=paid_ms
            )
        if row.open_interest is not None:
            price = self._marks.get(row.symbol)
            yield events.open_interest(instrument, at_ns, ts_recv_ns, qty=row.open_interest, price=price)
        if row.state is not None and row.state != self._states.get(row.symbol, "Open"):
            self._states[row.symbol] = row.state
            kind: Literal["up", "halted"] = "up" if row.state == "Open" else "halted"
            yield events.status(self.id, at_ns, ts_recv_ns, state=kind, reason=row.state, instrument=instrument)

    def _priced(self, btc_usd: float | None, ts_recv_ns: int) -> Iterator[Event]:
        """What a bitcoin is worth; the funds may have waited for it."""
        is_first, self._btc_usd = not self._btc_usd, btc_usd or self._btc_usd
        if is_first and self._btc_usd:
            yield from self._insurance(ts_recv_ns)

    def _insurance(self, ts_recv_ns: int) -> Iterator[Event]:
        """Noon's balance is what the funds hold now. Nothing is said before bitcoin has a price."""
        bitcoin, dollars = self._funds.get("XBt", 0.0) * 1e-8, self._funds.get("USDt", 0.0) * 1e-6
        if self._funds and (self._btc_usd or not bitcoin):
            yield events.insurance(self.id, ts_recv_ns, ts_recv_ns, balance_usd=dollars + bitcoin * self._btc_usd)


def _each(message: wire.Frame, read: Callable[[msgspec.Raw], Sequence[Event]]) -> Iterator[Event]:
    return chain.from_iterable(readable_rows(raw_rows(message.data), read))


def _values(instrument: Instrument) -> bool:
    return instrument.base == "BTC" and instrument.quote in DOLLARS
