"""Kraken's derivatives wire as Structs: bounds on its numbers, one name for a time. Unknown keys are ignored.

Every docstring that shows a frame shows a captured one (2022 and 2026), shortened.
"""

from __future__ import annotations

import msgspec

from producers.venues.decoding import WireAmount, WireId, WirePrice, WireRate, WireTime
from schemas.market import Side


class Level(msgspec.Struct, frozen=True, gc=False):
    """{"price":39253.0,"qty":34400.0}"""

    price: WirePrice
    qty: WireAmount


class Frame(msgspec.Struct, frozen=True, tag_field="feed"):
    """Base of everything that names its feed."""

    product_id: str


class BookFrame(Frame, frozen=True, gc=False, tag="book", rename={"time": "timestamp"}):
    """{"feed":"book","product_id":"PI_XBTUSD","side":"buy","seq":270613033,"price":39080.5,"qty":0.0,"timestamp":1646479025941}"""

    side: Side
    seq: WireId
    price: WirePrice
    qty: WireAmount
    time: WireTime


class WholeFrame(Frame, frozen=True, tag="book_snapshot", rename={"time": "timestamp"}):
    """{"feed":"book_snapshot","product_id":"PI_XBTUSD","timestamp":1646478671000,"seq":270511410,"tickSize":null,"bids":[{"price":39253.0,"qty":34400.0}],"asks":[]}"""

    seq: WireId
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    time: WireTime


class TradeFrame(Frame, frozen=True, gc=False, tag="trade"):
    """{"feed":"trade","product_id":"PI_XBTUSD","uid":"df029bc0","side":"sell","type":"fill","seq":222737,"time":1646472684700,"qty":386.0,"price":39054.5}"""

    uid: str
    side: Side
    type: str
    qty: WireAmount
    price: WirePrice
    time: WireTime


class TickerFrame(Frame, frozen=True, gc=False, tag="ticker", rename={"oi": "openInterest", "mark": "markPrice"}):
    """{"feed":"ticker","product_id":"PI_XBTUSD","time":1654164951042,"funding_rate":3.216424e-12,"relative_funding_rate":9.6321875e-8,"next_funding_rate_time":1654171200000,"index":29927.42,"suspended":false,"openInterest":43967525.0,"markPrice":29919.75,"post_only":false}"""

    time: WireTime
    mark: WireAmount = 0.0
    index: WireAmount = 0.0
    oi: WireAmount | None = None
    # Of a position's value, for one hour. The `funding_rate` beside it is an amount of money for each contract.
    relative_funding_rate: WireRate | None = None
    next_funding_rate_time: WireTime | None = None
    suspended: bool = False
    post_only: bool = False


class Order(msgspec.Struct, frozen=True):
    """{"direction":"Buy","orderType":"Post"}"""

    direction: str = ""
    kind: str = msgspec.field(name="orderType", default="")


class Fill(msgspec.Struct, frozen=True, rename="camel"):
    """{"uid":"f55f","makerOrder":{},"takerOrder":{},"timestamp":1790422737272,"quantity":"0.0288","price":"84186"}"""

    uid: str
    maker_order: Order
    taker_order: Order
    timestamp: WireTime
    quantity: WireAmount
    price: WirePrice


class Element(msgspec.Struct, frozen=True):
    """{"event":{"Execution":{"execution":{},"takerReducedQuantity":""}}}; documented as `execution`"""

    event: dict[str, dict[str, msgspec.Raw]]


class Executions(msgspec.Struct, frozen=True):
    """{"elements":[],"len":0,"continuationToken":"MTc5"}"""

    elements: tuple[Element, ...]


class Listed(msgspec.Struct, frozen=True, rename="camel"):
    """{"symbol":"PF_ETHUSD","type":"flexible_futures","tickSize":0.1,"contractSize":1,"tradeable":true}"""

    symbol: str
    tradeable: bool = False
    tick_size: WireAmount | None = None
    contract_size: WireAmount | None = None


class Listing(msgspec.Struct, frozen=True):
    """{"result":"success","instruments":[]}; each row is read by itself"""

    instruments: tuple[msgspec.Raw, ...]


class Probe(msgspec.Struct, frozen=True):
    """{"event":"subscribed","feed":"book","product_ids":["PI_XBTUSD"]}"""

    feed: str = ""
    event: str = ""
    message: str = ""  # of errors
    product_ids: tuple[str, ...] = ()
