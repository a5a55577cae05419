"""What Bybit's derivatives and its spot have in common: the v5 socket with books and trades, answers, market lists.

Facts: v5 documentation of 2026-07-24 and its history. `orderbook.500` was served until 2025-09-11; level 1 had changes,
not only whole books, until 2025-03-20. What preceded v5 is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from producers.errors import DecodeError
from producers.venue import Ack, Control, Limits, Poll, Pong, Refusal, Request, Resubscribe, Sequencing, Socket
from producers.venues import events
from producers.venues.bybit_wire import DEAD, OPTION, Book, BookAnswer, Frame, ListAnswer, Listed, Listing, TradeRow
from producers.venues.decoding import FAILURES, check_levels, decode_error, event_ns, readable_rows
from producers.venues.splitting import portions
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookSnapshot

BOOK = "orderbook.1000"
"""The deepest: signals measure percents, not ticks, and its 200 ms are a fifth of their second."""
MARKETS_PER_SOCKET = 40
"""Asked for in 88 requests, which at our pace take 11 s; their topics are a third of the 21,000 characters allowed."""
EXTRAS_PER_REQUEST = 10

_DEPTHS = {"1": 1, "50": 50, "200": 200, "500": 500, "1000": 1000}

_frame = msgspec.json.Decoder(Frame, strict=False).decode
_book = msgspec.json.Decoder(Book, strict=False).decode
_trades = msgspec.json.Decoder(tuple[TradeRow, ...], strict=False).decode
_list_answer = msgspec.json.Decoder(ListAnswer).decode
_listing = msgspec.json.Decoder(Listing).decode
_listed = msgspec.json.Decoder(Listed, strict=False).decode
_book_answer = msgspec.json.Decoder(BookAnswer, strict=False).decode


class BybitV5:
    """Base of both venues. Knows its registered markets, and the depth of the deepest book that it has seen of each."""

    id: str
    group = "bybit"
    websocket_base = "wss://stream.bybit.com"
    rest_base = "https://api.bybit.com"
    limits = Limits(messages_per_s=10, connects_per_min=50, lifetime_s=None, connections=1000)
    """Documented: 500 connects in 5 minutes, 1000 connections a category; nothing about messages."""
    sequencing: Sequencing | None = Sequencing(chain="contiguous", snapshots="socket")

    categories: Mapping[str, tuple[str, ...]]
    """Each has a socket path and a market list; with the topics that speak of all its markets."""
    topics: tuple[tuple[str, ...], ...]
    """Of each market, by request: a topic that is refused takes the others of its request with it."""
    extras: tuple[str, ...] = ()
    """Of each market, too, but nothing depends on them."""
    stale_after_s: float

    def __init__(self) -> None:
        self._by_symbol: dict[str, Instrument] = {}
        self._deepest: dict[str, int] = {}
        self._of_market: dict[str, Callable[[Frame, Instrument, int], Sequence[Event]]] = {
            "orderbook": self._changes,
            "publicTrade": self._trades,
            "trade": self._trades,
        }
        self._of_all: dict[str, Callable[[Frame, int], Sequence[Event]]] = {}

    def instruments_requests(self) -> list[Request]:
        """One call a category, which gives the first 1000 that trade: of linear ones there are more than 500.

        What comes after them is to be had with a cursor from the answer alone: the other filters (`baseCoin`,
        `symbolType`) give parts that overlap, and there is none by settlement. Spot is told whole.
        """
        return [Request(path=f"/v5/market/instruments-info?category={name}&limit=1000") for name in self.categories]

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        """The markets that are trading now; one that cannot be read is left out."""
        try:
            answer = _list_answer(body)
            if answer.code:  # too many requests, say: no empty list
                raise DecodeError("bad_shape", f"code {answer.code}: {answer.words[:100]}")
            rows = _listing(answer.result).list
        except FAILURES as failure:
            if b'"ret_code"' in body:
                raise DecodeError("dead_protocol", "a market list of the API before v5") from failure
            raise decode_error(failure) from failure
        trading = (row for row in readable_rows(rows, _listed) if row.status == "Trading")
        found = (self.instrument(row, ts_recv_ns) for row in trading)
        return [instrument for instrument in found if instrument is not None]

    def instrument(self, row: Listed, ts_recv_ns: int) -> Instrument | None:
        """A listed market, or None for a kind that is not followed."""
        raise NotImplementedError

    def register(self, instruments: Sequence[Instrument]) -> None:
        """Make these markets known to `parse`."""
        self._by_symbol.update((instrument.symbol, instrument) for instrument in instruments)

    def category(self, instrument: Instrument) -> str:
        """The category of a market."""
        raise NotImplementedError

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """Sockets of each category: the markets first, then what may be refused without a loss."""
        found = []
        for name, shared in self.categories.items():
            mine = [instrument for instrument in instruments if self.category(instrument) == name]
            for index, some in enumerate(portions(mine, MARKETS_PER_SOCKET)):
                asked = [[f"{topic}.{one.symbol}" for topic in topics] for topics in self.topics for one in some]
                extras = [f"{topic}.{one.symbol}" for topic in self.extras for one in some]
                asked += [list(part) for part in portions(extras, EXTRAS_PER_REQUEST)]
                asked += [[topic] for topic in shared if index == 0]
                found.append(socket(f"{name}-{index}", f"/v5/public/{name}", asked, stale_after_s=self.stale_after_s))
        return found

    def polls(self, instruments: Sequence[Instrument]) -> list[Poll]:
        """Nothing: the sockets tell all."""
        return []

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """Nothing was asked for."""
        raise DecodeError("unknown_symbol", name[:40])

    def book_request(self, instrument: Instrument) -> Resubscribe:
        """A subscription begins with the whole book."""
        topics = [f"{BOOK}.{instrument.symbol}"]
        return Resubscribe(frames=(say("unsubscribe", topics), say("subscribe", topics)))

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """The book of `GET /v5/market/orderbook`."""
        try:
            book = _book_answer(body).result
        except FAILURES as failure:
            raise decode_error(failure) from failure
        return whole(book, instrument, event_ns(book.cts or book.ts, ts_recv_ns), ts_recv_ns)

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        """One frame's events, by the channel and the market that its topic names."""
        try:
            head = _frame(frame)
            if not head.topic:
                return _control(head)
            channel = head.topic.partition(".")[0]
            if channel in DEAD and DEAD[channel] in bytes(head.data):
                raise DecodeError("dead_protocol", f"{channel}: the API before v5")
            if (of_all := self._of_all.get(channel)) is not None:
                return of_all(head, ts_recv_ns)
            if (of_market := self._of_market.get(channel)) is None:
                return ()
            symbol = head.topic.rpartition(".")[2]
            if (instrument := self._by_symbol.get(symbol)) is not None:
                return of_market(head, instrument, ts_recv_ns)
        except FAILURES as failure:
            raise decode_error(failure) from failure
        if OPTION.fullmatch(symbol):
            return ()
        raise DecodeError("unknown_symbol", symbol[:40])

    def message_number(self, frame: bytes) -> None:
        """Connections are not counted here."""

    def symbol_of(self, frame: bytes) -> str | None:
        """The symbol, where the frame can only be of this venue's markets and not of its sibling's."""
        try:
            head = _frame(frame)
            return head.topic.rpartition(".")[2] if self.wrote(head, frame) else None
        except FAILURES:
            return None

    def wrote(self, head: Frame, frame: bytes) -> bool:
        """Whether this venue can have sent a frame, and its sibling, whose markets have the same names, cannot."""
        raise NotImplementedError

    def _changes(self, head: Frame, instrument: Instrument, ts_recv_ns: int) -> Sequence[Event]:
        """A book, or its changes. Of several depths, which a recording may hold, only the deepest counts."""
        depth = _DEPTHS.get(head.topic.split(".")[1], 0)
        if depth < self._deepest.setdefault(instrument.symbol, 1):
            return ()
        book = _book(head.data)
        at_ns = event_ns(head.cts or head.ts, ts_recv_ns)
        self._deepest[instrument.symbol] = depth
        # Documented: an id of 1 is a book after a restart, whatever the type says.
        if head.type == "snapshot" or book.u == 1:
            return (whole(book, instrument, at_ns, ts_recv_ns),)
        if head.type != "delta":
            raise DecodeError("bad_shape", f"a book of type {head.type[:20]!r}")
        check_levels(book.b, book.a)
        return (events.delta(instrument, at_ns, ts_recv_ns, bids=book.b, asks=book.a, last_id=book.u),)

    def _trades(self, head: Frame, instrument: Instrument, ts_recv_ns: int) -> Sequence[Event]:
        """Fills. A block trade was agreed upon elsewhere, at its own price."""
        return [
            events.trade(
                instrument,
                event_ns(row.ms, ts_recv_ns),
                ts_recv_ns,
                price=row.price,
                qty=row.qty,
                taker="buy" if row.side == "Buy" else "sell",
                trade_id=row.id,
                printed="other" if row.block else "market",
            )
            for row in _trades(head.data)
        ]


def whole(book: Book, instrument: Instrument, at_ns: int, ts_recv_ns: int) -> BookSnapshot:
    """A whole book: levels that it does not show are beyond its depth, and no delta will speak of them."""
    check_levels(book.b, book.a)
    return events.snapshot(instrument, at_ns, ts_recv_ns, bids=book.b, asks=book.a, last_id=book.u)


def trade_ids(head: Frame) -> list[str]:
    """Ids of a frame of trades, which differ in kind between spot and the rest."""
    return [row.id for row in _trades(head.data)]


def say(operation: str, topics: Sequence[str]) -> str:
    """A request of the socket."""
    return msgspec.json.encode({"op": operation, "args": topics}).decode()


def socket(name: str, path: str, requests: Sequence[Sequence[str]], *, stale_after_s: float) -> Socket:
    """A socket with these subscriptions, kept awake as the venue wants it: a ping every 20 s."""
    frames = tuple(say("subscribe", topics) for topics in requests)
    return Socket(
        name=name,
        path=path,
        subscribe=frames,
        expect_acks=len(frames),
        ping='{"op":"ping"}',
        stale_after_s=stale_after_s,
    )


def _control(head: Frame) -> Sequence[Control]:
    """Answers to what we said. The text names the topic that was refused."""
    if bytes(head.request) or bytes(head.ret_code):
        raise DecodeError("dead_protocol", "an answer of the API before v5")
    if head.op in ("ping", "pong"):
        return (Pong(),)
    if head.success is None:
        return ()
    return (Ack(),) if head.success else (Refusal(head.ret_msg[:200] or "refused without a word", "ignore"),)
