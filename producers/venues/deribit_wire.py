"""Deribit's frames as msgspec Structs, each beside a short sample, and how it writes calls, dates and levels.

A size is an `amount`: dollars on inverse contracts, base coin on linear ones and on spot.
Facts: Deribit API documentation 2.1.1, 2026.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from producers.venue import Refusal
from producers.venues import events
from producers.venues.decoding import WireAmount, WireId, WirePrice, WireRate, WireTime

Levels = tuple[tuple[Literal["new", "change", "delete"], WirePrice, WireAmount], ...]

NEEDS_LOGIN = (13009, 13777, 13778)
"""unauthorized, and raw feeds without a login"""
BUSY = (10028, 10040, 10066, 13028, 13888)
"""too_many_requests, retry, too_many_concurrent_requests, temporarily_unavailable, timed_out"""
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
SYMBOL = re.compile(
    rf"([A-Za-z0-9]+)(?:_([A-Za-z0-9]+))?(?:-(PERPETUAL|([0-9]{{1,2}}(?:{'|'.join(_MONTHS)})[0-9]{{2}})))?"
)
"""Base, quote where it is not the dollar of an inverse contract, term, and its day where it has one."""


class Book(msgspec.Struct, frozen=True, gc=False):
    """{"type":"change","instrument_name":"BTC-PERPETUAL","timestamp":1699999999500,"change_id":123456790,
    "prev_change_id":123456789,"bids":[["change",42500.0,950.0]],"asks":[["delete",42501.0,0.0]]}
    """

    type: Literal["snapshot", "change"]
    instrument_name: str
    timestamp: WireTime
    change_id: WireId
    bids: Levels
    asks: Levels
    prev_change_id: WireId | None = None


class Trade(msgspec.Struct, frozen=True, gc=False):
    """{"trade_seq":40781986,"trade_id":"66460463","timestamp":1584058044032,"price":4469.5,"liquidation":"T",
    "instrument_name":"BTC-PERPETUAL","direction":"sell","amount":1120}
    """

    instrument_name: str
    timestamp: WireTime
    price: WirePrice
    amount: WireAmount
    direction: Literal["buy", "sell"]  # of the taker
    trade_seq: WireId  # counts a market's trades one by one
    trade_id: str
    liquidation: Literal["T", "M", "MT"] | None = None  # whose position was closed: the taker's, the maker's, both
    block_trade_id: int | str | None = None  # agreed upon outside of the book; documented, not captured
    block_rfq_id: int | str | None = None  # as above
    combo_trade_id: int | str | None = None  # a leg, at a price that follows from the combination's own book

    @property
    def is_off_book(self) -> bool:
        """Whether its price was not one of this market's book."""
        return any(one is not None for one in (self.block_trade_id, self.block_rfq_id, self.combo_trade_id))


class Ticker(msgspec.Struct, frozen=True, gc=False):
    """{"timestamp":1765541474086,"state":"open","index_price":92263.55,"instrument_name":"BTC-PERPETUAL",
    "min_price":90897.5,"max_price":93666.5,"open_interest":1132329370.0,"mark_price":92281.78,"current_funding":0.0}
    """

    instrument_name: str
    timestamp: WireTime
    state: str = "open"  # open, closed; since 2026-01-13 settlement, delivered, inactive, locked, halted, archivized
    mark_price: WireAmount | None = None
    index_price: WireAmount | None = None
    open_interest: WireAmount | None = None  # an `amount`, one side of the market
    current_funding: WireRate | None = None  # for eight hours; paid continuously
    min_price: WireAmount | None = None
    max_price: WireAmount | None = None


class PlatformState(msgspec.Struct, frozen=True):
    """{"price_index":"sol_usdc","locked":true} or {"maintenance":true}: documented, not captured"""

    price_index: str = ""
    locked: bool = False
    maintenance: bool | None = None


class Params(msgspec.Struct, frozen=True, gc=False):
    """Of a subscription, or of a heartbeat: {"type":"test_request"}"""

    channel: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")
    type: str = ""


class Error(msgspec.Struct, frozen=True):
    """{"code":10028,"message":"too_many_requests"}"""

    code: int
    message: str = ""

    @property
    def refusal(self) -> Refusal:
        """What to do about it."""
        reason = f"{self.code} {self.message}"[:200]
        if self.code in NEEDS_LOGIN:
            return Refusal(reason, "fatal")
        return Refusal(reason, "resubscribe" if self.code in BUSY else "reconnect")


class Message(msgspec.Struct, frozen=True, gc=False):
    """{"method":"subscription","params":{"channel":"book.BTC-PERPETUAL.100ms","data":{}}} or
    {"id":1,"result":["book.BTC-PERPETUAL.100ms"]} or {"id":1,"error":{"code":10028,"message":"too_many_requests"}}
    """

    params: Params | None = None
    id: int | str | None = None
    result: Any = None
    error: Error | None = None


class Listed(msgspec.Struct, frozen=True):
    """{"instrument_name":"BTC-PERPETUAL","kind":"future","tick_size":0.5,"is_active":true}"""

    instrument_name: str
    kind: str
    tick_size: WireAmount | None = None
    is_active: bool = True


class Listing(msgspec.Struct, frozen=True):
    """The answer of `public/get_instruments`; each row is read by itself."""

    result: tuple[msgspec.Raw, ...]


decode_message = msgspec.json.Decoder(Message).decode
decode_book = msgspec.json.Decoder(Book).decode
decode_trade = msgspec.json.Decoder(Trade).decode
decode_ticker = msgspec.json.Decoder(Ticker).decode
decode_platform = msgspec.json.Decoder(PlatformState).decode
decode_listing = msgspec.json.Decoder(Listing).decode
decode_listed = msgspec.json.Decoder(Listed).decode


def call(method: str, number: int, channels: Sequence[str]) -> str:
    """A subscription, or its end.

    >>> call("public/subscribe", 3, ["platform_state"])
    '{"jsonrpc":"2.0","id":3,"method":"public/subscribe","params":{"channels":["platform_state"]}}'
    """
    params = {"channels": channels}
    return msgspec.json.encode({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).decode()


def expiry(day: str) -> str:
    """The day in a contract's name.

    >>> expiry("27DEC24"), expiry("5JUN26")
    ('20241227', '20260605')
    """
    return f"20{day[-2:]}{_MONTHS.index(day[-5:-2]) + 1:02}{int(day[:-5]):02}"


def levels(side: Levels) -> msgspec.Raw:
    """Levels as the book reads them: one that is deleted has nothing left.

    >>> bytes(levels((("delete", 42501.0, 7.0), ("new", 42500.5, 10.0))))
    b'[["42501.0","0"],["42500.5","10.0"]]'
    """
    return events.levels((price, 0 if action == "delete" else amount) for action, price, amount in side)
