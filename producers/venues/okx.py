"""OKX v5: swaps, dated futures, spot pairs. Sizes of derivatives count contracts; books chain by `seqId`.

Books of 2022 carry a checksum and no ids: there it is the proof. Where ids are they are proof enough, and the checksum
is a constant 0 since 2026-06-23. An object remembers what a subscription repeats: one object serves one run.
Facts without another source: OKX v5 documentation, 2026-07.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import chain
from typing import Literal

from msgspec import Raw

from producers.completeness import ChannelName, Coverage
from producers.errors import DecodeError
from producers.venue import Ack, Control, Limits, Poll, Pong, Refusal, Request, Resubscribe, Sequencing, Socket
from producers.venues import okx_events, okx_subscriptions, okx_wire
from producers.venues.decoding import FAILURES, decode_error, raw_rows, readable_rows
from producers.venues.okx_books import Books, whole
from producers.venues.okx_states import States
from producers.venues.okx_subscriptions import DERIVATIVES, family_of, index_of, listing, say
from producers.venues.okx_wire import Topic
from producers.venues.recent_ids import RecentIds
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookSnapshot

HISTORY_NS = 2 * 10**9
"""Rows of the first push on a topic that are older than its subscription by more are history, not flow."""
MOST_SEEN = 50_000
"""Rows remembered, as a subscription repeats the last one."""
FUND_EVERY_S = 900.0
BY_MARKET = ("books", "trades", "mark-price", "open-interest", "price-limit", "funding-rate")
REFUSALS: Mapping[str, Literal["ignore", "resubscribe", "replace", "fatal"]] = {
    "60012": "fatal",  # a malformed request
    "60013": "fatal",  # malformed arguments
    "60014": "resubscribe",  # too frequent
    "64007": "resubscribe",  # internal
    "64008": "replace",  # an upgrade, announced a minute before
}
"""By code. Any other (60018: no such market or channel here) is about one topic among many, and ignored."""


class Okx:
    """All of its markets but options; what is liquidated of margin loans is not followed."""

    id = "okx"
    group = "okx"
    websocket_base = "wss://ws.okx.com"  # port 8443 is closed since 2026-10-31
    rest_base = "https://openapi.okx.com"
    limits = Limits(
        messages_per_s=3,
        connects_per_min=18,  # 3 a second are allowed: no more than 3 may come at once
        lifetime_s=None,
        operations_per_h=480,
        polls_per_s=2.5,
    )
    sequencing: Sequencing | None = Sequencing(chain="prev_id", snapshots="socket")
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": Coverage(kind="all", note="a taker's fills at one price are one row"),
        "book": Coverage(kind="all", note="400 levels every 100 ms, RPI orders left out; without ids a checksum tells"),
        "liquidations": Coverage(
            kind="sampled", rows=1, every_s=1.0, note="the cap of 2025's documentation; today's names none"
        ),
        "mark": Coverage(kind="periodic", every_s=0.2, note="at rest 10 s; index 0.1 to 60 s, funding 30 to 90 s"),
        "open_interest": Coverage(kind="periodic", every_s=3.0),
        "insurance": Coverage(kind="poll", every_s=FUND_EVERY_S, note="counted daily; until 2026-06-09 every minute"),
        "adl": Coverage(
            kind="periodic",
            every_s=1.0,
            note="nothing in the normal state: a warning that is not repeated is over",
            since="2026-06-09",
            earlier=Coverage(kind="periodic", every_s=60.0, note="every second in other states than the normal one"),
        ),
        "status": Coverage(kind="all", note="of markets as they change, and asked for every minute"),
    }

    def __init__(self) -> None:
        self._by_symbol: dict[str, Instrument] = {}
        self._related: dict[tuple[str, str], dict[str, Instrument]] = {}
        """Derivatives by ("index", index) and by (type, family)."""
        self._fresh: dict[Topic, int] = {}
        """When the topics were acknowledged that have brought nothing yet."""
        self._seen = RecentIds(most=MOST_SEEN)
        self._books = Books()
        self._states = States(self._by_symbol, self._related)

    def instruments_requests(self) -> list[Request]:
        """One call for each type."""
        return [listing(kind) for kind in ("SPOT", *DERIVATIVES)]

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        """The markets that can be traded now."""
        try:
            rows = readable_rows(okx_wire.answered(body), okx_wire.read_listed)
        except FAILURES as failure:
            raise decode_error(failure) from failure
        found = (okx_wire.listed(self.id, row, ts_recv_ns) for row in rows)
        return [instrument for instrument in found if instrument is not None]

    def register(self, instruments: Sequence[Instrument]) -> None:
        """Make these markets known to `parse`."""
        for one in instruments:
            self._by_symbol[one.symbol] = one
            for key in (("index", index_of(one)), family_of(one)) if one.market != "spot" else ():
                self._related.setdefault(key, {})[one.symbol] = one

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """The market that a symbol names; it does not tell what a contract is worth."""
        return okx_wire.named(self.id, symbol, ts_recv_ns)

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """One for every thirty books."""
        return okx_subscriptions.sockets(instruments)

    def polls(self, instruments: Sequence[Instrument]) -> list[Poll]:
        """The insurance fund of each family, and what trades."""
        return okx_subscriptions.polls(instruments, every_s=FUND_EVERY_S)

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """What the fund holds, or the markets that ceased or began to trade."""
        what, kind, family = (*name.split(":"), "", "")[:3]
        try:
            rows = okx_wire.answered(body)
            if what == "states":
                return [*self._states.changed(rows, ts_recv_ns), *self._states.calmed(ts_recv_ns)]
            known = self._related.get((kind, family), {}).values()
            funds = readable_rows(rows, okx_wire.read_fund)
        except FAILURES as failure:
            raise decode_error(failure) from failure
        return [event for fund in funds for event in okx_events.insurance(fund, self.id, known, ts_recv_ns)]

    def book_request(self, instrument: Instrument) -> Resubscribe:
        """The topic once more: the first push on it is a whole book."""
        topic = Topic(channel="books", inst_id=instrument.symbol)
        return Resubscribe(frames=(say("unsubscribe", (topic,)), say("subscribe", (topic,))))

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """A REST book. It is never asked for: the changes do not count on from it."""
        try:
            books = [okx_wire.read_book(raw) for raw in okx_wire.answered(body)]
        except FAILURES as failure:
            raise decode_error(failure) from failure
        if len(books) != 1:
            raise DecodeError("bad_shape", f"{len(books)} books in the answer")
        return whole(books[0], instrument, ts_recv_ns)

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        """One push, or the answer to something said."""
        if frame == b"pong":
            return (Pong(),)
        try:
            message = okx_wire.read_frame(frame)
            if message.table is not None:
                raise DecodeError("dead_protocol", "version 3 of the API")
            if message.event:
                return self._control(message, ts_recv_ns)
            return [*self._push(message, ts_recv_ns), *self._states.calmed(ts_recv_ns)]
        except FAILURES as failure:
            raise decode_error(failure) from failure

    def message_number(self, frame: bytes) -> None:
        """Connections are not counted here."""

    def symbol_of(self, frame: bytes) -> str | None:
        """The market of the topic; a dash tells it from those of venues that write their topics alike."""
        try:
            message = okx_wire.read_frame(frame)
            if message.arg.channel == "liquidation-orders" and not message.event:
                return next((okx_wire.read_liquidations(row).inst_id for row in raw_rows(message.data)), None)
        except FAILURES:
            return None
        own = message.arg.channel in BY_MARKET and "-" in message.arg.inst_id and not message.event
        return message.arg.inst_id if own else None

    def _control(self, message: okx_wire.Frame, now: int) -> Sequence[Control]:
        topic = message.arg
        if message.event == "subscribe":
            repeats_last = topic.channel == "trades" and topic.inst_id in self._by_symbol
            if repeats_last or (topic.channel == "liquidation-orders" and topic.inst_type in DERIVATIVES):
                self._fresh[topic] = now
            return (Ack(),)
        if message.event in ("error", "notice"):
            action = REFUSALS.get(str(message.code), "ignore")
            return (Refusal(f"{message.code}: {message.msg}"[:200], action),)
        return ()

    def _push(self, message: okx_wire.Frame, now: int) -> Sequence[Event]:
        topic, data = message.arg, message.data
        match topic.channel:
            case "books":
                one = self._instrument(topic)
                return [self._books.read(book, message.action, one, now) for book in okx_wire.read_books(data)]
            case "trades":
                return self._trades(topic, okx_wire.read_trades(data), now)
            case "liquidation-orders":
                return self._liquidations(topic, data, now)
            case "mark-price":
                return [okx_events.mark(row, self._instrument(topic), now) for row in okx_wire.read_marks(data)]
            case "funding-rate":
                return [okx_events.funding(row, self._instrument(topic), now) for row in okx_wire.read_fundings(data)]
            case "open-interest":
                one, open_rows = self._instrument(topic), okx_wire.read_open_interests(data)
                return [okx_events.open_interest(row, row.oi, one, now) for row in open_rows if row.oi != ""]
            case "price-limit":
                return [okx_events.price_band(row, self._instrument(topic), now) for row in okx_wire.read_limits(data)]
            case "index-tickers":
                known = self._related.get(("index", topic.inst_id), {}).values()
                return [okx_events.index(row, one, now) for row in okx_wire.read_indices(data) for one in known]
            case "adl-warning":
                return self._states.warnings(data, now)
            case "instruments":
                return self._states.changed(raw_rows(data), now)
            case "status":
                said = okx_wire.read_maintenance(data)
                return [event for row in said for event in okx_events.maintenance(row, self.id, now)]
        return ()

    def _instrument(self, topic: Topic) -> Instrument:
        instrument = self._by_symbol.get(topic.inst_id)
        if instrument is None:
            raise DecodeError("unknown_symbol", topic.inst_id[:40])
        return instrument

    def _trades(self, topic: Topic, rows: Sequence[okx_wire.Trade], now: int) -> Sequence[Event]:
        one, fresh_ns = self._instrument(topic), self._fresh.pop(topic, None)
        made = [okx_events.trade(row, one, now) for row in rows]
        return [event for event in made if self._is_news(event, (one.symbol, event.trade_id), fresh_ns)]

    def _liquidations(self, topic: Topic, data: Raw, now: int) -> Sequence[Event]:
        fresh_ns, sampled = self._fresh.pop(topic, None), self.completeness["liquidations"].at(now).kind != "all"
        found = [
            (one, raw)
            for market in readable_rows(raw_rows(data), okx_wire.read_liquidations)
            if market.inst_type in DERIVATIVES and (one := self._by_symbol.get(market.inst_id))
            for raw in market.details
        ]

        def read(pair: tuple[Instrument, Raw]) -> Sequence[Event]:
            one, row = pair[0], okx_wire.read_forced(pair[1])
            event = okx_events.liquidation(row, one, now, sampled=sampled)
            return (event,) if self._is_news(event, (one.symbol, row), fresh_ns) else ()

        return list(chain.from_iterable(readable_rows(found, read)))

    def _is_news(self, event: Event, row: Hashable, fresh_ns: int | None) -> bool:
        unseen = self._seen.add(row)
        return fresh_ns is None or (unseen and event.ts_event_ns >= fresh_ns - HISTORY_NS)
