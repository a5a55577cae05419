"""Gate futures (v4): perpetuals settled in USDT or in BTC, each currency on a websocket path of its own.

A linear contract is `quanto_multiplier` coins, an inverse one 1 USD. Whether sizes are exact is the handshake's affair:
see `gate_wire`. Facts without another source: Gate's futures documentation of 2026-08-25.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain

import msgspec

from producers.completeness import ALL, NONE, ChannelName, Coverage
from producers.errors import DecodeError
from producers.venue import Control, Poll, Refusal, Request, Socket
from producers.venues import events
from producers.venues import gate_wire as wire
from producers.venues.decoding import FAILURES, check_levels, decode_error, raw_rows, readable_rows
from producers.venues.gate_states import States, halt
from producers.venues.gate_v4 import Frame, GateV4, moment, sides
from schemas.base import Event
from schemas.instrument import Contract, Instrument
from schemas.market import BookSnapshot

SETTLES = {"USDT": "usdt", "USD": "btc"}
"""Quote → settlement. A socket acknowledges markets of another settlement and stays silent about them."""
API = "/api/v4/futures"
_name = re.compile(r"([^_]+)_([^_]+)(?:_(\d{8}))?").fullmatch


class Gate(GateV4):
    """The perpetuals; dated futures are read in recordings alone."""

    id = "gate"
    websocket_base = "wss://fx-ws.gateio.ws"
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": ALL,
        "book": Coverage(kind="all", note="400 levels a side every 100 ms; a loss shows as a hole in the ids"),
        "liquidations": Coverage(
            kind="all",
            note="in batches of a second or 20 orders; contract_stats of REST has the totals of each minute",
            since="2026-08-20",
            earlier=Coverage(kind="sampled", rows=1, every_s=1.0, note="nothing public before 2025-02"),
        ),
        "mark": Coverage(kind="periodic", every_s=1.0, note="on change: a quiet market is silent for 30 s and more"),
        "open_interest": Coverage(kind="periodic", every_s=1.0, note="on change, with the mark"),
        "insurance": Coverage(kind="poll", every_s=300.0, note="the fund of the USDT contracts"),
        "adl": Coverage(kind="periodic", every_s=1.0, note="silence is normal", since="2026-08-25", earlier=NONE),
        "status": Coverage(kind="poll", every_s=60.0),
    }

    prefix = "futures."
    channels = ("trades", "tickers")

    def __init__(self) -> None:
        super().__init__()
        self._states = States(self.id, self._by_symbol)
        self._readers |= {
            "trades": self._on_trades,
            "order_book": self._on_book,
            "public_liquidates": self._on_liquidates,
            "liquidates": self._on_closes,
            "tickers": self._on_tickers,
            "adl_warning": self._states.warnings,
            "system": self._on_system,
        }

    def instruments_requests(self) -> list[Request]:
        """One call a settlement."""
        return [Request(path=f"{API}/{settle}/contracts") for settle in SETTLES.values()]

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        """The contracts that are trading."""
        try:
            listed = [row for row in readable_rows(raw_rows(body), wire.read_listed) if halt(row) is None]
        except FAILURES as failure:
            raise decode_error(failure) from failure
        return [found for row in listed if (found := self._contract(row, ts_recv_ns))]

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """`BTC_USD` is inverse, of 1 USD; of the others the name does not say what a contract is worth."""
        return self._contract(
            wire.Listed(name=symbol, type="inverse" if symbol.startswith("BTC_USD") else ""), ts_recv_ns
        )

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """Fifty markets each; liquidations and ADL warnings are those of all markets of a settlement."""
        found = []
        for quote, settle in SETTLES.items():
            some = [one for one in instruments if one.quote == quote and one.market == "perp"]
            found += self.subscriptions(settle, f"/v4/ws/{settle}", some, ("public_liquidates", "adl_warning"))
        return found

    def polls(self, instruments: Sequence[Instrument]) -> list[Poll]:
        """What trades, and the fund whose coin is a dollar."""
        settles = [settle for quote, settle in SETTLES.items() if any(one.quote == quote for one in instruments)]
        found = [
            Poll(name=f"contracts:{settle}", request=Request(path=f"{API}/{settle}/contracts"), every_s=60.0)
            for settle in settles
        ]
        if "usdt" in settles:
            found.append(Poll(name="insurance", request=Request(path=f"{API}/usdt/insurance?limit=1"), every_s=300.0))
        return found

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """The fund's newest balance, or the markets that ceased or began to trade."""
        try:
            if name != "insurance":
                return [*self._states.changed(body, ts_recv_ns), *self._states.calmed(ts_recv_ns)]
            funds = wire.read_funds(body)[:1]
            return [
                events.insurance(self.id, moment(ts_recv_ns, one.t), ts_recv_ns, balance_usd=one.b) for one in funds
            ]
        except FAILURES as failure:
            raise decode_error(failure) from failure

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        """One frame's events, or the answer that it is; and what is normal again, as its warnings ceased."""
        return [*super().parse(frame, ts_recv_ns), *self._states.calmed(ts_recv_ns)]

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """The book of REST, for recordings of `order_book_update`: levels beyond its range stay."""
        try:
            book = wire.read_book(body)
            if not isinstance(book, wire.Book):
                raise DecodeError("bad_shape", "a list is no answer to a call for a book")
            bids, asks = sides(book.bids, book.asks)
        except FAILURES as failure:
            raise decode_error(failure) from failure
        at_ns, last_id = moment(ts_recv_ns, book.current), book.id
        return events.snapshot(
            instrument, at_ns, ts_recv_ns, bids=bids, asks=asks, last_id=last_id, keeps_far_levels=True
        )

    def _contract(self, row: wire.Listed, ts_recv_ns: int) -> Instrument | None:
        """A market; one of dollars that is not settled in its own coin is a quanto."""
        named = _name(row.name)
        if named is None:
            return None
        base, quote, expiry = named.groups()
        contract: Contract = "linear" if quote != "USD" else "inverse" if row.type == "inverse" else "quanto"
        value = {"linear": row.quanto_multiplier, "inverse": 1.0}.get(contract)
        return events.market(
            self.id, row.name, ts_recv_ns, base=base, quote=quote, kind="future" if expiry else "perp", expiry=expiry,
            contract=contract, contract_value=value or None, tick_size=row.order_price_round or None,
        )  # fmt: skip

    def _on_trades(self, message: Frame, ts_recv_ns: int) -> Sequence[Event]:
        """Fills. A size of zero was less than a contract before it was cut off: not even its side is known."""
        return [
            events.trade(
                self.instrument(row.contract), moment(ts_recv_ns, row.create_time_ms, row.create_time), ts_recv_ns,
                price=row.price, qty=abs(row.size), taker="buy" if row.size > 0 else "sell", trade_id=str(row.id),
                printed="other" if row.is_internal else "market",
            )
            for row in wire.read_trades(message.result)
            if row.size
        ]  # fmt: skip

    def _on_book(self, message: Frame, ts_recv_ns: int) -> Sequence[Event]:
        """Without ids, as those of the changes leave out what is beyond the levels that they are about."""
        book = wire.read_book(message.result)
        if isinstance(book, wire.Book):
            instrument, at_ns = self.instrument(book.contract), moment(ts_recv_ns, book.t, message.time)
            bids, asks = sides(book.bids, book.asks)
            return (events.snapshot(instrument, at_ns, ts_recv_ns, bids=bids, asks=asks),)
        if not book:
            return ()
        # Sellers have negative sizes; whose level it was that is gone is not said.
        buys = [(change.p, change.s) for change in book if change.s >= 0]
        sells = [(change.p, -change.s or 0) for change in book if change.s <= 0]
        bids, asks = events.levels(buys), events.levels(sells)
        check_levels(bids, asks)
        at_ns = moment(ts_recv_ns, message.time_ms, message.time)
        return (events.delta(self.instrument(book[0].c), at_ns, ts_recv_ns, bids=bids, asks=asks),)

    def _on_liquidates(self, message: Frame, ts_recv_ns: int) -> Sequence[Event]:
        """Of every market of the settlement: those that nobody asked for are passed over."""
        coverage = self.completeness["liquidations"]

        def read(raw: msgspec.Raw) -> Sequence[Event]:
            row = wire.read_liquidate(raw)
            instrument = self._by_symbol.get(row.contract)
            if instrument is None or not row.size:
                return ()
            at_ns = moment(ts_recv_ns, row.time_ms, row.time, message.time_ms)
            return (
                events.liquidation(
                    instrument, at_ns, ts_recv_ns,
                    liquidated="long" if row.size < 0 else "short", price=row.price, price_kind="order",
                    qty=abs(row.size), sampled=coverage.at(at_ns).kind != "all",
                ),
            )  # fmt: skip

        return list(chain.from_iterable(readable_rows(raw_rows(message.result), read)))

    def _on_closes(self, message: Frame, ts_recv_ns: int) -> Sequence[Event]:
        """Of an account that is told of its own alone; the sign is the position's."""
        return [
            events.liquidation(
                instrument, moment(ts_recv_ns, row.time), ts_recv_ns,
                liquidated="long" if row.size > 0 else "short", price=row.fill_price, price_kind="fill",
                qty=abs(row.size) - abs(row.left), sampled=True, liquidation_id=row.order_id,
            )
            for row in wire.read_closes(message.result)
            if abs(row.size) > abs(row.left) and (instrument := self._by_symbol.get(row.contract))
        ]  # fmt: skip

    def _on_tickers(self, message: Frame, ts_recv_ns: int) -> Sequence[Event]:
        found: list[Event] = []
        for row in wire.read_tickers(message.result):
            instrument = self.instrument(row.contract)
            at_ns = moment(ts_recv_ns, row.t, message.time_ms, message.time)
            mark, index = row.mark_price or None, row.index_price or None
            rate = None if row.funding_rate == "" else row.funding_rate
            if mark or index or rate is not None:
                state = events.derivative(
                    instrument, at_ns, ts_recv_ns,
                    mark=mark, index=index, funding_rate=rate, next_funding_ms=row.funding_next_apply * 1000,
                )  # fmt: skip
                found.append(state)
            if isinstance(row.total_size, float):
                qty = row.total_size
                found.append(events.open_interest(instrument, at_ns, ts_recv_ns, qty=qty, price=mark))
        return found

    def _on_system(self, message: Frame, ts_recv_ns: int) -> Sequence[Control]:
        told = wire.read_system(message.result)
        return (Refusal(told.msg[:200] or told.type, "replace"),) if told.type == "upgrade" else ()
