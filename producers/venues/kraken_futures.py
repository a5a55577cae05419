"""Kraken Derivatives, first-generation feeds (to end on 2027-03-01): linear PF_ and FF_, inverse PI_ and FI_.

Quantities and open interest count base coin on linear markets and contracts of one dollar on inverse ones. `side` is
the taker's, and of a liquidation the taker is the liquidated account. Facts: Kraken's documentation, 2026-09.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from producers.completeness import ALL, NONE, ChannelName, Coverage
from producers.errors import DecodeError
from producers.venue import Ack, Control, Limits, Poll, Refusal, Request, Resubscribe, Sequencing, Socket
from producers.venues import events
from producers.venues.decoding import FAILURES, decode_error, event_ns, readable_rows
from producers.venues.kraken_futures_wire import (
    BookFrame,
    Executions,
    Fill,
    Listed,
    Listing,
    Probe,
    TickerFrame,
    TradeFrame,
    WholeFrame,
)
from producers.venues.recent_ids import RecentIds
from producers.venues.splitting import portions
from schemas.base import Event
from schemas.instrument import Instrument, canonical_id
from schemas.market import BookSnapshot, Position, Print, Side

PER_SOCKET, PER_FRAME, FEEDS = 100, 50, ("book", "trade", "ticker")
POLL, POLL_S, HISTORY_NS = "executions:", 60.0, 5 * 60 * 10**9
"""A poll reaches back over all that happened: executions older than five minutes when received are history."""
PRINTS: Mapping[str, Print] = {"fill": "market", "liquidation": "market", "termination": "adl"}
"""Of trades; `termination` is documented, not captured. Block trades and unknown types move no price."""
ORDERS: Mapping[str, Print] = {"Unwind": "adl", "Assignment": "other"}  # of executions; documented, not captured
_coin = {"XBT": "BTC", "XDG": "DOGE"}.get
_name = re.compile(r"P([IF])_([A-Z0-9]+?)USD()|F([IF])_([A-Z0-9]+?)USD_(\d{6})").fullmatch
_T = TypeVar("_T")
_frame = msgspec.json.Decoder(BookFrame | WholeFrame | TradeFrame | TickerFrame).decode
_fill = msgspec.json.Decoder(Fill, strict=False).decode
_listed = msgspec.json.Decoder(Listed, strict=False).decode


class KrakenFutures:
    """Perpetuals and dated futures. The object remembers which markets are halted, and the ids of off-book fills."""

    id, group = "kraken-futures", "kraken"
    websocket_base, rest_base = "wss://futures.kraken.com", "https://futures.kraken.com"
    limits = Limits(messages_per_s=50, connects_per_min=60, lifetime_s=None, connections=100, polls_per_s=2.0)
    """Documented: 100 connections, 100 messages a second; the public history costs nothing."""
    sequencing: Sequencing | None = Sequencing(chain="contiguous", snapshots="socket")
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": ALL,
        "book": ALL,
        "liquidations": Coverage(kind="all", note="fills on the book; positions assigned to market makers are none"),
        "mark": Coverage(kind="periodic", every_s=1.0),
        "open_interest": Coverage(kind="periodic", every_s=1.0),
        "insurance": NONE,
        "adl": Coverage(kind="poll", every_s=POLL_S, note="in a market's last 100 executions; 500 markets take 250 s"),
        "status": Coverage(kind="periodic", every_s=1.0),
    }

    def __init__(self) -> None:
        self._by_symbol: dict[str, Instrument] = {}
        self._halted: set[str] = set()
        self._seen = RecentIds(most=20_000)

    def instruments_requests(self) -> list[Request]:
        """The call for the list of markets."""
        return [Request(path="/derivatives/api/v3/instruments")]

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        """The markets that can be traded now; indices, options and the old quanto contracts are passed over."""
        found = []
        for row in readable_rows(_read(body, Listing).instruments, _listed):
            if row.tradeable and (market := self.infer_instrument(row.symbol.upper(), ts_recv_ns)):
                value, tick = row.contract_size or market.contract_value, row.tick_size or None
                found.append(msgspec.structs.replace(market, contract_value=value, tick_size=tick))
        return found

    def register(self, instruments: Sequence[Instrument]) -> None:
        """Make these markets known to `parse`."""
        self._by_symbol.update((instrument.symbol, instrument) for instrument in instruments)

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """A symbol tells everything but its steps: P or F, I or F, the coin, the day."""
        if (match := _name(symbol)) is None:
            return None
        letter, coin, day = (part for part in match.groups() if part is not None)
        base, expiry = _coin(coin, coin), f"20{day}"
        market = events.market(
            self.id, symbol, ts_recv_ns, base=base, quote="USD", kind="future" if day else "perp", expiry=expiry,
            contract="inverse" if letter == "I" else "linear", contract_value=1.0,
        )  # fmt: skip
        if letter != "I":
            return market
        # Both contracts are listed on the same pair: the older one says so in its name.
        name = canonical_id(base, "USD_INVERSE", market.market, expiry)
        return msgspec.structs.replace(market, instrument=name)

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """Each feed of fifty markets in one message, which is answered product by product (captured in 2021)."""
        found = []
        for n, some in enumerate(portions([one.symbol for one in instruments], PER_SOCKET)):
            said = tuple(_say("subscribe", feed, few) for few in portions(some, PER_FRAME) for feed in FEEDS)
            socket = Socket(name=f"public-{n}", path="/ws/v1", subscribe=said, expect_acks=len(FEEDS) * len(some))
            found.append(msgspec.structs.replace(socket, stale_after_s=120.0))
        return found

    def polls(self, instruments: Sequence[Instrument]) -> list[Poll]:
        """Executions: only they name the orders that unwound or assigned a position."""
        every_s, path = max(POLL_S, len(instruments) / self.limits.polls_per_s), "/api/history/v3/market/"
        calls = ((one.symbol, f"{path}{one.symbol}/executions?sort=desc&count=100") for one in instruments)
        return [Poll(name=f"{POLL}{symbol}", request=Request(path=call), every_s=every_s) for symbol, call in calls]

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """Unwound and assigned positions, each once. The fills on the book are told by the trade feed."""
        market, found = self._market(name.removeprefix(POLL)), list[Event]()
        elements = reversed(_read(body, Executions).elements)
        fills = (told["execution"] for one in elements for told in one.event.values() if "execution" in told)
        for fill, at_ns in readable_rows(fills, lambda raw: _at(_fill(raw), ts_recv_ns)):
            taker = fill.taker_order
            printed = ORDERS.get(taker.kind) or ORDERS.get(fill.maker_order.kind)
            if printed is None or taker.direction not in ("Buy", "Sell") or at_ns < ts_recv_ns - HISTORY_NS:
                continue
            side: Side = "sell" if taker.direction == "Sell" else "buy"
            row = TradeFrame(market.symbol, fill.uid, side, taker.kind, fill.quantity, fill.price, fill.timestamp)
            found += self._told(market, at_ns, ts_recv_ns, row, printed)
        return found

    def book_request(self, instrument: Instrument) -> Resubscribe:
        """A subscription begins with a whole book."""
        words = ("unsubscribe", "subscribe")
        return Resubscribe(frames=tuple(_say(word, "book", [instrument.symbol]) for word in words))

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """Never asked for: REST books have no number that the feed would follow."""
        raise DecodeError("bad_shape", "books come over the socket")

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        """One frame's events."""
        try:
            message = _frame(frame)
        except FAILURES as failure:
            return _control(frame, decode_error(failure))
        market, at_ns = self._market(message.product_id), event_ns(message.time, ts_recv_ns)
        if isinstance(message, BookFrame):
            level, none = events.levels([(message.price, message.qty)]), events.NO_LEVELS
            bids, asks = (level, none) if message.side == "buy" else (none, level)
            return (events.delta(market, at_ns, ts_recv_ns, bids=bids, asks=asks, last_id=message.seq),)
        if isinstance(message, WholeFrame):
            sides = (message.bids, message.asks)  # in which levels of quantity 0 occur: they are none
            bids, asks = (events.levels((one.price, one.qty) for one in side if one.qty) for side in sides)
            return (events.snapshot(market, at_ns, ts_recv_ns, bids=bids, asks=asks, last_id=message.seq),)
        if isinstance(message, TradeFrame):
            return self._told(market, at_ns, ts_recv_ns, message, PRINTS.get(message.type, "other"))
        return self._ticker(market, at_ns, ts_recv_ns, message)

    def message_number(self, frame: bytes) -> None:
        """Each market's book is numbered, connections are not."""

    def symbol_of(self, frame: bytes) -> str | None:
        """The product of a market frame."""
        try:
            symbol: str = _frame(frame).product_id
        except FAILURES:
            return None
        return symbol

    def _market(self, symbol: str) -> Instrument:
        if (market := self._by_symbol.get(symbol)) is None:
            raise DecodeError("unknown_symbol", symbol[:40])
        return market

    def _told(self, market: Instrument, at_ns: int, recv_ns: int, row: TradeFrame, printed: Print) -> list[Event]:
        """The fill, and whose position it closed. Feed and poll both tell of those off the book."""
        if printed != "market" and not self._seen.add(row.uid):
            return []
        price, qty, uid, sold = row.price, row.qty, row.uid, row.side == "sell"
        told: list[Event] = [
            events.trade(market, at_ns, recv_ns, price=price, qty=qty, taker=row.side, trade_id=uid, printed=printed)
        ]
        if row.type == "liquidation":
            sampled = self.completeness["liquidations"].at(at_ns).kind != "all"
            told.append(events.liquidation(
                market, at_ns, recv_ns, liquidated="long" if sold else "short", price=price, price_kind="fill",
                qty=qty, sampled=sampled, liquidation_id=uid,
            ))  # fmt: skip
        if printed == "adl":  # the taker is the bankrupt account, as with liquidations: documented, not captured
            winner: Position = "short" if sold else "long"
            told.append(events.adl(market, at_ns, recv_ns, deleveraged=winner, price=price, qty=qty, adl_id=uid))
        return told

    def _ticker(self, market: Instrument, at_ns: int, recv_ns: int, row: TickerFrame) -> list[Event]:
        rate, next_ms = row.relative_funding_rate, row.next_funding_rate_time
        told: list[Event] = [
            events.derivative(
                market, at_ns, recv_ns, mark=row.mark, index=row.index, funding_rate=rate, next_funding_ms=next_ms
            )
        ]
        if row.oi is not None:
            told.append(events.open_interest(market, at_ns, recv_ns, qty=row.oi, price=row.mark))
        reason = "suspended" if row.suspended else "post only" if row.post_only else ""
        if bool(reason) != (market.symbol in self._halted):
            (self._halted.add if reason else self._halted.discard)(market.symbol)
            halted = events.status(self.id, at_ns, recv_ns, state="halted", reason=reason, instrument=market)
            told.append(halted if reason else msgspec.structs.replace(halted, state="up"))
        return told


def _read(body: bytes, shape: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=shape, strict=False)
    except FAILURES as failure:
        raise decode_error(failure) from failure


def _at(fill: Fill, ts_recv_ns: int) -> tuple[Fill, int]:
    return fill, event_ns(fill.timestamp, ts_recv_ns)


def _say(event: str, feed: str, symbols: Sequence[str]) -> str:
    return msgspec.json.encode({"event": event, "feed": feed, "product_ids": symbols}).decode()


def _control(frame: bytes, failure: DecodeError) -> Sequence[Control]:
    if frame[:1] == b"[":
        raise DecodeError("bad_shape", "an array, as Kraken's spot socket sends them: another product") from None
    try:
        probe = msgspec.json.decode(frame, type=Probe)
    except FAILURES:
        raise failure from None
    if probe.feed in ("book", "book_snapshot", "trade", "ticker") and not probe.event:
        raise failure  # ours, and broken
    if probe.event in ("error", "subscribed_failed"):
        dead = probe.message == "Invalid feed"
        return (Refusal(probe.message[:200] or probe.event, "fatal" if dead else "ignore"),)
    return (Ack(),) * max(1, len(probe.product_ids)) if probe.event == "subscribed" else ()
