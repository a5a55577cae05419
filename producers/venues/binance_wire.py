"""The wire of Binance's three venues as Structs: names for its one-letter keys, bounds on its numbers, levels unparsed.

Every docstring that shows a frame shows a captured one (USD-M, COIN-M and spot, 2021-2026). Unknown keys are ignored:
Binance adds some without notice (`st`, `ps`, `nq` in 2026).
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from producers.venues.decoding import WireAmount, WireId, WirePrice, WireRate, WireTime

COIN_MARGINED = re.compile(r".+USD_(?:PERP|\d{6})")
"""Symbols of COIN-M; since 2026-06-30 the all-market streams of either futures venue carry the rows of both."""
DATED = re.compile(r"(.+)_(\d{6})")
"""Pair and expiry (YYMMDD) of a delivery contract."""


class Payload(msgspec.Struct, frozen=True, gc=False, tag_field="e"):
    """Base of everything that names its own event type."""


class DepthUpdate(
    Payload,
    frozen=True,
    tag="depthUpdate",
    rename={
        "symbol": "s", "push_ms": "E", "match_ms": "T", "first_id": "U", "last_id": "u", "prev_id": "pu",
        "bids": "b", "asks": "a",
    },
):  # fmt: skip
    """Changed levels. Spot has neither `T` nor `pu`.

    {"e":"depthUpdate","E":1622371244693,"T":1622371244687,"s":"BTCUSDT","U":475776377463,"u":475776380184,"pu":475776377452,"b":[["35729.77","1.600"]],"a":[["35819.20","0.211"]]}
    """

    symbol: str
    push_ms: WireTime
    first_id: WireId
    last_id: WireId
    bids: msgspec.Raw
    asks: msgspec.Raw
    match_ms: WireTime | None = None
    prev_id: WireId | None = None


class TradePayload(
    Payload,
    frozen=True,
    tag="trade",
    rename={
        "symbol": "s", "match_ms": "T", "trade_id": "t", "price": "p", "qty": "q",
        "buyer_is_maker": "m", "execution": "X",
    },
):  # fmt: skip
    """One fill. Futures say how it came about in `X`; spot does not, all of its fills are of the book.

    {"e":"trade","E":1680652874406,"T":1680652874400,"s":"BTCUSDT","t":3535191080,"p":"28722.50","q":"0.001","X":"INSURANCE_FUND","m":true}
    """

    symbol: str
    match_ms: WireTime
    trade_id: WireId
    price: WireAmount
    qty: WireAmount
    buyer_is_maker: bool
    execution: str = "MARKET"


_TICKER_KEYS = {"symbol": "s", "bid": "b", "bid_qty": "B", "ask": "a", "ask_qty": "A"}


class BookTicker(Payload, frozen=True, tag="bookTicker", rename=_TICKER_KEYS | {"match_ms": "T"}):
    """Best bid and ask of a futures market; a side without orders is all zero.

    {"e":"bookTicker","u":1553413152520,"s":"ETHUSDT","b":"1778.54","B":"15.164","a":"1778.55","A":"7.289","T":1653817855284,"E":1653817855289}
    """

    symbol: str
    bid: WireAmount
    bid_qty: WireAmount
    ask: WireAmount
    ask_qty: WireAmount
    match_ms: WireTime


class SpotBookTicker(msgspec.Struct, frozen=True, gc=False, rename=_TICKER_KEYS):
    """Best bid and ask of a spot market: without an event type and without a time.

    {"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000","A":"1.54698000"}
    """

    symbol: str
    bid: WireAmount
    bid_qty: WireAmount
    ask: WireAmount
    ask_qty: WireAmount


class LiquidationOrder(
    msgspec.Struct,
    frozen=True,
    gc=False,
    rename={"symbol": "s", "side": "S", "limit": "p", "average": "ap", "filled": "z", "match_ms": "T"},
):
    """The order by which a position is closed. `l`, the last fill, may be less than `z`, all fills: it is not read."""

    symbol: str
    side: Literal["BUY", "SELL"]
    limit: WirePrice
    average: WireAmount
    filled: WireAmount
    match_ms: WireTime


class ForceOrder(Payload, frozen=True, tag="forceOrder", rename={"order": "o"}):
    """A liquidation, at most one a symbol and second.

    {"e":"forceOrder","E":1791391083124,"o":{"s":"ILVUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"116.5","p":"3.80300","ap":"3.85642","X":"FILLED","l":"25.2","z":"116.5","T":1791391082119,"ps":"ILVUSDT","st":1}}
    """

    order: LiquidationOrder

    @property
    def symbol(self) -> str:
        """Whose position is closed."""
        return self.order.symbol


class ContractInfo(Payload, frozen=True, tag="contractInfo", rename={"symbol": "s", "push_ms": "E", "status": "cs"}):
    """A contract's state, when it or its leverage brackets (`bks`) change. Documented, not captured.

    {"e":"contractInfo","E":1669356423908,"s":"IOTAUSDT","ct":"PERPETUAL","dt":4133404800000,"ot":1569398400000,"cs":"TRADING"}
    """

    symbol: str
    push_ms: WireTime
    status: str


class MarkPriceUpdate(
    Payload,
    frozen=True,
    tag="markPriceUpdate",
    rename={"symbol": "s", "push_ms": "E", "mark": "p", "index": "i", "funding": "r", "next_funding_ms": "T"},
):
    """Mark, index and funding. Delivery contracts have no funding: `"r":"","T":0`.

    {"e":"markPriceUpdate","E":1617308820003,"s":"BTCUSDT","p":"58940.14924532","P":"58905.14663658","i":"58857.26693664","r":"0.00058455","T":1617321600000}
    """

    symbol: str
    push_ms: WireTime
    mark: WirePrice
    index: WireAmount | None = None
    funding: WireRate | Literal[""] | None = None
    next_funding_ms: Annotated[int, msgspec.Meta(ge=0, lt=10**14)] = 0


FuturesPayload = BookTicker | DepthUpdate | TradePayload | MarkPriceUpdate | ForceOrder | ContractInfo
SpotPayload = DepthUpdate | TradePayload
Message = FuturesPayload | SpotBookTicker


class FuturesCombined(msgspec.Struct, frozen=True, gc=False):
    """A futures payload in the wrapper of a combined stream, the way we subscribe."""

    data: FuturesPayload


class SpotCombined(msgspec.Struct, frozen=True, gc=False):
    """A spot payload in the wrapper of a combined stream."""

    data: SpotPayload


class SpotTickerCombined(msgspec.Struct, frozen=True, gc=False):
    """A spot book ticker in the wrapper of a combined stream."""

    data: SpotBookTicker


class _OrderSymbol(msgspec.Struct, rename={"symbol": "s"}):
    symbol: str | None = None


class Probe(
    msgspec.Struct,
    frozen=True,
    rename={"event": "e", "symbol": "s", "order": "o", "prev_id": "pu", "spot_flag": "M", "ask_qty": "A"},
):
    """Enough of any frame to tell what it is when it does not decode at once: wrapper, payload, answer or error.

    {"result":null,"id":1}
    {"error":{"code":4,"msg":"Too many subscriptions"}}
    """

    event: str | None = None
    symbol: str | None = None
    order: msgspec.Raw = msgspec.Raw(b"{}")
    prev_id: WireId | None = None
    spot_flag: bool | None = None
    """`M`, a flag that only spot trades carry."""
    ask_qty: str | None = None
    data: msgspec.Raw = msgspec.Raw()
    id: int | str | None = None
    result: msgspec.Raw = msgspec.Raw()
    code: Annotated[int, msgspec.Meta(ge=-(10**6), le=10**6)] | None = None
    msg: str = ""
    error: msgspec.Raw = msgspec.Raw()

    def market(self) -> str | None:
        """The symbol of the payload; a liquidation has it one level deeper."""
        if self.symbol is None and self.event == "forceOrder":
            return msgspec.json.decode(self.order, type=_OrderSymbol).symbol
        return self.symbol
