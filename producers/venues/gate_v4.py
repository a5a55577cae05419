"""What spot and futures of Gate say in the same words (v4): envelope, answers, chained books.

Books are followed by `obu` (since 2025): a whole one first, exact sizes, ids without holes. `order_book_update`, whose
book REST tells, is read too. Facts: Gate's websocket documentation of 2026-08-25, and what others measured by 2026-09.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import msgspec

from producers.errors import DecodeError
from producers.venue import Ack, Control, Limits, Pong, Refusal, Resubscribe, Sequencing, Socket
from producers.venues import events
from producers.venues.decoding import FAILURES, WireId, WireTime, check_levels, decode_error, event_ns
from producers.venues.splitting import portions
from schemas.base import Event
from schemas.instrument import Instrument

PER_SOCKET = 50
"""A frame is refused for one unknown market among many, so each market has frames of its own, three at most. 150 frames
in one burst are the most that were reported as accepted; no limit is documented."""
SENT_S = 123456
"""`time` of a public request, as the documentation's own examples have it: only signed requests need the present."""
MILLISECONDS = 10**11
"""Times from here on are milliseconds: as seconds, this is the year 5138."""


class Error(msgspec.Struct, frozen=True, gc=False):
    """{"code":2,"message":"unknown currency pair: NOPE_USDT"}; 1 structure, 2 argument, 3 service, 4 authentication"""

    code: int = 0
    message: str = ""


class Frame(msgspec.Struct, frozen=True, gc=False):
    """{"time":1684930165,"time_ms":0,"channel":"futures.trades","event":"subscribe","result":{"status":"success"}}"""

    channel: str = ""
    event: str | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: Error | None = None
    time: WireTime = 0
    time_ms: WireTime = 0  # since 2022-11-22
    method: str = ""  # of the third version of the API


class Change(msgspec.Struct, frozen=True, gc=False, rename={"symbol": "s", "first": "U", "last": "u"}):
    """{"t":1789455580280,"s":"ob.BTC_USDT.400","U":125033675975,"u":125033676003,"b":[["77222.9","648"]]}

    order_book_update of futures: {"t":1632793098358,"s":"BTC_USD","U":5,"u":7,"b":[],"a":[{"p":"42372.9","s":738}]}
    """

    t: WireTime
    symbol: str
    last: WireId
    first: WireId | None = None
    full: bool = False
    b: msgspec.Raw = events.NO_LEVELS  # half of a busy book's changes hold no level: they only count on
    a: msgspec.Raw = events.NO_LEVELS


class Level(msgspec.Struct, frozen=True, gc=False):
    """{"p":"54672.1","s":0}; a size is text where it was asked for exactly"""

    p: str
    s: int | float | str


class Named(msgspec.Struct, frozen=True, gc=False):
    """The market of a result under any of its names; `s` is a size in some."""

    contract: str = ""
    currency_pair: str = ""
    c: str = ""
    s: str | int | float = ""


_frame = msgspec.json.Decoder(Frame).decode
_change = msgspec.json.Decoder(Change).decode
_objects = msgspec.json.Decoder(tuple[Level, ...]).decode
_named = msgspec.json.Decoder(Named | tuple[Named, ...]).decode

Reader = Callable[[Frame, int], Sequence[Event | Control]]


class GateV4:
    """Base of the Gate venues; they add the readers of their own channels."""

    group = "gate"
    rest_base = "https://api.gateio.ws"
    limits = Limits(messages_per_s=50, connects_per_min=60, lifetime_s=None, connections=300)
    """Connections of one address are limited by the documentation, the rest by prudence."""
    sequencing: Sequencing | None = Sequencing(chain="contiguous", snapshots="socket")

    prefix: ClassVar[str]
    """Of the channels' names: `futures.`"""
    channels: ClassVar[tuple[str, ...]]
    """Of one market, besides its book."""

    def __init__(self) -> None:
        self._by_symbol: dict[str, Instrument] = {}
        self._readers: dict[str, Reader] = {"obu": self._on_change, "order_book_update": self._on_change}

    def register(self, instruments: Sequence[Instrument]) -> None:
        """Make these markets known to `parse`."""
        self._by_symbol.update((instrument.symbol, instrument) for instrument in instruments)

    def book_request(self, instrument: Instrument) -> Resubscribe:
        """Leave the book's channel and enter it again: a second subscription would be refused."""
        stream = _stream(instrument.symbol)
        return Resubscribe(frames=(self.say("obu", "unsubscribe", stream), self.say("obu", "subscribe", stream)))

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        """One frame's events, or the answer that it is."""
        try:
            message = _frame(frame)
            if message.error is not None or message.event not in ("update", "all"):
                return _answer(message)
            read = self._readers.get(message.channel.removeprefix(self.prefix))
            return read(message, ts_recv_ns) if read is not None else ()
        except FAILURES as failure:
            raise decode_error(failure) from failure

    def message_number(self, frame: bytes) -> None:
        """Messages are not counted."""

    def symbol_of(self, frame: bytes) -> str | None:
        """The market of a frame of ours, of its first row where it has many."""
        try:
            message = _frame(frame)
            prefix, channel = message.channel[: len(self.prefix)], message.channel[len(self.prefix) :]
            if prefix != self.prefix or channel not in self._readers or message.event not in ("update", "all"):
                return None
            named = _named(message.result)
        except FAILURES:
            return None
        first = named if isinstance(named, Named) else next(iter(named), Named())
        return first.contract or first.currency_pair or first.c or (isinstance(first.s, str) and _bare(first.s)) or None

    def say(self, channel: str, event: str, *payload: str) -> str:
        """A request to a channel."""
        request = {"time": SENT_S, "channel": self.prefix + channel, "event": event, "payload": payload}
        return msgspec.json.encode(request).decode()

    def subscriptions(
        self, name: str, path: str, instruments: Sequence[Instrument], everywhere: Sequence[str] = ()
    ) -> list[Socket]:
        """The sockets of a path; `everywhere` are channels of all markets, which only the first one has."""
        found = []
        for number, some in enumerate(portions(instruments, PER_SOCKET)):
            frames = [self.say(channel, "subscribe", "!all") for channel in ([] if number else everywhere)]
            for one in some:
                frames.append(self.say("obu", "subscribe", _stream(one.symbol)))
                frames += [self.say(channel, "subscribe", one.symbol) for channel in self.channels]
            socket = Socket(
                name=f"{name}-{number}",
                path=path,
                subscribe=tuple(frames),
                headers={"X-Gate-Size-Decimal": "1"},  # without it fractions of a contract are cut off
                expect_acks=len(frames),
                liquidations="all" if everywhere and not number else "none",
                ping=msgspec.json.encode({"time": SENT_S, "channel": f"{self.prefix}ping"}).decode(),
                ping_every_s=15.0,  # a silent socket was cut after 30.5 s
                # A quiet market was silent for 36 s; without tickers it may rest for longer.
                stale_after_s=60.0 if everywhere else 300.0,
            )
            found.append(socket)
        return found

    def instrument(self, symbol: str) -> Instrument:
        """A registered market, or a `DecodeError`."""
        instrument = self._by_symbol.get(symbol)
        if instrument is None:
            raise DecodeError("unknown_symbol", symbol[:40])
        return instrument

    def _on_change(self, message: Frame, ts_recv_ns: int) -> Sequence[Event]:
        change = _change(message.result)
        instrument = self.instrument(_bare(change.symbol))
        bids, asks = sides(change.b, change.a)
        at_ns = event_ns(change.t, ts_recv_ns)
        if change.full:
            return (events.snapshot(instrument, at_ns, ts_recv_ns, bids=bids, asks=asks, last_id=change.last),)
        if change.first is None:
            raise DecodeError("bad_shape", "a change of a book does not say where it begins")
        ids = {"first_id": change.first, "last_id": change.last}
        return (events.delta(instrument, at_ns, ts_recv_ns, bids=bids, asks=asks, **ids),)


def moment(ts_recv_ns: int, *times: float) -> int:
    """The first of these times that is told, in seconds or in milliseconds; that of the receipt where none is."""
    for time in times:
        if time:
            return event_ns(int(time if time >= MILLISECONDS else time * 1000), ts_recv_ns)
    return ts_recv_ns


def sides(bids: msgspec.Raw, asks: msgspec.Raw) -> tuple[msgspec.Raw, msgspec.Raw]:
    """Both sides of a book as arrays of texts, checked: spot and `obu` write them so, the rest of futures objects."""
    found = (_arrays(bids), _arrays(asks))
    check_levels(*found)
    return found


def _arrays(side: msgspec.Raw) -> msgspec.Raw:
    return events.levels((level.p, level.s) for level in _objects(side)) if b"{" in bytes(side) else side


def _stream(symbol: str) -> str:
    return f"ob.{symbol}.400"


def _bare(stream: str) -> str:
    return stream[3 : stream.rfind(".")] if stream.startswith("ob.") else stream


def _answer(message: Frame) -> Sequence[Control]:
    if message.error is not None:
        # One market among many is refused by itself; only a failure of the service is worth another connection.
        reason = f"{message.error.code}: {message.error.message}"[:200]
        return (Refusal(reason, "reconnect" if message.error.code == 3 else "ignore"),)
    if message.method and not message.channel:
        raise DecodeError("dead_protocol", f"{message.method[:40]}: the API before version 4, which ended in 2021")
    if message.channel.endswith(".pong"):
        return (Pong(),)
    return (Ack(),) if message.event in ("subscribe", "unsubscribe") else ()
