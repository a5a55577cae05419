"""The wire of Lighter as Structs: names for its fields, bounds on its numbers.

Frames that show digits were published as captured on mainnet (2026-04, 2026-07); Lighter leaves out what is zero.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

import msgspec

from producers.venues.decoding import (
    FAILURES,
    WireAmount,
    WireId,
    WirePrice,
    WireRate,
    WireTime,
    decode_error,
    readable_rows,
)

_T = TypeVar("_T")
_Digits = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,18})?$")]
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**31)]
_Signed = Annotated[float, msgspec.Meta(gt=-1e18, lt=1e18)]


class Level(msgspec.Struct, frozen=True, gc=False):
    """{"price":"1916.47","size":"0.0000"}"""

    price: _Digits
    size: _Digits


class Book(msgspec.Struct, frozen=True):
    """A whole book or the levels that changed.

    {"code":0,"asks":[{"price":"1916.47","size":"0.0000"}],"bids":[],"offset":2043113,"nonce":17926042944,"last_updated_at":1785252530170379,"begin_nonce":17926042877}
    """

    nonce: WireId
    begin_nonce: WireId = 0
    """The nonce of the frame before; 0 in a whole book. `offset` belongs to the API server and chains nothing."""
    last_updated_at: WireTime = 0
    """Microseconds, of the engine."""
    bids: tuple[Level, ...] | None = ()
    asks: tuple[Level, ...] | None = ()


class Row(msgspec.Struct, frozen=True, gc=False):
    """A fill. The types are `trade`, `liquidation`, `deleverage` and `market-settlement`; the last two are documented,
    not captured.

    {"trade_id":18237797923,"type":"liquidation","market_id":1,"size":"0.01664","price":"75602.8","is_maker_ask":true,"timestamp":1776687656653,"taker_position_size_before":"-0.01664","maker_position_size_before":"-0.00015","transaction_time":1776687656681222}
    """

    trade_id: WireId
    size: WireAmount
    price: WirePrice
    is_maker_ask: bool
    timestamp: WireTime
    """Milliseconds, of the block."""
    type: str = "trade"
    transaction_time: WireTime = 0
    """Microseconds, of the sequencer."""
    taker_position_size_before: _Signed = 0.0
    maker_position_size_before: _Signed = 0.0


class Stats(msgspec.Struct, frozen=True):
    """The state of a market; a spot market has an index alone.

    {"symbol":"ETH","market_id":0,"index_price":"1915.31","mark_price":"1914.32","open_interest":"86574362.972120","current_funding_rate":"-0.0012","funding_rate":"-0.0011","funding_timestamp":1785250800001}
    """

    market_id: _Number
    index_price: WireAmount | Literal[""] | None = None
    mark_price: WireAmount | Literal[""] | None = None
    open_interest: WireAmount | Literal[""] | None = None
    """USD. (The REST list has base coin, and so has the documentation's example.)"""
    current_funding_rate: WireRate | Literal[""] | None = None
    """The estimate, in percent of an hour; `funding_rate` is the last one paid, at `funding_timestamp`."""


class Error(msgspec.Struct, frozen=True):
    """{"code":30005,"message":"Invalid Channel"}"""

    code: Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31)] = 0
    message: str = ""


class Frame(msgspec.Struct, frozen=True):
    """Every frame there is; `type` is `subscribed/…` in the first of a subscription and `update/…` from then on.

    {"channel":"trade:1","liquidation_trades":[…],"nonce":10380968790,"trades":[…],"type":"update/trade"}
    {"channel":"market_stats:all","market_stats":{"0":{…}},"timestamp":1785252530620,"type":"update/market_stats"}
    {"error":{"code":30005,"message":"Invalid Channel"}} · {"type":"connected","session_id":"…"} · {"type":"ping"}
    """

    type: str = ""
    channel: str = ""
    timestamp: WireTime = 0
    """Milliseconds, of the push."""
    order_book: Book | None = None
    trades: tuple[msgspec.Raw, ...] | None = ()
    """Each is read by itself: `Row`."""
    liquidation_trades: tuple[msgspec.Raw, ...] | None = ()
    market_stats: msgspec.Raw = msgspec.Raw()
    """`Stats` of one market; of all markets, by number."""
    spot_market_stats: msgspec.Raw = msgspec.Raw()
    error: Error | None = None


class Listed(msgspec.Struct, frozen=True):
    """{"symbol":"ETH","market_id":0,"market_type":"perp","status":"active","supported_price_decimals":2}"""

    symbol: str
    market_id: _Number
    market_type: str = ""
    status: str = "active"
    supported_price_decimals: Annotated[int, msgspec.Meta(ge=0, le=18)] | None = None

    def tick_size(self) -> float | None:
        """The smallest step of the price, where it is told."""
        return None if self.supported_price_decimals is None else float(f"1e-{self.supported_price_decimals}")


class Listing(msgspec.Struct, frozen=True):
    """{"code":200,"order_book_details":[…],"spot_order_book_details":[…]}"""

    order_book_details: tuple[msgspec.Raw, ...]
    spot_order_book_details: tuple[msgspec.Raw, ...] | None = ()

    def markets(self) -> list[Listed]:
        """Both kinds; one that cannot be read is passed over. The list tells the kind where the row does not."""
        kinds = (("perp", self.order_book_details), ("spot", self.spot_order_book_details or ()))
        rows = ((kind, raw) for kind, raws in kinds for raw in raws)
        return readable_rows(rows, lambda row: _listed(*row))


def _listed(kind: str, raw: msgspec.Raw) -> Listed:
    row = read(raw, Listed)
    return row if row.market_type else msgspec.structs.replace(row, market_type=kind)


class Account(msgspec.Struct, frozen=True):
    """Documented, not captured."""

    total_asset_value: WireAmount


class Accounts(msgspec.Struct, frozen=True):
    """{"code":200,"total":1,"accounts":[{"index":281474976710655,"total_asset_value":"410000000.000000",…}]}"""

    accounts: tuple[Account]


def read(raw: bytes | msgspec.Raw, form: type[_T]) -> _T:
    """An answer or a part of one; raises `DecodeError`."""
    try:
        return msgspec.json.decode(raw, type=form, strict=False)
    except FAILURES as failure:
        raise decode_error(failure) from failure
