"""Hyperliquid perpetuals: whole books without sequence numbers, trades, marks, and forced fills of watched addresses.

A `Hyperliquid` object remembers the newest time of each coin's books and the ids that it has seen, since the venue
repeats itself after every subscription. One object serves one run: make a new one to replay from an earlier time.
A line of a node's own files of fills, from its disk or from S3, is read like a frame; those files leave nobody out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from producers.completeness import NONE, ChannelName, Coverage
from producers.errors import DecodeError
from producers.venue import Control, Limits, Poll, Request, Sequencing, Socket
from producers.venues import events
from producers.venues import hyperliquid_fills as fills
from producers.venues import hyperliquid_wire as wire
from producers.venues.decoding import FAILURES, decode_error, event_ns
from producers.venues.recent_ids import RecentIds
from producers.venues.splitting import portions
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookSnapshot, Side

MOST_USERS, MOST_SUBSCRIPTIONS, SUBSCRIPTIONS_PER_SOCKET = 10, 1000, 250
"""Addresses that one IP may watch, and subscriptions that it may hold over all its connections: of the ten that it may
open, four at most are."""
HISTORY_NS = 60 * 10**9
"""Trades this much older than their receipt are the history that follows a subscription."""
MOST_SEEN = 50_000
"""Ids remembered against repetition: minutes of the busiest trading, far more than a repetition reaches back."""
MAX_AHEAD_NS = 10 * 10**9
"""A frame's time counts as newest at most this far ahead of its receipt: one bad time must not silence a book."""

_CHANNELS: tuple[Mapping[str, str | bool], ...] = (
    {"type": "l2Book"},
    {"type": "trades"},
    {"type": "activeAssetCtx"},
    {"type": "bbo"},
    {"type": "l2Book", "fast": True},
)
"""Subscriptions of a coin, the most dispensable last: they are left out where a long list would exceed the cap."""

_frames: msgspec.json.Decoder[wire.MarketFrame] = msgspec.json.Decoder(wire.MarketFrame, strict=False)
_meta = msgspec.json.Decoder(wire.Meta).decode
_book = msgspec.json.Decoder(wire.Book).decode


class Hyperliquid:
    """The main exchange's perpetuals. Fills of at most ten `watched_users` are the only public sight of forced flow."""

    id = "hyperliquid"
    group = "hyperliquid"
    websocket_base = "wss://api.hyperliquid.xyz"
    rest_base = "https://api.hyperliquid.xyz"
    limits = Limits(messages_per_s=20, connects_per_min=30, lifetime_s=None, connections=10)
    """Documented (2026-09): 2000 messages and 30 new connections a minute, 10 open ones; no forced cut."""
    sequencing: Sequencing | None = None
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": Coverage(kind="all", note="a reconnect replays some and cannot fill a gap"),
        "book": Coverage(kind="periodic", every_s=5.0, note="20 levels; best bid and ask in every block"),
        "liquidations": Coverage(
            kind="partial", note="fills of watched addresses: sums are lower bounds; a node's files of fills hold all"
        ),
        "mark": Coverage(kind="periodic", every_s=1.0),
        "open_interest": Coverage(kind="periodic", every_s=1.0),
        "insurance": NONE,
        "adl": Coverage(kind="partial", note="fills of watched addresses; a node's files of fills hold all"),
        "status": NONE,
    }

    def __init__(self, *, watched_users: Sequence[str] = fills.LIQUIDATORS) -> None:
        if len(watched_users) > MOST_USERS:
            raise ValueError(f"at most {MOST_USERS} addresses can be watched, not {len(watched_users)}")
        self.watched_users = tuple(watched_users)
        self._by_coin: dict[str, Instrument] = {}
        self._newest_ns: dict[tuple[str, str], int] = {}
        self._seen = RecentIds(most=MOST_SEEN)
        self._fills = fills.Fills(self._seen)

    def instruments_requests(self) -> list[Request]:
        """The call for the list of perpetuals."""
        return [Request(path="/info", method="POST", body=b'{"type":"meta"}')]

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        """The perpetuals that are not delisted."""
        try:
            coins = _meta(body).universe
        except FAILURES as failure:
            raise decode_error(failure) from failure
        found = (self.infer_instrument(coin.name, ts_recv_ns) for coin in coins if not coin.is_delisted)
        return [instrument for instrument in found if instrument is not None]

    def register(self, instruments: Sequence[Instrument]) -> None:
        """Make these markets known to `parse`."""
        self._by_coin.update((instrument.symbol, instrument) for instrument in instruments)

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """A coin names its perpetual; spot pairs are not followed."""
        if not fills.is_perpetual(symbol):
            return None
        # Steps depend on the price here (five significant figures), so the book learns them.
        return events.market(
            self.id, symbol, ts_recv_ns, base=symbol, quote="USDC", kind="perp", contract="linear", contract_value=1.0
        )

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """All channels of a coin on one connection; the watched addresses go with the first."""
        budget = MOST_SUBSCRIPTIONS - len(self.watched_users)
        channels = _CHANNELS[: max(1, min(len(_CHANNELS), budget // max(1, len(instruments))))]
        made = []
        for index, some in enumerate(portions(instruments, SUBSCRIPTIONS_PER_SOCKET // len(channels))):
            wanted = [{**channel, "coin": one.symbol} for one in some for channel in channels]
            wanted += [] if index else [{"type": "userFills", "user": user} for user in self.watched_users]
            said = ({"method": "subscribe", "subscription": subscription} for subscription in wanted)
            socket = Socket(
                name=f"main-{index}",
                path="/ws",
                subscribe=tuple(msgspec.json.encode(one).decode() for one in said),
                expect_acks=len(wanted),
                ping='{"method":"ping"}',
                ping_every_s=30.0,
            )
            made.append(socket)
        return made

    def book_request(self, instrument: Instrument) -> None:
        """None: every book message is a whole book."""
        return

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """The book in a REST answer; it has the shape of the socket's."""
        try:
            book = _book(body)
        except FAILURES as failure:
            raise decode_error(failure) from failure
        return _snapshot(book, instrument, event_ns(book.time, ts_recv_ns), ts_recv_ns)

    def polls(self, instruments: Sequence[Instrument]) -> list[Poll]:
        """Nothing is asked for again and again."""
        return []

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """Nothing was asked for."""
        raise DecodeError("unknown_symbol", name[:40])

    def message_number(self, frame: bytes) -> None:
        """Connections are not counted here."""

    def written_ns(self, line: bytes) -> int | None:
        """When a line of a node's files was written; None for any other line."""
        return fills.node_line_ns(line) if fills.is_node_line(line) else None

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        """One frame's events, or those of a line of a node's files."""
        try:
            message = _frames.decode(frame)
        except FAILURES as failure:
            if fills.is_node_line(frame):
                return self._fills.of_node(fills.node_line(frame), self._by_coin, ts_recv_ns)
            return wire.control(frame, decode_error(failure))
        if isinstance(message, wire.BboFrame):
            data = message.data
            return self._top(data.bbo, self._instrument(data.coin), event_ns(data.time, ts_recv_ns), ts_recv_ns)
        if isinstance(message, wire.TradesFrame):
            return self._trades(message.data, ts_recv_ns)
        if isinstance(message, wire.BookFrame):
            return self._whole_book(message.data, ts_recv_ns)
        if isinstance(message, wire.ContextFrame):
            return _context(message.data.ctx, self._instrument(message.data.coin), ts_recv_ns)
        sampled = self.completeness["liquidations"].kind != "all"
        return self._fills.watched(message.data, self._by_coin, ts_recv_ns, sampled=sampled)

    def symbol_of(self, frame: bytes) -> str | None:
        """The coin of a market frame, of its first row where it has many; in a node's line the first unknown one."""
        try:
            if fills.is_node_line(frame):
                coins = [fill.coin for _, fill in fills.node_line(frame) if fills.is_perpetual(fill.coin)]
                return next((coin for coin in coins if coin not in self._by_coin), coins[0] if coins else None)
            data = _frames.decode(frame).data
        except (*FAILURES, DecodeError):
            return None
        if isinstance(data, tuple):
            return data[0].coin if data else None
        if isinstance(data, wire.UserFills):
            return data.fills[0].coin if data.fills else None
        return data.coin

    def _instrument(self, coin: str) -> Instrument:
        instrument = self._by_coin.get(coin)
        if instrument is None:
            raise DecodeError("unknown_symbol", coin[:40])
        return instrument

    def _is_newest(self, kind: str, coin: str, at_ns: int, ts_recv_ns: int) -> bool:
        """Whether this frame is not older than the last one of its kind: there are no sequence numbers."""
        if at_ns < self._newest_ns.get((kind, coin), 0):
            return False
        self._newest_ns[kind, coin] = min(at_ns, ts_recv_ns + MAX_AHEAD_NS)
        return True

    def _whole_book(self, book: wire.Book, ts_recv_ns: int) -> Sequence[Event]:
        one, at_ns = self._instrument(book.coin), event_ns(book.time, ts_recv_ns)
        if book.fast:
            # Five levels twice a second beside twenty every 5 s: merged they would be neither book.
            bids, asks = book.levels
            return self._top((bids[0] if bids else None, asks[0] if asks else None), one, at_ns, ts_recv_ns)
        if not self._is_newest("book", book.coin, at_ns, ts_recv_ns):
            return ()
        return (_snapshot(book, one, at_ns, ts_recv_ns),)

    def _top(self, best: wire.Best, one: Instrument, at_ns: int, ts_recv_ns: int) -> Sequence[Event]:
        # `bbo` and fast books tell the same thing, so the older of the two is dropped.
        if not self._is_newest("top", one.symbol, at_ns, ts_recv_ns):
            return ()
        bid, ask = best[0] or wire.NO_LEVEL, best[1] or wire.NO_LEVEL
        sizes = {"bid": float(bid.px), "bid_qty": float(bid.sz), "ask": float(ask.px), "ask_qty": float(ask.sz)}
        return (events.top(one, at_ns, ts_recv_ns, **sizes),)

    def _trades(self, rows: Sequence[wire.WsTrade], ts_recv_ns: int) -> Sequence[Event]:
        made = []
        for row in rows:
            one, at_ns = self._instrument(row.coin), event_ns(row.time, ts_recv_ns)
            if at_ns < ts_recv_ns - HISTORY_NS or not self._seen.add(("trade", row.coin, row.tid)):
                continue
            taker: Side = "buy" if row.side == "B" else "sell"
            # These ids do not count, so they are text.
            made.append(
                events.trade(one, at_ns, ts_recv_ns, price=row.px, qty=row.sz, taker=taker, trade_id=str(row.tid))
            )
        return made


def _snapshot(book: wire.Book, one: Instrument, at_ns: int, ts_recv_ns: int) -> BookSnapshot:
    """A whole book: what it does not show is not there."""
    bids, asks = (events.levels([(level.px, level.sz) for level in side]) for side in book.levels)
    return events.snapshot(one, at_ns, ts_recv_ns, bids=bids, asks=asks)


def _context(asset: wire.AssetContext, one: Instrument, now: int) -> Sequence[Event]:
    """Mark, oracle and funding, and the open interest; the message has no time, so that of its receipt stands in."""
    state = events.derivative(one, now, now, mark=asset.mark, index=asset.oracle, funding_rate=asset.funding)
    if asset.open_interest is None:
        return (state,)
    return (state, events.open_interest(one, now, now, qty=asset.open_interest, price=asset.mark))
