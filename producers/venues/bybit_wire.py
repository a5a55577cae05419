"""The wire of Bybit v5 as Structs: names for its keys, bounds on its numbers, levels unparsed.

Facts: v5 documentation of 2026-07-24 and its history. Books, trades, tickers and liquidations are captured; the other
channels are as documented.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Raw

from producers.venues.decoding import WireAmount, WireBalance, WireId, WirePrice, WireRate, WireTime

DEAD = {
    "orderBookL2_25": b"", "orderBook_200": b"", "instrument_info": b"", "klineV2": b"", "candle": b"",
    "trade": b'"trade_id"', "liquidation": b'"qty"', "insurance": b'"wallet_balance"',
}  # fmt: skip
"""Topics of the API before v5, and what its data hold where v5 has a topic of that name."""
OPTION = re.compile(r".+-[CP](-\w+)?")

Side = Literal["Buy", "Sell"]


class Frame(msgspec.Struct, frozen=True, gc=False):
    """{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1687940967466,"data":{…},"cts":1687940967464}

    {"success":true,"ret_msg":"","conn_id":"cejreaspqfm9se7usbrg-2xh","req_id":"test","op":"subscribe"}
    """

    topic: str = ""
    type: str = ""
    ts: WireTime = 0
    cts: WireTime | None = None  # the match engine's time of a book, since 2023, as `T` is that of a trade
    data: Raw = Raw(b"null")
    success: bool | None = None
    op: str = ""
    ret_msg: str = ""
    request: Raw = Raw()  # this and the next are of the API before v5
    ret_code: Raw = Raw()


class Book(msgspec.Struct, frozen=True, gc=False):
    """{"s":"BTCUSDT","b":[["30247.20","30.028"]],"a":[["30248.70","0"]],"u":177400507,"seq":66544703342}"""

    b: Raw
    a: Raw
    u: WireId
    ts: WireTime = 0  # the REST answer has its times here
    cts: WireTime | None = None


_ROW_KEYS = {"ms": "T", "side": "S", "qty": "v", "price": "p"}


class TradeRow(msgspec.Struct, frozen=True, gc=False, rename=_ROW_KEYS | {"id": "i", "block": "BT"}):
    """{"T":1672304486865,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","i":"20f43950-d8dd-5b31","BT":false}"""

    ms: WireTime
    side: Side  # of the taker
    qty: WireAmount
    price: WirePrice
    id: str  # digits on spot, a UUID elsewhere
    block: bool = False


class LiquidationRow(msgspec.Struct, frozen=True, gc=False, rename=_ROW_KEYS):
    """{"T":1739502302929,"s":"ROSEUSDT","S":"Sell","v":"20000","p":"0.04499"}"""

    ms: WireTime
    side: Side  # of the position: `Buy` is a long
    qty: WireAmount
    price: WirePrice  # at which the account was bankrupt


class OldLiquidation(msgspec.Struct, frozen=True, rename={"ms": "updatedTime", "qty": "size"}):
    """{"updatedTime":1703485237953,"symbol":"BTCUSDT","side":"Sell","size":"0.003","price":"43511.70"}"""

    ms: WireTime
    side: Side  # of the position too: the documentation said "order" until 2023-08-31
    qty: WireAmount
    price: WirePrice


class Ticker(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What is absent has not changed; what a future does not have is "".

    {"symbol":"BTCUSDT","markPrice":"17217.33","indexPrice":"17227.36","openInterest":"68744.761","openInterestValue":"1183601235.91","nextFundingTime":"1673280000000","fundingRate":"-0.000212"}
    """

    mark_price: WireAmount | Literal[""] | None = None
    index_price: WireAmount | Literal[""] | None = None
    funding_rate: WireRate | Literal[""] | None = None
    next_funding_time: Annotated[int, msgspec.Meta(ge=0, lt=10**14)] | Literal[""] | None = None
    open_interest: WireAmount | Literal[""] | None = None  # longs and shorts together, and so is its value
    open_interest_value: WireAmount | Literal[""] | None = None
    single_open_interest: WireAmount | Literal[""] | None = None  # since 2026-06-11; documented, not captured
    single_open_interest_value: WireAmount | Literal[""] | None = None


class PoolRow(
    msgspec.Struct,
    frozen=True,
    rename={
        "coin": "c", "symbol": "s", "balance": "b", "ratio": "pr", "trigger": "i_pr", "stop": "adl_sr",
        "threshold": "adl_tt",
    },
):  # fmt: skip
    """Text in the documentation's table, numbers in its example; `mb` may be "".

    {"c":"USDT","s":"FWOGUSDT","b":-5421.29889888,"mb":-5421.29889888,"i_pr":-0.3,"pr":0,"adl_tt":10000,"adl_sr":-0.25}
    """

    coin: str
    symbol: str
    balance: WireBalance
    ratio: WireRate  # what the market lost in eight hours, negative, over the pool's highest balance of that time
    trigger: WireRate
    stop: WireRate
    threshold: WireBalance


class FundRow(msgspec.Struct, frozen=True, rename={"symbol": "symbols", "ms": "updateTime"}):
    """{"coin":"USDT","symbols":"GRIFFAINUSDT","balance":"25614.92972633","updateTime":"1747722930000"}"""

    coin: str
    symbol: str
    balance: WireBalance
    ms: WireTime


class Band(msgspec.Struct, frozen=True, rename={"highest_buy": "buyLmt", "lowest_sell": "sellLmt"}):
    """{"symbol":"BTCUSDT","buyLmt":"114450.00","sellLmt":"103550.00"}"""

    highest_buy: WireAmount
    lowest_sell: WireAmount


class Maintenance(msgspec.Struct, frozen=True, rename="camel"):
    """{"title":"t06","state":"completed","serviceTypes":[2,3,4,5],"product":[1,2],"maintainType":1,"env":1}"""

    state: str
    service_types: tuple[int, ...]  # 1: trading as such; 2 and 3: by REST and by websocket; 5: market data
    product: tuple[int, ...]  # 1: futures
    env: int = 1  # 2: the demo
    title: str = ""


class _Filter(msgspec.Struct, frozen=True, rename="camel"):
    tick_size: WirePrice | None = None


class Listed(msgspec.Struct, frozen=True, rename="camel"):
    """One market; spot has no contract type, options have another field in its place.

    {"symbol":"BTCUSD","contractType":"InversePerpetual","status":"Trading","baseCoin":"BTC","quoteCoin":"USD","settleCoin":"BTC","deliveryTime":"0","priceFilter":{"tickSize":"0.5"}}
    """

    symbol: str
    status: str
    base_coin: str
    quote_coin: str
    settle_coin: str = ""
    contract_type: str = ""
    options_type: str = ""
    delivery_time: Annotated[int, msgspec.Meta(ge=0, lt=10**14)] | Literal[""] = 0
    price_filter: _Filter = _Filter()


class Listing(msgspec.Struct, frozen=True):
    """{"category":"linear","list":[],"nextPageCursor":""}"""

    list: tuple[Raw, ...]


class ListAnswer(msgspec.Struct, frozen=True):
    """{"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[]},"time":1735809771618}"""

    result: Raw = Raw(b"null")
    code: int = msgspec.field(name="retCode", default=0)
    words: str = msgspec.field(name="retMsg", default="")


class BookAnswer(msgspec.Struct, frozen=True):
    """The REST answer with a book."""

    result: Book
