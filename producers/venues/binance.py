"""What the three Binance venues share: reading frames, control answers, market lists and book snapshots.

The venue files add their addresses, streams, contracts, and what tells their frames from their siblings'.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar
from urllib.parse import quote

import msgspec

from producers.completeness import ChannelName, Coverage
from producers.errors import DecodeError
from producers.venue import Ack, Control, Limits, Poll, Refusal, Request, Sequencing, Socket
from producers.venues.binance_events import delta, derivative, liquidation, top, trade
from producers.venues.binance_rest import DepthAnswer, ExchangeInfo, Listed
from producers.venues.binance_wire import (
    BookTicker,
    DepthUpdate,
    ForceOrder,
    MarkPriceUpdate,
    Message,
    Probe,
    SpotBookTicker,
    TradePayload,
)
from producers.venues.decoding import FAILURES, check_levels, decode_error, event_ns
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookSnapshot

NAMES_PER_FRAME = 200
"""Stream names in one SUBSCRIBE; accepted since the beginning, larger frames are not documented."""

_probe = msgspec.json.Decoder(Probe).decode
_marks = msgspec.json.Decoder(list[MarkPriceUpdate], strict=False).decode
_exchange_info = msgspec.json.Decoder(ExchangeInfo).decode
_listed = msgspec.json.Decoder(Listed, strict=False).decode
_depth = msgspec.json.Decoder(DepthAnswer).decode


class Binance:
    """Base of the Binance venues. Knows its registered markets and nothing else."""

    id: str
    group = "binance"
    websocket_base: str
    rest_base: str
    limits: Limits
    sequencing: Sequencing | None
    completeness: Mapping[ChannelName, Coverage]

    api: ClassVar[str]
    """Version prefix of the REST calls."""
    depth_limit: ClassVar[int]
    """Levels a side in a book snapshot: the most that the venue gives."""
    events: ClassVar[frozenset[str]]
    """Event types that `parse` reads; the others are none of our business."""
    own_symbols: ClassVar[re.Pattern[str]]
    """What this venue's symbols look like; all-market streams carry rows of both futures venues."""

    def __init__(self) -> None:
        self._by_symbol: dict[str, Instrument] = {}

    def instruments_requests(self) -> list[Request]:
        """The call for `exchangeInfo`."""
        return [Request(path=f"{self.api}/exchangeInfo")]

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        """The markets that are trading now; a market that cannot be read is left out."""
        try:
            symbols = _exchange_info(body).symbols
        except FAILURES as failure:
            raise decode_error(failure) from failure
        found = []
        for raw in symbols:
            try:
                listed = _listed(raw)
            except FAILURES:
                continue
            instrument = self.instrument(listed, ts_recv_ns) if listed.trading else None
            if instrument is not None:
                found.append(instrument)
        return found

    def register(self, instruments: Sequence[Instrument]) -> None:
        """Make these markets known to `parse`."""
        self._by_symbol.update((instrument.symbol, instrument) for instrument in instruments)

    def book_request(self, instrument: Instrument) -> Request:
        """The call for a whole book; symbols may be Chinese, so they are quoted."""
        return Request(path=f"{self.api}/depth?symbol={quote(instrument.symbol)}&limit={self.depth_limit}")

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """The book in the answer: a resync, so that levels beyond its range stay."""
        try:
            answer = _depth(body)
        except FAILURES as failure:
            raise decode_error(failure) from failure
        check_levels(answer.bids, answer.asks)
        time_ms = answer.match_ms or answer.push_ms
        return BookSnapshot(
            venue=self.id,
            instrument=instrument.instrument,
            ts_event_ns=event_ns(time_ms, ts_recv_ns) if time_ms else ts_recv_ns,
            ts_recv_ns=ts_recv_ns,
            bids=answer.bids,
            asks=answer.asks,
            last_id=answer.last_id,
            keeps_far_levels=True,
        )

    def polls(self, instruments: Sequence[Instrument]) -> list[Poll]:
        """Nothing is asked for again and again."""
        return []

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """Nothing was asked for."""
        raise DecodeError("unknown_symbol", name[:40])

    def message_number(self, frame: bytes) -> None:
        """Connections are not counted here."""

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        """One frame's events; combined-stream wrappers and bare payloads are both read."""
        try:
            message = self.decode(frame)
        except FAILURES as failure:
            return self._parse_unusual(frame, ts_recv_ns, decode_error(failure))
        return self._events(message, ts_recv_ns)

    def symbol_of(self, frame: bytes) -> str | None:
        """The symbol of a market frame of this venue, or None."""
        try:
            probe = _unwrapped(_probe(frame))
            symbol = probe.market()
        except FAILURES:
            return None
        ours = symbol is not None and self.recognises(probe) and not self._foreign(symbol)
        return symbol if ours else None

    def decode(self, frame: bytes) -> Message:
        """The message in a frame of the usual layout; raises what msgspec raises."""
        raise NotImplementedError

    def decode_payload(self, payload: bytes) -> Message:
        """The message in a payload without a wrapper; raises what msgspec raises."""
        raise NotImplementedError

    def instrument(self, listed: Listed, ts_recv_ns: int) -> Instrument | None:
        """A listed market as an instrument, or None for a kind that is not followed."""
        raise NotImplementedError

    def recognises(self, probe: Probe) -> bool:
        """Whether a payload has the shape of this venue rather than of a sibling with like symbols."""
        raise NotImplementedError

    def stream_sockets(
        self, name: str, path: str, instruments: Sequence[Instrument], streams: Sequence[str], most_streams: int
    ) -> list[Socket]:
        """Sockets for these streams of these markets; the streams of a market stay together on one socket."""
        markets = most_streams // len(streams)
        sockets = []
        for index, start in enumerate(range(0, len(instruments), markets)):
            names = [f"{i.symbol.lower()}@{stream}" for i in instruments[start : start + markets] for stream in streams]
            frames = tuple(
                msgspec.json.encode(
                    {"method": "SUBSCRIBE", "params": names[at : at + NAMES_PER_FRAME], "id": count}
                ).decode()
                for count, at in enumerate(range(0, len(names), NAMES_PER_FRAME), start=1)
            )
            sockets.append(Socket(name=f"{name}-{index}", path=path, subscribe=frames, expect_acks=len(frames)))
        return sockets

    def _events(self, message: Message, ts_recv_ns: int) -> Sequence[Event]:
        symbol = message.order.symbol if isinstance(message, ForceOrder) else message.symbol
        instrument = self._by_symbol.get(symbol)
        if instrument is None:
            if self._foreign(symbol):
                return ()
            raise DecodeError("unknown_symbol", symbol[:40])
        if isinstance(message, BookTicker):
            return top(message, instrument, event_ns(message.match_ms, ts_recv_ns), ts_recv_ns)
        if isinstance(message, DepthUpdate):
            return delta(message, instrument, ts_recv_ns)
        if isinstance(message, TradePayload):
            return trade(message, instrument, ts_recv_ns)
        if isinstance(message, SpotBookTicker):
            # It has no time of its own.
            return top(message, instrument, ts_recv_ns, ts_recv_ns)
        if isinstance(message, MarkPriceUpdate):
            return derivative(message, instrument, ts_recv_ns)
        return liquidation(message.order, instrument, ts_recv_ns)

    def _foreign(self, symbol: str) -> bool:
        """Rows of a sibling venue in merged all-market streams."""
        return self.own_symbols.fullmatch(symbol) is None

    def _parse_unusual(self, frame: bytes, ts_recv_ns: int, failure: DecodeError) -> Sequence[Event | Control]:
        """Control answers, unknown events, arrays, and payloads whose keys come in another order."""
        if frame.lstrip()[:1] == b"[":
            return self._parse_marks(frame, ts_recv_ns)
        try:
            probe = _probe(frame)
            payload = bytes(probe.data) or frame
            if payload[:1] == b"[":
                return self._parse_marks(payload, ts_recv_ns)
            if bytes(probe.data):
                probe = _probe(payload)
            error = _probe(probe.error) if bytes(probe.error) else probe
        except FAILURES:
            raise failure from None
        if probe.event in self.events or (probe.event is None and probe.ask_qty is not None):
            try:
                message = self.decode_payload(payload)
            except FAILURES as again:
                raise decode_error(again) from again
            return self._events(message, ts_recv_ns)
        return _control(probe, error)

    def _parse_marks(self, payload: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """An array of marks (a pair's or the whole market's): the registered ones; other arrays hold nothing for us."""
        try:
            marks = _marks(payload)
        except FAILURES as failure:
            if isinstance(failure, msgspec.ValidationError) and b'"markPriceUpdate"' not in payload:
                return ()
            raise decode_error(failure) from failure
        known = [mark for mark in marks if mark.symbol in self._by_symbol]
        return [event for mark in known for event in self._events(mark, ts_recv_ns)]


def _unwrapped(probe: Probe) -> Probe:
    return _probe(probe.data) if bytes(probe.data) else probe


def _control(probe: Probe, error: Probe) -> Sequence[Control]:
    """Answers to what we said. An accepted subscription proves nothing: wrong names are accepted too."""
    if probe.event == "serverShutdown":
        return (Refusal("server shutdown announced", "reconnect"),)
    if error.code is not None:
        # 0-4 say that the request itself is wrong; repeating it cannot help.
        return (Refusal(f"{error.code}: {error.msg}"[:200], "fatal" if 0 <= error.code <= 4 else "reconnect"),)
    if bytes(probe.result) and probe.id is not None:
        return (Ack(),)
    return ()
