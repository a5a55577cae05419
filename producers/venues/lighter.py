"""Lighter (zkLighter mainnet): perpetuals and spot pairs on one socket, books chained by nonce, every forced fill told.

Frames name markets by number, so a symbol here is the venue's name and its number: `ETH:0`, `ETH/USDC:2048`.
Facts: Lighter WebSocket and REST documentation, 2026; frames published as captured on mainnet, 2026-04 and 2026-07.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import msgspec

from producers.completeness import ALL, ChannelName, Coverage
from producers.errors import DecodeError
from producers.venue import Ack, Control, Limits, Poll, Pong, Refusal, Reply, Request, Resubscribe, Sequencing, Socket
from producers.venues import events
from producers.venues.decoding import event_ns, readable_rows
from producers.venues.lighter_fills import engine_ns, fill
from producers.venues.lighter_wire import Accounts, Book, Frame, Listing, Row, Stats, read
from producers.venues.recent_ids import RecentIds
from producers.venues.splitting import portions
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookSnapshot

MARKETS_A_SOCKET = 249
"""500 subscriptions a connection: book and trades of each market, and the two that tell of all markets at once."""
FUND_ACCOUNT = 281474976710655
"""The insurance fund, as the market list names it (`insurance_fund_account_index`); its account is public."""
HOUR_MS, DOLLAR = 3_600_000, "USDC"
TOO_FAST = frozenset({30009, 30010})
"""Too many messages a minute, or too many unanswered: all is said again. Others (30005 invalid channel) concern one
market, and the others go on."""
SUBSCRIBED_ALREADY = 30003
MOST_TOLD = 20_000
"""Fills remembered: whether one may stand in both lists, or in two frames, is not documented."""


class Lighter:
    """One object serves one run: it remembers which markets the venue has halted."""

    id = "lighter"
    group = "lighter"
    websocket_base = "wss://mainnet.zklighter.elliot.ai"
    rest_base = "https://mainnet.zklighter.elliot.ai"
    limits = Limits(messages_per_s=200 / 60, messages_shared=True, connects_per_min=80, connections=200,
        lifetime_s=None, polls_per_s=0.5)  # fmt: skip
    """Of an address: 200 messages and 80 new connections a minute, 200 connections, 60 REST calls a minute
    (documentation, 2026).
    """
    sequencing: Sequencing | None = Sequencing(chain="prev_id", snapshots="socket")
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": ALL,
        "book": Coverage(kind="all", note="changes every 50 ms, each naming the nonce of the one before"),
        "liquidations": ALL,
        "mark": ALL,
        "open_interest": Coverage(kind="all", note="told in USD and divided by the mark"),
        "insurance": Coverage(kind="poll", every_s=60.0, note="equity of the fund's main account; it has others"),
        "adl": Coverage(kind="all", note="that the taker is the bankrupt party is inferred"),
        "status": Coverage(kind="poll", every_s=60.0),
    }

    def __init__(self) -> None:
        self._by_number: dict[str, Instrument] = {}
        self._halted: set[str] = set()
        self._told = RecentIds(most=MOST_TOLD)

    def instruments_requests(self) -> list[Request]:
        """Perpetuals and spot pairs in one list."""
        return [Request(path="/api/v1/orderBookDetails")]

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        """The active markets."""
        active = [one for one in read(body, Listing).markets() if one.status == "active"]
        found = (
            self._market(f"{one.symbol}:{one.market_id}", ts_recv_ns, is_spot=one.market_type == "spot")
            for one in active
        )
        return [
            msgspec.structs.replace(market, tick_size=one.tick_size())
            for market, one in zip(found, active, strict=True)
            if market is not None
        ]

    def register(self, instruments: Sequence[Instrument]) -> None:
        """Make these markets known to `parse`."""
        self._by_number.update((_number(instrument), instrument) for instrument in instruments)

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """A name with a slash is a spot pair; perpetuals are quoted in USDC. A number alone names nothing."""
        return self._market(symbol, ts_recv_ns, is_spot="/" in symbol)

    def _market(self, symbol: str, ts_recv_ns: int, *, is_spot: bool) -> Instrument | None:
        name, _, number = symbol.rpartition(":")
        base, slash, quote = name.partition("/")
        if not (base and number.isdecimal()) or bool(slash) != bool(quote) or base == (quote or DOLLAR):
            return None
        return events.market(self.id, symbol, ts_recv_ns, kind="spot" if is_spot else "perp",
            contract="spot" if is_spot else "linear", base=base, quote=quote or DOLLAR, contract_value=1.0)  # fmt: skip

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """Whole markets on each; the first also carries the state of all. What opens the trades is an ack."""
        sockets = []
        for place, some in enumerate(portions(instruments, MARKETS_A_SOCKET)):
            channels = [f"{what}/{_number(one)}" for one in some for what in ("order_book", "trade")]
            if place == 0:
                channels = ["market_stats/all", "spot_market_stats/all", *channels]
            said, ping = tuple(_say("subscribe", channel) for channel in channels), '{"type":"ping"}'
            name, path, acks = f"public-{place}", "/stream?readonly=true", len(some)
            # Who says nothing for two minutes is cut.
            socket = Socket(name=name, path=path, subscribe=said, expect_acks=acks, ping=ping, ping_every_s=60.0)
            # Liquidations come with the fills of a socket's markets, whose marks the first socket carries.
            sockets.append(msgspec.structs.replace(socket, stale_after_s=120.0, liquidations="trades"))
        return sockets

    def polls(self, instruments: Sequence[Instrument]) -> list[Poll]:
        """What no socket tells: which markets are halted, and what the fund holds."""
        if not instruments:
            return []
        fund = Request(path=f"/api/v1/account?by=index&value={FUND_ACCOUNT}")
        status = Poll(name="status", request=self.instruments_requests()[0], every_s=60.0)
        return [status, Poll(name="insurance", request=fund, every_s=60.0)]

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """The fund; or the markets that were halted or opened again since the last answer."""
        at = (self.id, ts_recv_ns, ts_recv_ns)
        if name == "insurance":
            return (events.insurance(*at, balance_usd=read(body, Accounts).accounts[0].total_asset_value),)
        found: list[Event] = []
        for one in read(body, Listing).markets():
            number, open_now = str(one.market_id), one.status == "active"
            instrument = self._by_number.get(number)
            if instrument is None or open_now != (number in self._halted):
                continue
            (self._halted.discard if open_now else self._halted.add)(number)
            state = events.status(*at, state="up" if open_now else "halted", reason=one.status, instrument=instrument)
            found.append(state)
        return found

    def book_request(self, instrument: Instrument) -> Resubscribe:
        """A second subscription alone is refused: the first has to end."""
        channel = f"order_book/{_number(instrument)}"
        return Resubscribe(frames=(_say("unsubscribe", channel), _say("subscribe", channel)))

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """The socket sends the books."""
        raise DecodeError("bad_shape", "books come over the socket")

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        """One frame. The trades that answer a subscription are history, and dropped."""
        message = read(frame, Frame)
        when, _, what = message.type.partition("/")
        if what == "order_book" and message.order_book is not None:
            return (self._book(message, message.order_book, ts_recv_ns, whole=when == "subscribed"),)
        if what == "trade":
            return (Ack(),) if when == "subscribed" else self._trades(message, ts_recv_ns)
        if what == "market_stats":
            return self._states(message, message.market_stats, ts_recv_ns)
        if what == "spot_market_stats":
            return self._states(message, message.spot_market_stats, ts_recv_ns)
        if message.error is not None and message.error.code == SUBSCRIBED_ALREADY:
            return (Ack(),)
        if message.error is not None:
            reason = f"{message.error.code} {message.error.message}"[:200]
            return (Refusal(reason, "resubscribe" if message.error.code in TOO_FAST else "ignore"),)
        if when == "ping":
            return (Reply('{"type":"pong"}'),)
        return (Pong(),) if when == "pong" else ()

    def message_number(self, frame: bytes) -> None:
        """Connections are not counted here."""

    def symbol_of(self, frame: bytes) -> str | None:
        """The registered symbol, else the market's number: what that trades is told by the market list alone."""
        try:
            message = read(frame, Frame)
        except DecodeError:
            return None
        channel, _, number = message.channel.partition(":")
        what = message.type.partition("/")[2]
        if what != channel or what not in ("order_book", "trade", "market_stats") or not number.isdecimal():
            return None
        return self._by_number[number].symbol if number in self._by_number else number

    def _known(self, channel: str) -> Instrument:
        instrument = self._by_number.get(channel.partition(":")[2])
        if instrument is None:
            raise DecodeError("unknown_symbol", channel[:40])
        return instrument

    def _book(self, message: Frame, book: Book, ts_recv_ns: int, *, whole: bool) -> Event:
        instrument = self._known(message.channel)
        bids, asks = (events.levels((one.price, one.size) for one in side or ()) for side in (book.bids, book.asks))
        if whole:  # a quiet market's was last changed long ago, and holds now
            now_ns = event_ns(message.timestamp, ts_recv_ns)
            return events.snapshot(instrument, now_ns, ts_recv_ns, bids=bids, asks=asks, last_id=book.nonce)
        at = (instrument, engine_ns(book.last_updated_at, message.timestamp, ts_recv_ns), ts_recv_ns)
        return events.delta(*at, bids=bids, asks=asks, last_id=book.nonce, prev_id=book.begin_nonce)

    def _trades(self, message: Frame, ts_recv_ns: int) -> list[Event]:
        instrument = self._known(message.channel)
        raws = (*(message.trades or ()), *(message.liquidation_trades or ()))
        rows = {row.trade_id: row for row in readable_rows(raws, lambda raw: read(raw, Row))}  # the forced one stays
        ordered = (rows[number] for number in sorted(rows))
        told = readable_rows(ordered, lambda row: [(row.trade_id, one) for one in fill(row, instrument, ts_recv_ns)])
        of_one = instrument.symbol
        return [one for number, one in chain.from_iterable(told) if self._told.add((of_one, number, type(one)))]

    def _states(self, message: Frame, stats: msgspec.Raw, ts_recv_ns: int) -> list[Event]:
        if not message.channel.endswith(":all"):
            return _state(stats, self._known(message.channel), message.timestamp, ts_recv_ns)
        rows = (
            (self._by_number[key], raw)
            for key, raw in read(stats, dict[str, msgspec.Raw]).items()
            if key in self._by_number
        )
        told = readable_rows(rows, lambda row: _state(row[1], row[0], message.timestamp, ts_recv_ns))
        return [*chain.from_iterable(told)]


def _state(raw: msgspec.Raw, instrument: Instrument, time_ms: int, ts_recv_ns: int) -> list[Event]:
    row, at = read(raw, Stats), (instrument, event_ns(time_ms, ts_recv_ns), ts_recv_ns)
    rate = row.current_funding_rate / 100 if isinstance(row.current_funding_rate, float) else None
    due_ms = None if rate is None else (time_ms // HOUR_MS + 1) * HOUR_MS
    mark, index = row.mark_price or None, row.index_price or None
    found: list[Event] = [events.derivative(*at, mark=mark, index=index, funding_rate=rate, next_funding_ms=due_ms)]
    if mark and isinstance(row.open_interest, float):
        found.append(events.open_interest(*at, qty=row.open_interest / mark, price=mark))
    return found


def _number(instrument: Instrument) -> str:
    return instrument.symbol.rpartition(":")[2]


def _say(verb: str, channel: str) -> str:
    return f'{{"type":"{verb}","channel":"{channel}"}}'
