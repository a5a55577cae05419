"""Deribit perpetuals, dated futures and spot: JSON-RPC on one socket, every book change chained to the one before.

The list's `contract_size` is a step of the `amount`, not what 1 is worth: every market here counts in lots of 1. A
`Deribit` object remembers which channels it asked for, since those refused are only left out of the answer, and which
markets do not trade. Facts: Deribit API documentation 2.1.1, 2026.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Literal

import msgspec

from producers.completeness import ALL, ChannelName, Coverage
from producers.errors import DecodeError
from producers.venue import Ack, Control, Limits, Poll, Pong, Refusal, Reply, Request, Resubscribe, Sequencing, Socket
from producers.venues import deribit_wire as wire
from producers.venues import events
from producers.venues.decoding import FAILURES, decode_error, event_ns, raw_rows, readable_rows
from producers.venues.splitting import portions
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookSnapshot

MARKETS_PER_SOCKET = 125
CHANNELS_PER_CALL = 150  # 500 are allowed; this many names are 5 kB
FIRST_CALL = 10  # numbers below it are of pings and single books
PING = '{"jsonrpc":"2.0","id":1,"method":"public/test","params":{}}'


class Deribit:
    """The public socket, without a login."""

    id = "deribit"
    group = "deribit"
    websocket_base = "wss://www.deribit.com"
    rest_base = "https://www.deribit.com"
    limits = Limits(messages_per_s=3, connects_per_min=30, lifetime_s=None, connections=16)
    """Documented: 3.3 subscriptions a second, 10 at once; 32 connections an address, REST calls included."""
    sequencing: Sequencing | None = Sequencing(chain="prev_id", snapshots="socket")
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": Coverage(kind="all", note="every 100 ms; a loss shows as a hole in trade_seq"),
        "book": Coverage(kind="all", note="every 100 ms; a loss breaks the chain of change_id"),
        "liquidations": Coverage(kind="all", note="fills, flagged on the trades"),
        "mark": Coverage(kind="periodic", every_s=0.1),
        "open_interest": Coverage(kind="periodic", every_s=0.1),
        "insurance": Coverage(kind="none", note="the fund's balance stands on a web page only"),
        "adl": Coverage(kind="none", note="there is none: what the fund cannot pay is shared among those who won"),
        "status": ALL,
    }

    def __init__(self) -> None:
        self._by_symbol: dict[str, Instrument] = {}
        self._states: dict[str, str] = {}
        self._asked: dict[int | str | None, frozenset[str]] = {}

    def instruments_requests(self) -> list[Request]:
        """Futures (the perpetual ones too) and spot pairs; options are not followed."""
        path = "/api/v2/public/get_instruments?currency=any&expired=false&kind="
        return [Request(path=path + kind) for kind in ("future", "spot")]

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        """The active markets, combinations aside."""
        try:
            rows = readable_rows(wire.decode_listing(body).result, wire.decode_listed)
        except FAILURES as failure:
            raise decode_error(failure) from failure
        wanted = [row for row in rows if row.is_active and row.kind in ("future", "spot")]
        found = ((self.infer_instrument(row.instrument_name, ts_recv_ns), row.tick_size) for row in wanted)
        return [msgspec.structs.replace(one, tick_size=tick or None) for one, tick in found if one is not None]

    def register(self, instruments: Sequence[Instrument]) -> None:
        """Make these markets known to `parse`."""
        self._by_symbol.update((instrument.symbol, instrument) for instrument in instruments)

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """`BTC-PERPETUAL` and `BTC-27DEC24` (inverse), `BTC_USDC-PERPETUAL` (linear), `BTC_USDC` (spot); no others."""
        found = wire.SYMBOL.fullmatch(symbol)
        base, quote, term, day = found.groups() if found else (None,) * 4
        if not base or not (quote or term):
            return None
        return events.market(
            self.id,
            symbol,
            ts_recv_ns,
            base=base,
            quote=quote or "USD",
            kind="spot" if not term else "future" if day else "perp",
            contract="spot" if not term else "linear" if quote else "inverse",
            contract_value=1.0,
            expiry=wire.expiry(day) if day else None,
        )

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """Three channels a market, together on one socket; the state of the platform on each."""
        made: list[Socket] = []
        for markets in portions(instruments, MARKETS_PER_SOCKET):
            names = [f"{kind}.{one.symbol}.100ms" for one in markets for kind in ("book", "trades", "ticker")]
            frames = []
            for channels in portions([*names, "platform_state"], CHANNELS_PER_CALL):
                number = FIRST_CALL + len(self._asked)
                self._asked[number] = frozenset(channels)
                frames.append(wire.call("public/subscribe", number, channels))
            name, said = f"public-{len(made)}", tuple(frames)
            socket = Socket(name=name, path="/ws/api/v2", subscribe=said, expect_acks=len(said), ping=PING)
            made.append(msgspec.structs.replace(socket, stale_after_s=120.0))
        return made

    def polls(self, instruments: Sequence[Instrument]) -> list[Poll]:
        """Nothing is asked for again and again."""
        return []

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """Nothing was asked for."""
        raise DecodeError("unknown_symbol", name[:40])

    def book_request(self, instrument: Instrument) -> Resubscribe:
        """The first message of a new subscription is the whole book."""
        methods = enumerate(("public/unsubscribe", "public/subscribe"), start=2)
        return Resubscribe(frames=tuple(wire.call(how, n, [f"book.{instrument.symbol}.100ms"]) for n, how in methods))

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """No book is ever fetched: the socket sends them."""
        raise DecodeError("bad_shape", "books come over the socket")

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        """One frame's events, or what an answer means."""
        try:
            message = wire.decode_message(frame)
            params = message.params
            if params is None or not params.channel:
                return self._control(message)
            kind, *of = params.channel.split(".")
            if kind == "book" and len(of) == 2:  # longer names are of grouped books, which are not read
                return self._book(wire.decode_book(params.data), ts_recv_ns)
            if kind == "ticker":
                return self._ticker(wire.decode_ticker(params.data), ts_recv_ns)
            if kind == "trades":
                everything, rows = len(of) > 2, raw_rows(params.data)
                told = readable_rows(rows, lambda row: [*self._trade(wire.decode_trade(row), ts_recv_ns, everything)])
                return [*chain.from_iterable(told)]
            if params.channel == "platform_state":
                return self._platform(wire.decode_platform(params.data), ts_recv_ns)
        except FAILURES as failure:
            raise decode_error(failure) from failure
        return ()

    def message_number(self, frame: bytes) -> None:
        """Connections are not counted here."""

    def symbol_of(self, frame: bytes) -> str | None:
        """The market in the name of a channel."""
        try:
            params = wire.decode_message(frame).params
        except FAILURES:
            return None
        kind, *of = params.channel.split(".") if params is not None else ("",)
        return of[0] if kind in ("book", "trades", "ticker") and len(of) == 2 else None

    def _instrument(self, symbol: str) -> Instrument:
        instrument = self._by_symbol.get(symbol)
        if instrument is None:
            raise DecodeError("unknown_symbol", symbol[:40])
        return instrument

    def _book(self, book: wire.Book, ts_recv_ns: int) -> Sequence[Event]:
        instrument, at_ns = self._instrument(book.instrument_name), event_ns(book.timestamp, ts_recv_ns)
        bids, asks = wire.levels(book.bids), wire.levels(book.asks)
        if book.type == "snapshot":
            return (events.snapshot(instrument, at_ns, ts_recv_ns, bids=bids, asks=asks, last_id=book.change_id),)
        ids = {"last_id": book.change_id, "prev_id": book.prev_change_id}
        return (events.delta(instrument, at_ns, ts_recv_ns, bids=bids, asks=asks, **ids),)

    def _trade(self, row: wire.Trade, ts_recv_ns: int, everything: bool) -> Iterator[Event]:
        if everything and row.instrument_name not in self._by_symbol:
            return
        instrument, at_ns = self._instrument(row.instrument_name), event_ns(row.timestamp, ts_recv_ns)
        yield events.trade(
            instrument,
            at_ns,
            ts_recv_ns,
            price=row.price,
            qty=row.amount,
            taker=row.direction,
            trade_id=row.trade_seq,
            printed="other" if row.is_off_book else "market",
        )
        for party in row.liquidation or "":
            sold = (row.direction == "sell") == (party == "T")  # the maker did the opposite of the taker
            yield events.liquidation(
                instrument,
                at_ns,
                ts_recv_ns,
                liquidated="long" if sold else "short",
                price=row.price,
                price_kind="fill",
                qty=row.amount,
                sampled=self.completeness["liquidations"].at(ts_recv_ns).kind != "all",
                liquidation_id=row.trade_id,
            )

    def _ticker(self, row: wire.Ticker, ts_recv_ns: int) -> Sequence[Event]:
        instrument, at_ns = self._instrument(row.instrument_name), event_ns(row.timestamp, ts_recv_ns)
        told: list[Event] = []
        if instrument.market != "spot":
            mark, index, funding = row.mark_price, row.index_price, row.current_funding
            told.append(events.derivative(instrument, at_ns, ts_recv_ns, mark=mark, index=index, funding_rate=funding))
        if row.open_interest is not None:
            told.append(
                events.open_interest(instrument, at_ns, ts_recv_ns, qty=row.open_interest, price=row.mark_price)
            )
        if row.max_price or row.min_price:
            band = {"highest_buy": row.max_price, "lowest_sell": row.min_price}
            told.append(events.price_band(instrument, at_ns, ts_recv_ns, **band))
        if row.state != self._states.get(row.instrument_name, "open"):
            self._states[row.instrument_name] = row.state
            state: Literal["up", "halted"] = "up" if row.state == "open" else "halted"
            told.append(events.status(self.id, at_ns, ts_recv_ns, state=state, reason=row.state, instrument=instrument))
        return told

    def _platform(self, platform: wire.PlatformState, ts_recv_ns: int) -> Sequence[Event]:
        """Nothing says when: the moment is that of the receipt."""
        at_ns, index = ts_recv_ns, platform.price_index
        if platform.maintenance is not None:
            state: Literal["up", "halted"] = "halted" if platform.maintenance else "up"
            return (events.status(self.id, at_ns, at_ns, state=state, reason="maintenance"),)
        state, reason = "halted" if platform.locked else "up", f"price index {index} is locked: {platform.locked}"
        touched = [one for one in self._by_symbol.values() if f"{one.base}_{one.quote}".lower() == index]
        return [events.status(self.id, at_ns, at_ns, state=state, reason=reason, instrument=one) for one in touched]

    def _control(self, message: wire.Message) -> Sequence[Control]:
        """An answer to one of our calls, or a question whether we live."""
        if message.params is not None:
            return (Reply(PING),) if message.params.type == "test_request" else ()
        if message.error is not None:
            return (message.error.refusal,)
        if isinstance(message.result, dict):
            return (Pong(),) if "version" in message.result else ()
        if not isinstance(message.result, list) or not all(isinstance(name, str) for name in message.result):
            return ()
        left_out = self._asked.get(message.id, frozenset()).difference(message.result)
        refused = (Refusal(f"not subscribed: {', '.join(sorted(left_out))}"[:200], "ignore"),) if left_out else ()
        return (Ack(), *refused) if message.result else refused
