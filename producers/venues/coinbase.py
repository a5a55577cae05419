"""Coinbase spot, the reference price in dollars: the Advanced Trade socket, and recordings of the older Exchange feed.

Traps: a trade's `side` is the maker's on both feeds; levels of a snapshot carry times of 1970; a book has no ids of its
own, instead all messages of a connection are numbered; pairs in USDC are the books in USD under a second name. A
`Coinbase` remembers which products do not trade, since their states are repeated every few seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from producers.completeness import ALL, NONE, ChannelName, Coverage
from producers.errors import DecodeError
from producers.venue import Ack, Control, Limits, Poll, Refusal, Request, Resubscribe, Sequencing, Socket
from producers.venues import coinbase_wire as wire
from producers.venues import events
from producers.venues.coinbase_wire import instant_ns
from producers.venues.decoding import FAILURES, check_levels, readable_rows
from producers.venues.splitting import portions
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookSnapshot

PRODUCTS_PER_SOCKET = 30
"""No cap is documented; the snapshot of a large book has megabytes."""
SUBSCRIPTIONS = ("level2", "market_trades", "status", "heartbeats")
"""Without heartbeats the venue closes what is silent for a minute. The ticker adds nothing: it is only read."""


class Coinbase:
    """Spot. The contracts of Coinbase's US futures exchange are not followed: it shows no liquidations."""

    id = "coinbase"
    group = "coinbase"
    websocket_base = "wss://advanced-trade-ws.coinbase.com"
    rest_base = "https://api.coinbase.com"
    limits = Limits(messages_per_s=8, messages_shared=True, connects_per_min=60, connects_at_once=4, lifetime_s=None)
    """Documented in 2026 for an address: 8 messages and 8 connections a second."""
    sequencing: Sequencing | None = Sequencing(chain="prev_id", snapshots="socket")
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": ALL,
        "book": Coverage(kind="all", note="a loss shows in the numbers of the connection's messages"),
        "liquidations": NONE,
        "mark": NONE,
        "open_interest": NONE,
        "insurance": NONE,
        "adl": NONE,
        "status": Coverage(kind="periodic", every_s=5.0),
    }

    def __init__(self) -> None:
        self._by_symbol: dict[str, Instrument] = {}
        self._halted: set[str] = set()

    def instruments_requests(self) -> list[Request]:
        """The call for the spot products."""
        return [Request(path="/api/v3/brokerage/market/products?product_type=SPOT")]

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        """What trades on spot. A product with an alias is the alias's book."""
        return [
            self._market(
                row.product_id,
                ts_recv_ns,
                base=row.base_currency_id,
                quote=row.quote_currency_id,
                tick=row.price_increment,
            )
            for row in readable_rows(wire.read(wire.listings, body).products, wire.listed.decode)
            if (row.product_type, row.status, row.alias) == ("SPOT", "online", "")
            and not (row.is_disabled or row.trading_disabled)
        ]

    def register(self, instruments: Sequence[Instrument]) -> None:
        """Make these markets known to `parse`."""
        self._by_symbol.update((instrument.symbol, instrument) for instrument in instruments)

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """`BASE-QUOTE`; a contract has two dashes."""
        base, _, quote = symbol.partition("-")
        return self._market(symbol, ts_recv_ns, base=base, quote=quote) if base and quote.isalnum() else None

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """All channels of a product on one connection."""
        made = []
        for index, some in enumerate(portions(instruments, PRODUCTS_PER_SOCKET)):
            products = [one.symbol for one in some]
            frames = tuple(_say("subscribe", channel, products) for channel in SUBSCRIPTIONS)
            made.append(
                Socket(name=f"market-{index}", path="/", subscribe=frames, expect_acks=len(frames), stale_after_s=120.0)
            )
        return made

    def polls(self, instruments: Sequence[Instrument]) -> list[Poll]:
        """None: the socket tells all."""
        return []

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """Nothing is asked for."""
        return ()

    def book_request(self, instrument: Instrument) -> Resubscribe:
        """Leaving and joining brings a snapshot."""
        product = [instrument.symbol]
        return Resubscribe(frames=(_say("unsubscribe", "level2", product), _say("subscribe", "level2", product)))

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """The answer of `/market/product_book`, which a live run never asks for."""
        book = wire.read(wire.books, body).pricebook
        bids = events.levels((row.price, row.size) for row in book.bids)
        asks = events.levels((row.price, row.size) for row in book.asks)
        check_levels(bids, asks)
        at_ns = instant_ns(book.time, ts_recv_ns)
        return events.snapshot(instrument, at_ns, ts_recv_ns, bids=bids, asks=asks, keeps_far_levels=True)

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        """One frame's events. A snapshot of trades, like `last_match`, is history and left out."""
        message = wire.read(wire.frames, frame)
        if "subscriptions" in (message.channel, message.type):
            return (Ack(),)
        if message.type == "error":
            unknown = "not a valid product" in message.message  # the others live on
            return (Refusal(message.message[:200], "ignore" if unknown else "reconnect"),)
        if message.type == "match":
            return (self._trade(wire.read(wire.fills, frame), ts_recv_ns),)
        if message.type in ("snapshot", "l2update"):
            return (self._exchange_book(message, ts_recv_ns),)
        made: list[Event] = []
        for part in message.events:
            if message.channel == "l2_data":
                made.append(self._book(part, message, ts_recv_ns))
            elif message.channel == "market_trades" and part.type == "update":
                fills = sorted(part.trades, key=lambda fill: fill.trade_id)
                made += [self._trade(fill, ts_recv_ns) for fill in fills]
            elif message.channel == "ticker":
                made += [self._top(quote, message, ts_recv_ns) for quote in part.tickers]
            elif message.channel == "status":
                made += self._changed(part.products, message, ts_recv_ns)
        return made

    def message_number(self, frame: bytes) -> int | None:
        """Counted from 0 over all channels of a connection; the Exchange feed has no such number."""
        try:
            return wire.numbers.decode(frame).sequence_num
        except FAILURES:
            return None

    def symbol_of(self, frame: bytes) -> str | None:
        """The product of a book, trade or ticker."""
        try:
            message = wire.frames.decode(frame)
        except FAILURES:
            return None
        if message.type in ("match", "last_match", "l2update", "snapshot"):
            return message.product_id or None
        if message.channel not in ("l2_data", "market_trades", "ticker") or not message.events:
            return None
        part = message.events[0]
        rows: tuple[wire.Fill | wire.Quote, ...] = (*part.trades, *part.tickers)
        return part.product_id or next((row.product_id for row in rows), None)

    def _instrument(self, product: str) -> Instrument:
        instrument = self._by_symbol.get(product)
        if instrument is None:
            raise DecodeError("unknown_symbol", product[:40])
        return instrument

    def _market(
        self, symbol: str, ts_recv_ns: int, *, base: str, quote: str, tick: float | str | None = None
    ) -> Instrument:
        return events.market(
            self.id,
            symbol,
            ts_recv_ns,
            base=base,
            quote=quote,
            kind="spot",
            contract="spot",
            contract_value=1.0,
            tick_size=float(tick) if tick else None,
        )

    def _book(self, part: wire.Part, message: wire.Frame, ts_recv_ns: int) -> Event:
        instrument = self._instrument(part.product_id)
        bids, asks = wire.sides([(row.side, row.price_level, row.new_quantity) for row in part.updates])
        if part.type == "snapshot":
            at_ns = instant_ns(message.timestamp, ts_recv_ns)
            return events.snapshot(instrument, at_ns, ts_recv_ns, bids=bids, asks=asks)
        newest = max((row.event_time for row in part.updates), default=message.timestamp)
        return events.delta(instrument, instant_ns(newest, ts_recv_ns), ts_recv_ns, bids=bids, asks=asks)

    def _exchange_book(self, message: wire.Frame, ts_recv_ns: int) -> Event:
        instrument = self._instrument(message.product_id)
        at_ns = instant_ns(message.time, ts_recv_ns)
        if message.type == "snapshot":
            check_levels(message.bids, message.asks)
            return events.snapshot(instrument, at_ns, ts_recv_ns, bids=message.bids, asks=message.asks)
        bids, asks = wire.sides(message.changes)
        return events.delta(instrument, at_ns, ts_recv_ns, bids=bids, asks=asks)

    def _trade(self, fill: wire.Fill, ts_recv_ns: int) -> Event:
        return events.trade(
            self._instrument(fill.product_id),
            instant_ns(fill.time, ts_recv_ns),
            ts_recv_ns,
            price=fill.price,
            qty=fill.size,
            # The maker's side: documented for the Exchange feed, where `test_coinbase.py` sees it in a recording.
            taker="sell" if fill.side in ("BUY", "buy") else "buy",
            trade_id=fill.trade_id,
        )

    def _top(self, quote: wire.Quote, message: wire.Frame, ts_recv_ns: int) -> Event:
        return events.top(
            self._instrument(quote.product_id),
            instant_ns(message.timestamp, ts_recv_ns),
            ts_recv_ns,
            bid=quote.best_bid,
            bid_qty=quote.best_bid_quantity,
            ask=quote.best_ask,
            ask_qty=quote.best_ask_quantity,
        )

    def _changed(self, rows: Sequence[msgspec.Raw], message: wire.Frame, ts_recv_ns: int) -> list[Event]:
        """Registered products that stopped or began to trade."""
        at_ns = instant_ns(message.timestamp, ts_recv_ns)
        made: list[Event] = []
        for product in readable_rows(rows, wire.products.decode):
            instrument = self._by_symbol.get(product.id)
            halted = product.status != "online"
            if instrument is None or halted == (product.id in self._halted):
                continue
            (self._halted.add if halted else self._halted.discard)(product.id)
            made.append(
                events.status(
                    self.id,
                    at_ns,
                    ts_recv_ns,
                    state="halted" if halted else "up",
                    reason=product.status_message or product.status,
                    instrument=instrument,
                )
            )
        return made


def _say(word: str, channel: str, products: Sequence[str]) -> str:
    return msgspec.json.encode({"type": word, "product_ids": products, "channel": channel}).decode()
