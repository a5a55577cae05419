"""Hyperliquid perpetuals: whole books without sequence numbers, trades, marks, and forced fills of watched addresses.

A `Hyperliquid` object remembers the newest time of each coin's books and the ids that it has seen, since the venue
repeats itself after every subscription. One object serves one run: make a new one to replay from an earlier time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from producers.completeness import NONE, ChannelName, Coverage
from producers.errors import DecodeError
from producers.venue import Control, Limits, Poll, Request, Sequencing, Socket
from producers.venues.decoding import FAILURES, decode_error, event_ns
from producers.venues.hyperliquid_events import context, snapshot, top, trade
from producers.venues.hyperliquid_fills import fill_event, forced
from producers.venues.hyperliquid_subscriptions import LIQUIDATORS, MOST_USERS, control, sockets
from producers.venues.hyperliquid_wire import (
    Bbo,
    BboFrame,
    Book,
    BookFrame,
    ContextFrame,
    Level,
    MarketFrame,
    Meta,
    TradesFrame,
    UserFills,
    WsTrade,
)
from producers.venues.recent_ids import RecentIds
from schemas.base import Event
from schemas.instrument import Instrument, canonical_id
from schemas.market import BookSnapshot

HISTORY_NS = 60 * 10**9
"""Trades this much older than their receipt are the history that follows a subscription."""
MOST_SEEN = 50_000
"""Ids remembered against repetition: minutes of the busiest trading, far more than a repetition reaches back."""
MAX_AHEAD_NS = 10 * 10**9
"""A frame's time counts as newest at most this far ahead of its receipt: one bad time must not silence a book."""

_frames: msgspec.json.Decoder[MarketFrame] = msgspec.json.Decoder(MarketFrame, strict=False)
_meta = msgspec.json.Decoder(Meta).decode
_book = msgspec.json.Decoder(Book).decode


class Hyperliquid:
    """The main exchange's perpetuals. Fills of at most ten `watched_users` are the only public sight of forced flow."""

    id = "hyperliquid"
    group = "hyperliquid"
    websocket_base = "wss://api.hyperliquid.xyz"
    rest_base = "https://api.hyperliquid.xyz"
    limits = Limits(messages_per_s=20, connects_per_min=30, lifetime_s=None, snapshots_per_min=0)
    """Documented: 2000 messages and 30 connections a minute; no forced cut."""
    sequencing: Sequencing | None = None
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": Coverage(kind="all", note="a reconnect replays some and cannot fill a gap"),
        "book": Coverage(kind="periodic", every_s=5.0, note="20 levels; best bid and ask in every block"),
        "liquidations": Coverage(kind="partial", note="only fills of watched addresses: sums are lower bounds"),
        "mark": Coverage(kind="periodic", every_s=1.0),
        "open_interest": Coverage(kind="periodic", every_s=1.0),
        "insurance": NONE,
        "adl": Coverage(kind="partial", note="only fills of watched addresses"),
        "status": NONE,
    }

    def __init__(self, *, watched_users: Sequence[str] = LIQUIDATORS) -> None:
        if len(watched_users) > MOST_USERS:
            raise ValueError(f"at most {MOST_USERS} addresses can be watched, not {len(watched_users)}")
        self.watched_users = tuple(watched_users)
        self._by_coin: dict[str, Instrument] = {}
        self._newest_ns: dict[tuple[str, str], int] = {}
        self._seen = RecentIds(most=MOST_SEEN)

    def instruments_requests(self) -> list[Request]:
        """The call for the list of perpetuals."""
        return [Request(path="/info", method="POST", body=b'{"type":"meta"}')]

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        """The perpetuals that are not delisted."""
        try:
            coins = _meta(body).universe
        except FAILURES as failure:
            raise decode_error(failure) from failure
        return [self._perpetual(coin.name, ts_recv_ns) for coin in coins if not coin.is_delisted]

    def register(self, instruments: Sequence[Instrument]) -> None:
        """Make these markets known to `parse`."""
        self._by_coin.update((instrument.symbol, instrument) for instrument in instruments)

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """A coin names its perpetual; spot pairs (`PURR/USDC`, `@162`) are not followed."""
        return None if "/" in symbol or symbol.startswith("@") else self._perpetual(symbol, ts_recv_ns)

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """At most four, whatever the number of coins."""
        return sockets(instruments, self.watched_users)

    def book_request(self, instrument: Instrument) -> None:
        """None: every book message is a whole book."""
        return

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """The book in a REST answer; it has the shape of the socket's."""
        try:
            book = _book(body)
        except FAILURES as failure:
            raise decode_error(failure) from failure
        return snapshot(book, instrument, event_ns(book.time, ts_recv_ns), ts_recv_ns)

    def polls(self, instruments: Sequence[Instrument]) -> list[Poll]:
        """Nothing is asked for again and again."""
        return []

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """Nothing was asked for."""
        raise DecodeError("unknown_symbol", name[:40])

    def message_number(self, frame: bytes) -> None:
        """Connections are not counted here."""

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        """One frame's events."""
        try:
            message = _frames.decode(frame)
        except FAILURES as failure:
            return control(frame, decode_error(failure))
        if isinstance(message, BboFrame):
            return self._top(message.data, ts_recv_ns)
        if isinstance(message, TradesFrame):
            return self._trades(message.data, ts_recv_ns)
        if isinstance(message, BookFrame):
            return self._whole_book(message.data, ts_recv_ns)
        if isinstance(message, ContextFrame):
            return context(message.data.ctx, self._instrument(message.data.coin), ts_recv_ns)
        return self._fills(message.data, ts_recv_ns)

    def symbol_of(self, frame: bytes) -> str | None:
        """The coin of a market frame, of its first row where it has many."""
        try:
            data = _frames.decode(frame).data
        except FAILURES:
            return None
        if isinstance(data, tuple):
            return data[0].coin if data else None
        if isinstance(data, UserFills):
            return data.fills[0].coin if data.fills else None
        return data.coin

    def _perpetual(self, coin: str, ts_recv_ns: int) -> Instrument:
        return Instrument(
            venue=self.id,
            instrument=canonical_id(coin, "USDC", "perp"),
            ts_event_ns=ts_recv_ns,
            ts_recv_ns=ts_recv_ns,
            symbol=coin,
            base=coin,
            quote="USDC",
            market="perp",
            contract="linear",
            contract_value=1.0,
            # Steps depend on the price here (five significant figures), so the book learns them.
            tick_size=None,
        )

    def _instrument(self, coin: str) -> Instrument:
        instrument = self._by_coin.get(coin)
        if instrument is None:
            raise DecodeError("unknown_symbol", coin[:40])
        return instrument

    def _is_newest(self, kind: str, coin: str, ts_event_ns: int, ts_recv_ns: int) -> bool:
        """Whether this frame is not older than the last one of its kind: there are no sequence numbers."""
        key = (kind, coin)
        if ts_event_ns < self._newest_ns.get(key, 0):
            return False
        self._newest_ns[key] = min(ts_event_ns, ts_recv_ns + MAX_AHEAD_NS)
        return True

    def _whole_book(self, book: Book, ts_recv_ns: int) -> Sequence[Event]:
        instrument = self._instrument(book.coin)
        ts_event_ns = event_ns(book.time, ts_recv_ns)
        bids, asks = book.levels
        if book.fast:
            # Five levels twice a second beside twenty every 5 s: merged they would be neither book.
            best = (bids[0] if bids else None, asks[0] if asks else None)
            return self._top_at(best, instrument, ts_event_ns, ts_recv_ns)
        if not self._is_newest("book", book.coin, ts_event_ns, ts_recv_ns):
            return ()
        return (snapshot(book, instrument, ts_event_ns, ts_recv_ns),)

    def _top(self, message: Bbo, ts_recv_ns: int) -> Sequence[Event]:
        return self._top_at(message.bbo, self._instrument(message.coin), event_ns(message.time, ts_recv_ns), ts_recv_ns)

    def _top_at(
        self, best: tuple[Level | None, Level | None], instrument: Instrument, ts_event_ns: int, ts_recv_ns: int
    ) -> Sequence[Event]:
        # `bbo` and fast books tell the same thing, so the older of the two is dropped.
        if not self._is_newest("top", instrument.symbol, ts_event_ns, ts_recv_ns):
            return ()
        return (top(best, instrument, ts_event_ns, ts_recv_ns),)

    def _trades(self, rows: Sequence[WsTrade], ts_recv_ns: int) -> Sequence[Event]:
        events = []
        for row in rows:
            instrument = self._instrument(row.coin)
            ts_event_ns = event_ns(row.time, ts_recv_ns)
            if ts_event_ns < ts_recv_ns - HISTORY_NS or not self._seen.add(("trade", row.coin, row.tid)):
                continue
            events.append(trade(row, instrument, ts_event_ns, ts_recv_ns))
        return events

    def _fills(self, message: UserFills, ts_recv_ns: int) -> Sequence[Event]:
        """Forced fills, each match once. A watched address trades many coins: those not registered are passed over."""
        if message.is_snapshot:
            return ()
        events = []
        for fill in message.fills:
            instrument = self._by_coin.get(fill.coin)
            if instrument is None or not forced(fill):
                continue
            event = fill_event(fill, message.user, instrument, ts_recv_ns)
            if self._seen.add((type(event), fill.coin, fill.tid)):
                events.append(event)
        return events
