"""A small venue to copy: replace the wire below by the real one, and put the class into `registry.py`.

What matters, in order: which side a field means, which unit a size has, whose clock a time is, what the feed omits.
Write each Struct beside a captured frame. Raise nothing but `DecodeError`; return nothing for channels you do not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from producers.completeness import ALL, NONE, ChannelName, Coverage
from producers.errors import DecodeError
from producers.venue import Ack, Control, Limits, Poll, Refusal, Request, Sequencing, Socket
from producers.venues import events
from producers.venues.decoding import (
    FAILURES,
    WireAmount,
    WireId,
    WirePrice,
    WireTime,
    check_levels,
    decode_error,
    event_ns,
)
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookSnapshot


class TradeFrame(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="trade"):
    """{"channel":"trade","symbol":"BTC-USDT","id":7,"price":"60000.1","size":"0.5","taker":"sell","ms":1760130964831}"""

    symbol: str
    id: WireId
    price: WirePrice  # the bounds of these types refuse NaN, infinities, negative sizes
    size: WireAmount
    taker: str
    ms: WireTime


class BookFrame(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="book"):
    """{"channel":"book","symbol":"BTC-USDT","from":11,"to":12,"bids":[["60000.0","1"]],"asks":[],"ms":1760130964831}"""

    symbol: str
    to: WireId
    bids: msgspec.Raw  # levels stay as the venue wrote them: the book parses them where it keeps them
    asks: msgspec.Raw
    ms: WireTime
    first: WireId = msgspec.field(name="from", default=-1)


class _Probe(msgspec.Struct, frozen=True):
    channel: str = ""
    error: str = ""


class _BookAnswer(msgspec.Struct, frozen=True):
    to: WireId
    bids: msgspec.Raw
    asks: msgspec.Raw
    ms: WireTime


class _OpenInterest(msgspec.Struct, frozen=True):
    """{"open":"1234.5","ms":1760130964831}"""

    open: WireAmount
    ms: WireTime


class _Listing(msgspec.Struct, frozen=True):
    symbols: tuple[str, ...]


_frames: msgspec.json.Decoder[TradeFrame | BookFrame] = msgspec.json.Decoder(TradeFrame | BookFrame, strict=False)


class Example:
    """The example venue: spot markets named `BASE-QUOTE`."""

    id = "example"
    group = "example"
    websocket_base = "wss://stream.example.org"
    rest_base = "https://api.example.org"
    limits = Limits(
        messages_per_s=5, connects_per_min=60, lifetime_s=None, snapshots_per_min=30
    )  # from the venue's documentation, with its date
    sequencing: Sequencing | None = Sequencing(
        chain="contiguous", snapshot_overlap=1
    )  # None where each book message is a whole book
    completeness: Mapping[ChannelName, Coverage] = {  # what silence does not mean
        "trades": ALL,
        "book": ALL,
        "liquidations": NONE,
        "mark": NONE,
        "open_interest": Coverage(kind="poll", every_s=30.0),
        "insurance": NONE,
        "adl": NONE,
        "status": NONE,
    }

    def __init__(self) -> None:
        self._by_symbol: dict[str, Instrument] = {}

    def instruments_requests(self) -> list[Request]:
        """The calls for the list of markets."""
        return [Request(path="/v1/symbols")]

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        """The markets that can be traded now."""
        try:
            symbols = msgspec.json.decode(body, type=_Listing).symbols
        except FAILURES as failure:
            raise decode_error(failure) from failure
        found = (self.infer_instrument(symbol, ts_recv_ns) for symbol in symbols)
        return [instrument for instrument in found if instrument is not None]

    def register(self, instruments: Sequence[Instrument]) -> None:
        """Make these markets known to `parse`."""
        self._by_symbol.update((instrument.symbol, instrument) for instrument in instruments)

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """What a symbol says about its market. A contract's value that it does not tell is None: never a guess."""
        base, dash, quote = symbol.partition("-")
        if not (base and dash and quote):
            return None
        return events.market(
            self.id, symbol, ts_recv_ns, base=base, quote=quote, kind="spot", contract="spot", contract_value=1.0
        )

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """Split by the venue's limits; keep a market's streams together so that their order survives."""
        symbols = [instrument.symbol for instrument in instruments]
        frame = msgspec.json.encode({"subscribe": ["trade", "book"], "symbols": symbols}).decode()
        return [Socket(name="main-0", path="/v1", subscribe=(frame,), expect_acks=1)] if symbols else []

    def polls(self, instruments: Sequence[Instrument]) -> list[Poll]:
        """What no socket tells, asked for again and again."""
        return [
            Poll(name=f"oi:{one.symbol}", request=Request(path=f"/v1/open_interest?symbol={one.symbol}"), every_s=30.0)
            for one in instruments
        ]

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """The answer to the poll of this name."""
        instrument = self._by_symbol.get(name.removeprefix("oi:"))
        if instrument is None:
            raise DecodeError("unknown_symbol", name[:40])
        try:
            answer = msgspec.json.decode(body, type=_OpenInterest, strict=False)
        except FAILURES as failure:
            raise decode_error(failure) from failure
        at_ns = event_ns(answer.ms, ts_recv_ns)
        return (events.open_interest(instrument, at_ns, ts_recv_ns, qty=answer.open, price=None),)

    def book_request(self, instrument: Instrument) -> Request:
        """The call for a whole book; a `Resubscribe` where the socket sends it."""
        return Request(path=f"/v1/book?symbol={instrument.symbol}")

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """A resync of a book that is fed by changes: levels beyond its range stay."""
        try:
            answer = msgspec.json.decode(body, type=_BookAnswer)
        except FAILURES as failure:
            raise decode_error(failure) from failure
        check_levels(answer.bids, answer.asks)
        at_ns = event_ns(answer.ms, ts_recv_ns)
        return events.snapshot(
            instrument, at_ns, ts_recv_ns, bids=answer.bids, asks=answer.asks, last_id=answer.to, keeps_far_levels=True
        )

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        """Decode at once what is frequent; look closer only at what fails."""
        try:
            message = _frames.decode(frame)
        except FAILURES as failure:
            return _control(frame, decode_error(failure))
        instrument = self._by_symbol.get(message.symbol)
        if instrument is None:
            raise DecodeError("unknown_symbol", message.symbol[:40])
        at_ns = event_ns(message.ms, ts_recv_ns)
        if isinstance(message, BookFrame):
            bids, asks = message.bids, message.asks
            check_levels(bids, asks)
            ids = {"first_id": message.first, "last_id": message.to}
            return (events.delta(instrument, at_ns, ts_recv_ns, bids=bids, asks=asks, **ids),)
        return (
            events.trade(
                instrument,
                at_ns,
                ts_recv_ns,
                price=message.price,
                qty=message.size,
                taker="sell" if message.taker == "sell" else "buy",
                trade_id=message.id,
            ),
        )

    def message_number(self, frame: bytes) -> None:
        """Connections are not counted here."""

    def symbol_of(self, frame: bytes) -> str | None:
        """How recordings of this venue are recognised."""
        try:
            return _frames.decode(frame).symbol
        except FAILURES:
            return None


def _control(frame: bytes, failure: DecodeError) -> Sequence[Control]:
    try:
        probe = msgspec.json.decode(frame, type=_Probe)
    except FAILURES:
        raise failure from None
    if probe.channel in ("trade", "book"):
        raise failure  # ours, and broken
    if probe.error:
        return (Refusal(probe.error[:200], "reconnect"),)
    return (Ack(),) if probe.channel == "subscribed" else ()
