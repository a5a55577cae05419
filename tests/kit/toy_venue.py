"""The smallest venue that has everything: instruments, acks, refusals, trades, liquidations, marks and chained books.

Frames: `{"ack":1}`, `{"refuse":"why","action":"ignore"}`, `{"t":[symbol,id,ms]}`, `{"m":[symbol,ms]}`, and
`{"d":[symbol,first,last,prev,ms]}` for a book delta. Anything else that is JSON is ignored; what is not raises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from producers.completeness import ALL, ChannelName, Coverage
from producers.errors import DecodeError
from producers.venue import Ack, Control, Limits, Poll, Refusal, Request, Sequencing, Socket
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, DerivativeState, Trade

LEVELS = msgspec.Raw(b'[["1","1"]]')


class ToyVenue:
    """Configured by its attributes; a test changes them before it starts."""

    group = "toy"
    websocket_base = "ws://127.0.0.1:1"
    rest_base = "http://127.0.0.1:1"
    completeness: Mapping[ChannelName, Coverage] = {"book": ALL}

    def __init__(
        self,
        *,
        id: str = "toy",  # noqa: A002
        lifetime_s: float | None = None,
        stale_after_s: float = 30.0,
        subscribe: tuple[str, ...] = ('{"sub":1}',),
        sockets: tuple[str, ...] = ("public-0",),
    ) -> None:
        self.id = id
        self.limits = Limits(messages_per_s=1000, connects_per_min=6000, lifetime_s=lifetime_s, snapshots_per_min=6000)
        self.sequencing: Sequencing | None = Sequencing(chain="prev_id", snapshot_overlap=0)
        self.polled: list[Poll] = []
        self.known: dict[str, Instrument] = {}
        self._stale_after_s = stale_after_s
        self._subscribe = subscribe
        self._sockets = sockets

    def instruments_requests(self) -> list[Request]:
        return [Request(path="/markets")]

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        try:
            return [self.instrument(symbol, ts_recv_ns) for symbol in msgspec.json.decode(body, type=list[str])]
        except msgspec.DecodeError as error:
            raise DecodeError("json") from error

    def instrument(self, symbol: str, ts_recv_ns: int = 0) -> Instrument:
        base = symbol.removesuffix("USDT")
        return Instrument(
            venue=self.id,
            instrument=f"{base}-USDT-PERP",
            ts_event_ns=ts_recv_ns,
            ts_recv_ns=ts_recv_ns,
            symbol=symbol,
            base=base,
            quote="USDT",
            market="perp",
            contract="linear",
            contract_value=1.0,
        )

    def register(self, instruments: Sequence[Instrument]) -> None:
        self.known |= {instrument.symbol: instrument for instrument in instruments}

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        return self.instrument(symbol, ts_recv_ns)

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        return [self.socket(name) for name in self._sockets] if instruments else []

    def socket(self, name: str = "public-0") -> Socket:
        return Socket(
            name=name,
            path=f"/{name}",
            subscribe=self._subscribe,
            expect_acks=len(self._subscribe),
            stale_after_s=self._stale_after_s,
        )

    def book_request(self, instrument: Instrument) -> Request | None:
        return Request(path=f"/book?symbol={instrument.symbol}")

    def polls(self, instruments: Sequence[Instrument]) -> list[Poll]:
        return self.polled

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        return [DerivativeState(**self._header("BTCUSDT", ts_recv_ns // 10**6, ts_recv_ns), mark=float(body))]

    def message_number(self, frame: bytes) -> int | None:
        return msgspec.json.decode(frame)["n"] if frame.startswith(b'{"n"') else None

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        return BookSnapshot(
            venue=self.id,
            instrument=instrument.instrument,
            ts_event_ns=ts_recv_ns,
            ts_recv_ns=ts_recv_ns,
            bids=LEVELS,
            asks=LEVELS,
            last_id=int(body),
        )

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        try:
            message: dict[str, Any] = msgspec.json.decode(frame, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DecodeError("json") from error
        match message:
            case {"ack": _}:
                return [Ack()]
            case {"refuse": reason, "action": action}:
                return [Refusal(reason, action)]
            case {"t": [symbol, trade_id, ms]}:
                return [
                    Trade(
                        **self._header(symbol, ms, ts_recv_ns),
                        price=1.0,
                        qty=1.0,
                        notional_usd=1.0,
                        taker="buy",
                        trade_id=trade_id,
                    )
                ]
            case {"m": [symbol, ms]}:
                return [DerivativeState(**self._header(symbol, ms, ts_recv_ns), mark=1.0)]
            case {"d": [symbol, first, last, prev, ms]}:
                return [
                    BookDelta(
                        **self._header(symbol, ms, ts_recv_ns),
                        bids=LEVELS,
                        asks=LEVELS,
                        first_id=first,
                        last_id=last,
                        prev_id=prev,
                    )
                ]
            case _:
                return []

    def symbol_of(self, frame: bytes) -> str | None:
        return None if b'"' not in frame else "BTCUSDT"

    def _header(self, symbol: str, ms: int, ts_recv_ns: int) -> dict[str, Any]:
        known = self.known.get(symbol)
        if known is None:
            raise DecodeError("unknown_symbol", symbol)
        return {
            "venue": self.id,
            "instrument": known.instrument,
            "ts_event_ns": ms * 10**6,
            "ts_recv_ns": ts_recv_ns,
        }


def trade(trade_id: int, *, symbol: str = "BTCUSDT") -> str:
    """A trade's frame; its time follows from its id."""
    return f'{{"t":["{symbol}",{trade_id},{trade_id}]}}'


def delta(last: int, *, prev: int, symbol: str = "BTCUSDT") -> str:
    """A book delta's frame."""
    return f'{{"d":["{symbol}",{prev + 1},{last},{prev},{last}]}}'
