"""The wire of Coinbase as Structs: the Advanced Trade socket (`channel`) and the older Exchange feed (`type`).

Frames in docstrings are captured ones, where they do not say otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, TypeVar

import msgspec

from producers.venues import events
from producers.venues.decoding import FAILURES, WireAmount, WireId, WirePrice, check_levels, decode_error, event_ns

T = TypeVar("T")
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Level(msgspec.Struct, frozen=True, gc=False):
    """{"side":"offer","event_time":"2026-04-07T14:30:01.456789Z","price_level":"68901.00","new_quantity":"0.00000000"}"""

    side: Literal["bid", "offer"]
    event_time: Instant
    price_level: str
    new_quantity: str


class Fill(msgspec.Struct, frozen=True, gc=False):
    """{"trade_id":"995098700","product_id":"BTC-USD","price":"68900.50","size":"0.0015","side":"BUY","time":"2026-04-07T14:30:02.789012Z"}
    {"type":"match","trade_id":280232,"side":"sell","size":"985","price":"0.00001305","product_id":"SKL-BTC","sequence":177100030,"time":"2021-04-17T16:43:37.089723Z"}
    """

    trade_id: WireId
    product_id: str
    price: WirePrice
    size: WireAmount
    side: Literal["BUY", "SELL", "buy", "sell"]
    time: Instant


class Quote(msgspec.Struct, frozen=True, gc=False):
    """{"product_id":"BTC-USD","best_bid":"68900.00","best_bid_quantity":"1.5","best_ask":"68901.00","best_ask_quantity":"0.5"}"""

    product_id: str
    best_bid: WireAmount
    best_bid_quantity: WireAmount
    best_ask: WireAmount
    best_ask_quantity: WireAmount


class Product(msgspec.Struct, frozen=True, gc=False):
    """{"id":"BTC-USD","status":"online","status_message":""}: documented, not captured."""

    id: str
    status: str
    status_message: str = ""


class Part(msgspec.Struct, frozen=True):
    """{"type":"update","product_id":"BTC-USD","updates":[…]}, {"type":"update","trades":[…]} and so on, by channel."""

    type: str = ""
    product_id: str = ""
    updates: tuple[Level, ...] = ()
    trades: tuple[Fill, ...] = ()
    tickers: tuple[Quote, ...] = ()
    products: tuple[msgspec.Raw, ...] = ()
    """Of all that is listed, each read by itself: `Product`."""


class Frame(msgspec.Struct, frozen=True):
    """{"channel":"l2_data","client_id":"","timestamp":"2026-04-07T14:30:01.456789Z","sequence_num":1,"events":[…]}
    {"type":"l2update","product_id":"BTC-USD","changes":[["buy","37378.26","0.02460000"]],"time":"2021-06-02T09:02:09.048568Z"}
    """

    channel: str = ""
    timestamp: Instant | None = None
    events: tuple[Part, ...] = ()
    type: str = ""
    """On the Exchange feed, and of errors."""
    product_id: str = ""
    time: Instant | None = None
    changes: tuple[tuple[Literal["buy", "sell"], str, str], ...] = ()
    bids: msgspec.Raw = msgspec.Raw()
    asks: msgspec.Raw = msgspec.Raw()
    message: str = ""


class Number(msgspec.Struct, frozen=True):
    """The place of a message on its connection."""

    sequence_num: WireId | None = None


class Listed(msgspec.Struct, frozen=True):
    """{"product_id":"BTC-USDC","base_currency_id":"BTC","quote_currency_id":"USDC","status":"online","product_type":"SPOT","alias":"BTC-USD","price_increment":"0.01"}"""

    product_id: str
    product_type: str
    base_currency_id: str
    quote_currency_id: str
    status: str
    alias: str = ""
    is_disabled: bool = False
    trading_disabled: bool = False
    price_increment: WireAmount | Literal[""] | None = None


class Row(msgspec.Struct, frozen=True, gc=False):
    """{"price":"68923.66","size":"0.17189468"}"""

    price: str
    size: str


class Pricebook(msgspec.Struct, frozen=True):
    """{"product_id":"BTC-USD","bids":[…],"asks":[…],"time":"2026-04-07T00:28:59.662782Z"}"""

    bids: tuple[Row, ...]
    asks: tuple[Row, ...]
    time: Instant


class BookAnswer(msgspec.Struct, frozen=True):
    """{"pricebook":{…},"last":"68923.665"}"""

    pricebook: Pricebook


class Listing(msgspec.Struct, frozen=True):
    """{"products":[…],"num_products":2}; each is read by itself."""

    products: tuple[msgspec.Raw, ...]


frames = msgspec.json.Decoder(Frame, strict=False)
fills = msgspec.json.Decoder(Fill, strict=False)
numbers = msgspec.json.Decoder(Number)
listings = msgspec.json.Decoder(Listing, strict=False)
listed = msgspec.json.Decoder(Listed, strict=False)
products = msgspec.json.Decoder(Product, strict=False)
books = msgspec.json.Decoder(BookAnswer)


def read(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Decode, or raise a `DecodeError`."""
    try:
        return decoder.decode(body)
    except FAILURES as failure:
        raise decode_error(failure) from failure


def instant_ns(instant: datetime | None, ts_recv_ns: int) -> int:
    """A venue's time in ns; what has none happened when it was received."""
    if instant is None:
        return ts_recv_ns
    time_us = (instant - EPOCH) // timedelta(microseconds=1)
    return event_ns(time_us // 1000, ts_recv_ns) + time_us % 1000 * 1000


def sides(rows: Iterable[tuple[str, str, str]]) -> tuple[msgspec.Raw, msgspec.Raw]:
    """Bids and asks of levels that name their side."""
    sides: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])
    for side, price, qty in rows:
        sides[side in ("offer", "sell")].append((price, qty))
    bids, asks = map(events.levels, sides)
    check_levels(bids, asks)
    return bids, asks
