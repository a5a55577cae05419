"""The wire of Gate's futures, beside a frame of each: what others captured, or what the documentation shows.

Sizes are contracts: exact decimals in text where the handshake said `X-Gate-Size-Decimal: 1` (since 2025-12-09), and
integers cut off at the point elsewhere. Documentation of 2026-08-25.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from producers.venues.decoding import WireAmount, WireBalance, WireId, WirePrice, WireRate, WireTime

Signed = Annotated[float, msgspec.Meta(gt=-1e18, lt=1e18)]
Absent = Literal[""] | None


class Trade(msgspec.Struct, frozen=True, gc=False):
    """{"size":-7,"id":376991,"create_time":1653808101,"price":"29009.9","contract":"BTC_USD_20220603"}"""

    contract: str
    id: WireId  # whether it counts every trade of the market is not said
    price: WirePrice
    size: Signed  # by the side of the taker
    create_time: WireTime
    create_time_ms: WireTime = 0
    is_internal: bool = False  # since 2023-09-21: insurance fund or ADL take over a liquidation (not captured)


class Book(msgspec.Struct, frozen=True, gc=False):
    """{"t":1653810274815,"id":79619326,"contract":"BTC_USD_20220624","asks":[{"p":"28988.9","s":620}],"bids":[]}

    REST has neither `contract` nor `t`, but {"current":1684930166.384,"update":1684930166.35}.
    """

    asks: msgspec.Raw
    bids: msgspec.Raw
    contract: str = ""
    t: WireTime = 0  # since 2021-03-31
    id: WireId | None = None
    current: WireAmount = 0.0


class OldChange(msgspec.Struct, frozen=True, gc=False):
    """{"p":"38258.9","s":-500,"c":"BTC_USDT_20210625","id":90062644}: of order_book, seen in 2021"""

    p: str
    s: Signed  # negative where it is offered
    c: str


class Liquidate(msgspec.Struct, frozen=True, gc=False):
    """{"price":"215.1","size":"-124.5","time":1541486601123,"contract":"BTC_USDT"} (documented, not captured)"""

    contract: str
    price: WirePrice
    size: Signed  # of the order: a negative one sells what a long held
    time: WireTime = 0  # in seconds until 2026-08-20
    time_ms: WireTime = 0  # in its place, by the documentation until then


class Closed(msgspec.Struct, frozen=True, gc=False):
    """{"entry_price":209,"fill_price":215.1,"left":0,"liq_price":213,"order_id":4093362,"size":-124,"time":1541486601,"contract":"BTC_USD"}"""

    contract: str
    fill_price: WirePrice
    size: Signed  # of the *position*: a negative one was a short, whose price rose from 209 to 213
    time: WireTime
    order_id: WireId
    left: Signed = 0.0  # unfilled (documented, not captured; one sees one's own alone)


class Ticker(msgspec.Struct, frozen=True, gc=False):
    """{"contract":"BTC_USDT","mark_price":"77183.5","index_price":"77221.8","funding_rate":"0.000072","funding_next_apply":1789459200,"total_size":"651185722","t":1789456337802}"""

    contract: str
    mark_price: WireAmount | Absent = None
    index_price: WireAmount | Absent = None
    funding_rate: WireRate | Absent = None
    funding_next_apply: Annotated[int, msgspec.Meta(ge=0, lt=10**11)] = 0  # seconds
    total_size: WireAmount | Absent = None
    t: WireTime = 0


class AdlWarning(msgspec.Struct, frozen=True, gc=False):
    """{"contract":"AKE_USDT","settle":"usdt","state":"warning","update_time":1788433195} (documented: ms)"""

    contract: str
    state: Literal["normal", "warning", "adl_risk"]
    update_time: WireTime = 0


class Listed(msgspec.Struct, frozen=True, gc=False):
    """{"name":"KNC_USDT","type":"direct","quanto_multiplier":"1","order_price_round":"0.0001","in_delisting":false}"""

    name: str
    type: str = ""
    quanto_multiplier: WireAmount = 0.0  # zero where a contract is 1 USD
    order_price_round: WireAmount = 0.0
    in_delisting: bool = False
    status: str = "trading"  # not yet in 2023-05


class Fund(msgspec.Struct, frozen=True, gc=False):
    """{"t":1523491200,"b":"83.0031"}"""

    t: WireTime
    b: WireBalance


class System(msgspec.Struct, frozen=True, gc=False):
    """{"type":"upgrade","msg":"The connection will soon be closed for a service upgrade. Please reconnect."}"""

    type: str
    msg: str = ""


read_trades = msgspec.json.Decoder(tuple[Trade, ...], strict=False).decode
read_book = msgspec.json.Decoder(Book | tuple[OldChange, ...], strict=False).decode
read_liquidate = msgspec.json.Decoder(Liquidate, strict=False).decode
read_closes = msgspec.json.Decoder(tuple[Closed, ...], strict=False).decode
read_tickers = msgspec.json.Decoder(tuple[Ticker, ...], strict=False).decode
read_warning = msgspec.json.Decoder(AdlWarning).decode
read_listed = msgspec.json.Decoder(Listed, strict=False).decode
read_funds = msgspec.json.Decoder(tuple[Fund, ...], strict=False).decode
read_system = msgspec.json.Decoder(System).decode
