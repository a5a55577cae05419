"""A small venue to copy: replace the wire below by the real one, and put the class into `registry.py`.

What matters, in order: which side a field means, which unit a size has, whose clock a time is, what the feed omits.
Write each Struct beside a captured frame. Raise nothing but `DecodeError`; return nothing for channels you do not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from producers.errors import DecodeError
from producers.venue import Ack, ChannelName, Control, Limits, Refusal, Request, Sequencing, Socket
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
from schemas.instrument import Instrument, canonical_id
from schemas.market import BookDelta, BookSnapshot, Trade


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
    completeness: Mapping[ChannelName, str] = {  # what silence does not mean
        "trades": "every fill",
        "book": "every change",
        "liquidations": "none",
        "mark": "none",
        "open_interest": "none",
        "insurance": "none",
        "adl": "none",
        "status": "none",
    }

    def __init__(self) -> None:
        self._by_symbol: dict[str, Instrument] = {}

    def instruments_request(self) -> Request:
        """The call for the list of markets."""
        return Request(path="/v1/symbols")

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
        return Instrument(
            venue=self.id,
            instrument=canonical_id(base, quote, "spot"),
            ts_event_ns=ts_recv_ns,
            ts_recv_ns=ts_recv_ns,
            symbol=symbol,
            base=base,
            quote=quote,
            market="spot",
            contract="spot",
            contract_value=1.0,
        )

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """Split by the venue's limits; keep a market's streams together so that their order survives."""
        symbols = [instrument.symbol for instrument in instruments]
        frame = msgspec.json.encode({"subscribe": ["trade", "book"], "symbols": symbols}).decode()
        return [Socket(name="main-0", path="/v1", subscribe=(frame,), expect_acks=1)] if symbols else []

    def snapshot_request(self, instrument: Instrument) -> Request:
        """The call for a whole book."""
        return Request(path=f"/v1/book?symbol={instrument.symbol}")

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """A resync of a book that is fed by changes: levels beyond its range stay."""
        try:
            answer = msgspec.json.decode(body, type=_BookAnswer)
        except FAILURES as failure:
            raise decode_error(failure) from failure
        check_levels(answer.bids, answer.asks)
        return BookSnapshot(
            venue=self.id,
            instrument=instrument.instrument,
            ts_event_ns=event_ns(answer.ms, ts_recv_ns),
            ts_recv_ns=ts_recv_ns,
            bids=answer.bids,
            asks=answer.asks,
            last_id=answer.to,
            keeps_far_levels=True,
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
        ts_event_ns = event_ns(message.ms, ts_recv_ns)
        if isinstance(message, BookFrame):
            check_levels(message.bids, message.asks)
            return (
                BookDelta(
                    venue=self.id,
                    instrument=instrument.instrument,
                    ts_event_ns=ts_event_ns,
                    ts_recv_ns=ts_recv_ns,
                    bids=message.bids,
                    asks=message.asks,
                    first_id=message.first,
                    last_id=message.to,
                ),
            )
        return (
            Trade(
                venue=self.id,
                instrument=instrument.instrument,
                ts_event_ns=ts_event_ns,
                ts_recv_ns=ts_recv_ns,
                price=message.price,
                qty=message.size,
                notional_usd=instrument.notional_usd(message.size, message.price),
                taker="sell" if message.taker == "sell" else "buy",
                trade_id=message.id,
            ),
        )

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
