"""dYdX v4 perpetuals, from the indexer. Sizes are base coin; mark and index are the chain's oracle price.

The side of a trade is its taker's, and the taker of a liquidation or a deleveraging is the account that is closed. Each
node of the indexer sees orders of its own, so that its books cross: the object keeps every book to uncross it, and
publishes none that is crossed. Books have no time and no number; the messages of a connection are counted instead.
Facts: dYdX's documentation and the indexer's source, 2026-03.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Literal

import msgspec

from producers.completeness import ALL, NONE, ChannelName, Coverage
from producers.errors import DecodeError
from producers.venue import Ack, Control, Limits, Poll, Pong, Request, Resubscribe, Sequencing, Socket
from producers.venues import dydx_wire as wire
from producers.venues import events
from producers.venues.decoding import FAILURES, readable_rows
from producers.venues.splitting import portions
from producers.venues.uncrossing import UncrossedBooks
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookSnapshot, Position, Print

PER_SOCKET = 32
"""Subscriptions of one channel that a connection may have."""
LATE_NS = 60 * 10**9
"""Blocks come every second: one so old means that the chain, or the indexer behind it, has stopped."""
LOSER_AND_WINNER: Mapping[str, tuple[Position, Position]] = {"SELL": ("long", "short"), "BUY": ("short", "long")}
ACTIVE, SETTLING = "ACTIVE", "FINAL_SETTLEMENT"
PRINTS: tuple[Print, Print] = ("adl", "other")  # of deleveraged positions: documented, not captured
State = Literal["halted", "up"]
_name = re.compile(r"([A-Z0-9.]+)-USD").fullmatch


class Dydx:
    """The indexer's socket. One object serves one run: it remembers books, oracle prices and states of markets."""

    id = group = "dydx"
    websocket_base, rest_base = "wss://indexer.dydx.trade", "https://indexer.dydx.trade"
    limits = Limits(messages_per_s=10, connects_per_min=60, lifetime_s=None)
    """Documented: two subscriptions a second to the same channel and market."""
    sequencing: Sequencing | None = Sequencing(chain="contiguous", snapshots="socket")
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": ALL,
        "book": Coverage(kind="all", note="as one node sees it, in portions of 250 ms; uncrossed here"),
        "liquidations": ALL,
        "mark": ALL,
        "open_interest": Coverage(kind="periodic", every_s=10.0),
        "insurance": NONE,
        "adl": ALL,
        "status": ALL,
    }

    def __init__(self) -> None:
        self._by_symbol: dict[str, Instrument] = {}
        self._books = UncrossedBooks()
        self._oracle: dict[str, float] = {}
        self._statuses: dict[str, str] = {}
        self._is_late = False

    def instruments_requests(self) -> list[Request]:
        """The call for the list of perpetuals."""
        return [Request(path="/v4/perpetualMarkets")]

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        """The active perpetuals."""
        rows = wire.read(wire.listings, body).markets.items()
        return [*filter(None, readable_rows(rows, lambda row: self._listed(*row, ts_recv_ns)))]

    def register(self, instruments: Sequence[Instrument]) -> None:
        """Make these markets known to `parse`."""
        self._by_symbol.update((instrument.symbol, instrument) for instrument in instruments)

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """`BTC-USD`. Markets of a pool's token (`COIN,pool,address-USD`) are not followed: their coin has no name."""
        if (match := _name(symbol)) is None:
            return None
        return events.market(
            self.id, symbol, ts_recv_ns, base=match[1], quote="USD", kind="perp", contract="linear", contract_value=1.0
        )

    def _listed(self, symbol: str, raw: msgspec.Raw, ts_recv_ns: int) -> Instrument | None:
        row = wire.market_row(raw)
        if row.quote_asset:
            raise DecodeError("dead_protocol", "dYdX v3 ended in 2024")
        market = self.infer_instrument(symbol, ts_recv_ns) if row.status == ACTIVE else None
        return market and msgspec.structs.replace(market, tick_size=row.tick_size or None)

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """Books, in batches, and trades of 32 markets; the blocks on each, what concerns all markets on the first."""
        found = []
        for n, some in enumerate(portions([one.symbol for one in instruments], PER_SOCKET)):
            said = [_say("v4_block_height")] if n else [_say("v4_markets"), _say("v4_block_height")]
            for symbol in some:
                said += [_say("v4_trades", symbol), _say("v4_orderbook", symbol, batched=True)]
            found.append(Socket(
                name=f"public-{n}", path="/v4/ws", subscribe=tuple(said), expect_acks=len(said), stale_after_s=120.0,
                liquidations="trades",
            ))  # fmt: skip
        return found

    def polls(self, instruments: Sequence[Instrument]) -> tuple[Poll, ...]:
        """Nothing is asked for again and again."""
        return ()

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """Nothing was asked for."""
        raise DecodeError("unknown_symbol", name[:40])

    def book_request(self, instrument: Instrument) -> Resubscribe:
        """A subscription begins with a whole book, a newer one than REST has."""
        left = msgspec.json.encode({"type": "unsubscribe", "channel": "v4_orderbook", "id": instrument.symbol})
        return Resubscribe(frames=(left.decode(), _say("v4_orderbook", instrument.symbol, batched=True)))

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """Never asked for: REST reads from a replica that lags."""
        raise DecodeError("bad_shape", "books come over the socket")

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        """One frame's events. What a subscription begins with is state, but old trades are not."""
        message = wire.read(wire.frames, frame)
        if message.channel.startswith("v3_"):
            raise DecodeError("dead_protocol", "dYdX v3 ended in 2024")
        if message.type == "error":
            return (message.answer,)
        if message.type == "unsubscribed" and message.channel == "v4_orderbook" and message.id in self._by_symbol:
            self._books.await_whole(message.id)  # changes may still come
        first = message.type == "subscribed"
        if not first and message.type not in ("channel_data", "channel_batch_data"):
            return ()
        told: Iterable[Event | Control] = ()
        if message.channel == "v4_orderbook":
            told = self._book(self._market(message.id), message.contents, ts_recv_ns, first)
        elif message.channel == "v4_trades" and not first:
            told = self._trades(self._market(message.id), message.contents, ts_recv_ns)
        elif message.channel == "v4_markets":
            told = self._states(message.contents, ts_recv_ns)
        elif message.channel == "v4_block_height" and not first:
            told = self._heard(message.contents, ts_recv_ns)
        return (Ack(), *told) if first else tuple(told)

    def message_number(self, frame: bytes) -> int | None:
        """The number of any message; the first of a connection is 0."""
        try:
            return wire.numbered.decode(frame).message_id
        except FAILURES:
            return None

    def symbol_of(self, frame: bytes) -> str | None:
        """The market of a frame of books or trades."""
        try:
            message = wire.frames.decode(frame)
        except FAILURES:
            return None
        return message.id if message.channel in ("v4_orderbook", "v4_trades") else None

    def _market(self, symbol: str | None) -> Instrument:
        if (market := self._by_symbol.get(symbol or "")) is None:
            raise DecodeError("unknown_symbol", (symbol or "")[:40])
        return market

    def _book(self, market: Instrument, contents: msgspec.Raw, recv_ns: int, first: bool) -> list[Event]:
        try:
            parts = wire.book(contents, whole=first)
        except DecodeError:
            self._books.forget(market.symbol)
            raise
        taken = self._books.take(market.symbol, [(_pairs(one.bids), _pairs(one.asks)) for one in parts], whole=first)
        if not isinstance(taken, tuple):
            return [events.lost_book(market, recv_ns, taken)] if taken else []
        told, (bids, asks) = events.snapshot if first else events.delta, map(events.levels, taken)
        return [told(market, recv_ns, recv_ns, bids=bids, asks=asks)]

    def _trades(self, market: Instrument, contents: msgspec.Raw, recv_ns: int) -> Iterable[Event]:
        rows = [row for part in wire.parts(wire.read(wire.trades, contents)) for row in part.trades]
        return chain.from_iterable(readable_rows(rows, lambda row: self._trade(market, wire.trade_row(row), recv_ns)))

    def _trade(self, market: Instrument, row: wire.TradeRow, recv_ns: int) -> list[Event]:
        at_ns, price, qty = wire.at_ns(row.created_at, recv_ns), row.price, row.size
        # A market that is wound up closes all positions at the oracle's price, and nobody is bankrupt.
        printed = PRINTS[self._statuses.get(market.symbol) == SETTLING] if row.type == "DELEVERAGED" else "market"
        told: list[Event] = [events.trade(
            market, at_ns, recv_ns, price=price, qty=qty, trade_id=row.id,
            taker="sell" if row.side == "SELL" else "buy", printed=printed,
        )]  # fmt: skip
        closed, winner = LOSER_AND_WINNER[row.side]
        if printed == "adl":
            told.append(events.adl(market, at_ns, recv_ns, deleveraged=winner, price=price, qty=qty, adl_id=row.id))
        elif row.type == "LIQUIDATED":
            sampled = self.completeness["liquidations"].at(at_ns).kind != "all"
            told.append(events.liquidation(
                market, at_ns, recv_ns, liquidated=closed, price=price, price_kind="fill", qty=qty,
                sampled=sampled, liquidation_id=row.id,
            ))  # fmt: skip
        return told

    def _states(self, contents: msgspec.Raw, recv_ns: int) -> list[Event]:
        """Marks, funding, open interest and status, each as far as it is told; markets not followed are passed over."""
        parts = wire.parts(wire.read(wire.markets, contents))
        of_all = (rows for part in parts for rows in (part.markets, part.trading, part.oracle_prices))
        ours = (
            (self._by_symbol[name], row) for rows in of_all for name, row in rows.items() if name in self._by_symbol
        )
        told = readable_rows(ours, lambda row: [*self._state(row[0], wire.market_row(row[1]), recv_ns)])
        return [*chain.from_iterable(told)]

    def _state(self, market: Instrument, row: wire.MarketRow, recv_ns: int) -> Iterable[Event]:
        at_ns = recv_ns if row.effective_at is None else wire.at_ns(row.effective_at, recv_ns)
        oracle, rate = row.oracle_price, row.next_funding_rate
        if oracle:
            self._oracle[market.symbol] = oracle
        if oracle or rate is not None:
            yield events.derivative(market, at_ns, recv_ns, mark=oracle, index=oracle, funding_rate=rate)
        if row.open_interest is not None:
            price = self._oracle.get(market.symbol)
            yield events.open_interest(market, at_ns, recv_ns, qty=row.open_interest, price=price)
        if row.status is not None:
            was_active = self._statuses.get(market.symbol, ACTIVE) == ACTIVE
            self._statuses[market.symbol] = row.status
            if was_active != (row.status == ACTIVE):
                state: State = "halted" if was_active else "up"
                reason = row.status.lower().replace("_", " ")
                yield events.status(self.id, at_ns, recv_ns, state=state, reason=reason, instrument=market)

    def _heard(self, contents: msgspec.Raw, recv_ns: int) -> list[Event | Control]:
        """A sign of life, and a word where blocks are late."""
        at_ns = wire.at_ns(wire.read(wire.blocks, contents).time, recv_ns)
        was_late, self._is_late = self._is_late, recv_ns - at_ns > LATE_NS
        if was_late == self._is_late:
            return [Pong()]
        state: State = "halted" if self._is_late else "up"
        return [
            events.status(self.id, at_ns, recv_ns, state=state, reason=f"block of {(recv_ns - at_ns) // 10**9} s ago")
        ]


def _pairs(side: Iterable[wire.Row | wire.Pair]) -> Iterable[tuple[float, float]]:
    return ((level.price, level.size) for level in side)


def _say(channel: str, symbol: str | None = None, *, batched: bool = False) -> str:
    of_symbol = {} if symbol is None else {"id": symbol, "batched": batched}
    return msgspec.json.encode({"type": "subscribe", "channel": channel} | of_symbol).decode()
