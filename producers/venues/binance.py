"""What the Binance venues share: reading frames, trades and books, the answers to what we say, and subscriptions.

The venue files add their addresses, streams, contracts, and what tells their frames from their siblings'.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from producers.completeness import ChannelName, Coverage
from producers.errors import DecodeError
from producers.venue import Ack, Control, Limits, Poll, Refusal, Sequencing, Socket
from producers.venues import events
from producers.venues.binance_rest import BinanceRest
from producers.venues.binance_wire import (
    BookTicker,
    ContractInfo,
    DepthUpdate,
    MarkPriceUpdate,
    Message,
    Probe,
    SpotBookTicker,
    TradePayload,
)
from producers.venues.decoding import FAILURES, check_levels, decode_error, event_ns
from producers.venues.splitting import portions
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import Print, Trade

NAMES_PER_FRAME = 200
"""Stream names in one SUBSCRIBE; accepted since the beginning, larger frames are not documented."""

_PRINTS: Mapping[str, Print] = {"MARKET": "market", "ADL": "adl", "INSURANCE_FUND": "insurance_fund"}
_NAME_ENDS = 64

_probe = msgspec.json.Decoder(Probe).decode
_marks = msgspec.json.Decoder(list[MarkPriceUpdate], strict=False).decode


class Binance(BinanceRest):
    """Base of the Binance venues."""

    id: str
    group = "binance"
    websocket_base: str
    rest_base: str
    limits: Limits
    sequencing: Sequencing | None
    completeness: Mapping[ChannelName, Coverage]

    events: ClassVar[frozenset[str]]
    """Event types that `parse` reads; the others are none of our business."""
    own_symbols: ClassVar[re.Pattern[str]]
    """What this venue's symbols look like; all-market streams carry rows of both futures venues."""

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
        if type(message) is DepthUpdate and frame.find(b"@depth@", 0, _NAME_ENDS) < 0 and _is_partial(frame):
            return ()
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

    def recognises(self, probe: Probe) -> bool:
        """Whether a payload has the shape of this venue rather than of a sibling with like symbols."""
        raise NotImplementedError

    def off_book(self, fill: Trade, one: Instrument) -> Sequence[Event]:
        """What a fill off the book stands for, beside the fill."""
        return ()

    def futures_events(self, message: Message, one: Instrument, ts_recv_ns: int) -> Sequence[Event]:
        """What only futures tell: marks, liquidations, the state of a contract."""
        return ()

    def stream_sockets(
        self,
        name: str,
        path: str,
        instruments: Sequence[Instrument],
        streams: Sequence[str],
        most_streams: int,
        of_all: Sequence[str] = (),
    ) -> list[Socket]:
        """Sockets for these streams of these markets, all of a market on one; streams of all markets on the first."""
        sockets = []
        for index, some in enumerate(portions(instruments, (most_streams - len(of_all)) // len(streams))):
            names = [f"{one.symbol.lower()}@{stream}" for one in some for stream in streams]
            names += () if index else of_all
            frames = tuple(
                msgspec.json.encode({"method": "SUBSCRIBE", "params": portion, "id": count}).decode()
                for count, portion in enumerate(portions(names, NAMES_PER_FRAME), start=1)
            )
            sockets.append(Socket(name=f"{name}-{index}", path=path, subscribe=frames, expect_acks=len(frames)))
        return sockets

    def _events(self, message: Message, ts_recv_ns: int) -> Sequence[Event]:
        one = self._by_symbol.get(message.symbol)
        if one is None:
            if self._foreign(message.symbol) or isinstance(message, ContractInfo):
                return ()
            raise DecodeError("unknown_symbol", message.symbol[:40])
        # The frequent ones are made here and told by `is`: a call more for each, or a chain of `isinstance`, is a
        # twentieth of the time that a frame takes.
        if type(message) is BookTicker:
            return (
                events.top(
                    one,
                    event_ns(message.match_ms, ts_recv_ns),
                    ts_recv_ns,
                    bid=message.bid,
                    bid_qty=message.bid_qty,
                    ask=message.ask,
                    ask_qty=message.ask_qty,
                ),
            )
        if type(message) is DepthUpdate:
            bids, asks = message.bids, message.asks
            check_levels(bids, asks)
            return (
                events.delta(
                    one,
                    event_ns(message.push_ms if message.match_ms is None else message.match_ms, ts_recv_ns),
                    ts_recv_ns,
                    bids=bids,
                    asks=asks,
                    first_id=message.first_id,
                    last_id=message.last_id,
                    prev_id=message.prev_id,
                ),
            )
        if type(message) is TradePayload:
            printed, price = _PRINTS.get(message.execution, "other"), message.price
            if price == 0 and printed != "other":
                raise DecodeError("bad_number", "a fill at a price of zero")
            fill = events.trade(
                one,
                event_ns(message.match_ms, ts_recv_ns),
                ts_recv_ns,
                price=price,
                qty=message.qty,
                taker="sell" if message.buyer_is_maker else "buy",
                trade_id=message.trade_id,
                printed=printed,
            )
            return (fill,) if printed == "market" else (fill, *self.off_book(fill, one))
        if type(message) is SpotBookTicker:
            # It has no time of its own.
            bid, bid_qty, ask, ask_qty = message.bid, message.bid_qty, message.ask, message.ask_qty
            return (events.top(one, ts_recv_ns, ts_recv_ns, bid=bid, bid_qty=bid_qty, ask=ask, ask_qty=ask_qty),)
        return self.futures_events(message, one, ts_recv_ns)

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


def _is_partial(frame: bytes) -> bool:
    """Whether each message of the stream is the top of the book: read as changes, it would never lose a level.

    >>> _is_partial(b'{"stream":"btcusdt@depth20@100ms","data":{'), _is_partial(b'{"stream":"btcusdt@depth","data":{')
    (True, False)
    """
    return frame[:_NAME_ENDS].partition(b"@depth")[2][:1].isdigit()


def _unwrapped(probe: Probe) -> Probe:
    return _probe(probe.data) if bytes(probe.data) else probe


def _control(probe: Probe, error: Probe) -> Sequence[Control]:
    """Answers to what we said. An accepted subscription proves nothing: wrong names are accepted too."""
    if probe.event == "serverShutdown":
        return (Refusal("server shutdown announced", "replace"),)
    if error.code is not None:
        # 0-4 say that the request itself is wrong; repeating it cannot help.
        return (Refusal(f"{error.code}: {error.msg}"[:200], "fatal" if 0 <= error.code <= 4 else "reconnect"),)
    if bytes(probe.result) and probe.id is not None:
        return (Ack(),)
    return ()
