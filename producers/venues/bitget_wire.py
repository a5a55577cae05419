"""The wire of Bitget as Structs: v3 as it is spoken today, and what the v2 and v1 wires of recordings called otherwise.

Which of the three a frame is: v3 names its `topic` and `symbol`; v2 (`SPOT`, `USDT-FUTURES`) and v1 (`sp`, `mc`) name
`channel` and `instId`. Frames in docstrings are captured ones, where they do not say otherwise.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

import msgspec

from producers.errors import DecodeError
from producers.venues.decoding import (
    FAILURES,
    WireAmount,
    WireBalance,
    WireId,
    WirePrice,
    WireRate,
    WireTime,
    decode_error,
)
from schemas.market import Side

T = TypeVar("T")
Maybe = WireAmount | Literal[""] | None
MaybeMs = Annotated[int, msgspec.Meta(ge=-1, lt=10**14)] | Literal[""] | None
Digits = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,18}(\.[0-9]{1,18})?\Z")]


class Arg(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What a frame is about: `topic` and `symbol` on v3; `channel` and `instId` on v2 (`SPOT`) and v1 (`sp`, `mc`)."""

    inst_type: str
    topic: str = ""
    symbol: str = ""
    channel: str = ""
    inst_id: str = ""


class Frame(msgspec.Struct, frozen=True):
    """{"action":"update","arg":{"instType":"usdt-futures","topic":"books","symbol":"BTCUSDT"},"data":[…],"ts":1777358881009}"""

    arg: Arg | None = None
    data: msgspec.Raw = msgspec.Raw(b"[]")
    action: str = ""
    ts: WireTime | None = None
    event: str = ""
    code: int | str = ""
    msg: str = ""
    table: str = ""  # before 2022-04-29: {"table":"swap/trade","data":[…]}


class Fill(
    msgspec.Struct, frozen=True, gc=False, rename={"ms": "T", "price": "p", "qty": "v", "taker": "S", "id": "i"}
):
    """{"i":"1432912492051054592","p":"76631.3","v":"0.01","S":"buy","T":"1777358881008","isRPI":"no"}"""

    ms: WireTime
    price: WirePrice
    qty: WireAmount
    taker: Side
    id: str


class FillV1(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """["1653873778747","29443.24","0.4134","buy"]"""

    ms: WireTime
    price: WirePrice
    qty: WireAmount
    taker: Side
    id: None = None


class Book(msgspec.Struct, frozen=True, rename={"ms": "ts", "bids": "b", "asks": "a", "prev": "pseq"}):
    """{"a":[],"b":[["0.00519","30828.52"]],"seq":427583480559,"pseq":427583461144,"ts":"1789456512452"}"""

    ms: WireTime
    bids: msgspec.Raw
    asks: msgspec.Raw
    seq: WireId | None = None
    prev: WireId | None = None
    checksum: Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**32)] = 0  # v1; from 2024 on it is 0, and ids follow


class Ticker(msgspec.Struct, frozen=True, rename="camel"):
    """{"markPrice":"76631.3","indexPrice":"76671.4","fundingRate":"-0.00003","openInterest":"29539.3","nextFundingTime":"1777363200000"}"""

    mark_price: Maybe = None
    index_price: Maybe = None
    funding_rate: WireRate | Literal[""] | None = None
    next_funding_time: MaybeMs = None
    open_interest: Maybe = None
    ts: WireTime | None = None  # v3 has it in the frame


class LiquidationRow(msgspec.Struct, frozen=True, gc=False):
    """{"symbol":"APEUSDT","side":"buy","price":"0.1649","amount":"13.70319","ts":"1777358886549"}"""

    symbol: str
    side: Side
    price: WirePrice
    amount: WireAmount
    ts: WireTime


class Listed(msgspec.Struct, frozen=True, rename="camel"):
    """{"symbol":"BTCUSDT","category":"USDT-FUTURES","baseCoin":"BTC","quoteCoin":"USDT","status":"online","deliveryTime":"","pricePrecision":"1"}"""

    symbol: str
    category: str
    base_coin: str
    quote_coin: str
    status: str
    delivery_time: MaybeMs = None
    type: str = ""  # `perpetual` or `delivery`
    symbol_type: str = ""  # the same under the name that v2 has for it
    price_multiplier: Maybe = None


class Pool(msgspec.Struct, frozen=True):
    """{"symbols":["BTCUSDT","ETHUSDT"],"coin":"USDT","balance":"500000"}: documented, not captured."""

    symbols: tuple[str, ...]
    coin: str
    balance: WireBalance


class Answer(msgspec.Struct, frozen=True):
    """{"code":"00000","msg":"success","requestTime":1734766810918,"data":…}"""

    code: str
    msg: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")
    time: WireTime = msgspec.field(name="requestTime", default=0)


PRODUCTS = frozenset({"usdt-futures", "usdc-futures", "coin-futures", "spot", "sp", "mc"})
"""`instType` in small letters; the last two on v1."""
SPOT = "_SPBL"
"""Spot and futures share names and differ in `instType` alone: the suffix, v1's own, tells spot apart."""

frames = msgspec.json.Decoder(Frame, strict=False)
answers = msgspec.json.Decoder(Answer, strict=False)
listed = msgspec.json.Decoder(Listed, strict=False)
pools = msgspec.json.Decoder(dict[Literal["list"], tuple[msgspec.Raw, ...]])
pool = msgspec.json.Decoder(Pool, strict=False)
book = msgspec.json.Decoder(Book, strict=False)
books = msgspec.json.Decoder(tuple[Book, ...], strict=False)
fills = msgspec.json.Decoder(tuple[Fill, ...], strict=False)
fills_v1 = msgspec.json.Decoder(tuple[FillV1, ...], strict=False)
tickers = msgspec.json.Decoder(tuple[Ticker, ...], strict=False)
raws = msgspec.json.Decoder(tuple[msgspec.Raw, ...])
liquidation = msgspec.json.Decoder(LiquidationRow, strict=False)
levels = msgspec.json.Decoder(list[tuple[Digits, Digits]])

_V3_NAMES = {
    "trade": {b"ts": b"T", b"price": b"p", b"size": b"v", b"side": b"S", b"tradeId": b"i"},
    "books": {b"bids": b"b", b"asks": b"a"},
    "ticker": {
        b"capitalRate": b"fundingRate", b"nextSettleTime": b"nextFundingTime", b"holding": b"openInterest",
        b"holdingAmount": b"openInterest", b"systemTime": b"ts",
    },
}  # fmt: skip
"""By channel, what v2 and v1 called otherwise. Trades and ticker of v2 are documented, not captured."""


def read(decoder: msgspec.json.Decoder[T], body: msgspec.Raw | bytes) -> T:
    """Decode, or raise a `DecodeError`."""
    try:
        return decoder.decode(body)
    except FAILURES as failure:
        raise decode_error(failure) from failure


def answered(body: bytes) -> Answer:
    """A REST answer; one that reports an error must not pass for an empty list."""
    answer = read(answers, body)
    if answer.code != "00000":
        raise DecodeError("bad_shape", f"code {answer.code[:20]}: {answer.msg[:100]}")
    return answer


def rows(message: Frame, decoder: msgspec.json.Decoder[T]) -> T:
    """The data of a frame. That of the older wires is given the names of today first."""
    data = bytes(message.data)
    if message.arg is not None and message.arg.channel:
        for old, new in _V3_NAMES.get(message.arg.channel, {}).items():
            data = data.replace(b'"%b":' % old, b'"%b":' % new)
    return read(decoder, data)


def market_symbol(arg: Arg) -> str:
    """The name by which the market is known here."""
    symbol = arg.symbol or arg.inst_id
    return symbol + SPOT if symbol and arg.inst_type.lower() in ("spot", "sp") else symbol
