"""The wire of OKX v5: its names of markets, and Structs under its own field names, each beside a frame.

Numbers are texts, and empty where there is none. Books, trades, funding, liquidations and refusals were captured
(2022-2026), the other frames are documented (2026-07).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from producers.errors import DecodeError
from producers.venues import events
from producers.venues.decoding import WireAmount, WireBalance, WireId, WirePrice, WireRate, WireTime
from schemas.instrument import Contract, Instrument, Kind, canonical_id

Moment = Annotated[int, msgspec.Meta(ge=0, lt=10**14)] | Literal[""]
"""Milliseconds, or nothing."""
Number = WireAmount | Literal[""]
Holding = WireBalance | Literal[""]
Digits = Annotated[str, msgspec.Meta(pattern=r"^[0-9]+(\.[0-9]+)?$", max_length=60)]


class Topic(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """{"channel":"books","instId":"BTC-USDT"}"""

    channel: str = ""
    inst_id: str = ""
    inst_type: str = ""


class Frame(msgspec.Struct, frozen=True, gc=False):
    """{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[]}

    {"event":"error","msg":"Wrong URL or channel:trades,instId:FOO doesn't exist.","code":"60018","connId":"439535f1"}
    {"event":"notice","code":"64008","msg":"The connection will soon be closed for a service upgrade. …"}
    """

    arg: Topic = Topic()
    data: msgspec.Raw = msgspec.Raw(b"null")
    action: str = ""
    event: str = ""
    code: str | Annotated[int, msgspec.Meta(ge=0, lt=10**9)] = ""
    msg: str = ""
    table: str | None = None  # of the dead version 3


class Trade(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """{"instId":"BTC-USDT-SWAP","tradeId":"219066264","px":"43568.8","sz":"7","side":"buy","ts":"1646312440645"}"""

    trade_id: str
    px: WirePrice
    sz: WireAmount
    side: Literal["buy", "sell"]
    ts: WireTime


class Book(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """{"asks":[["8476.98","415","0","13"]],"bids":[],"ts":"1597026383085","checksum":0,"prevSeqId":-1,"seqId":123456}"""

    bids: msgspec.Raw
    asks: msgspec.Raw
    ts: WireTime
    seq_id: WireId | None = None
    prev_seq_id: WireId | None = None
    checksum: Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**32)] = 0


class Forced(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """{"bkLoss":"0","bkPx":"0.4162","ccy":"","posSide":"short","side":"buy","sz":"2137","ts":"1789669898955"}"""

    bk_px: WirePrice
    sz: WireAmount
    side: Literal["buy", "sell"]  # of the closing order; posSide is "net" in one-way mode
    ts: WireTime


class Liquidations(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """{"details":[],"instFamily":"CNPY-USDT","instId":"CNPY-USDT-SWAP","instType":"SWAP","uly":"CNPY-USDT"}"""

    inst_id: str
    inst_type: str
    details: tuple[msgspec.Raw, ...]


class Mark(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """{"instId":"FIL-USDT-220325","instType":"FUTURES","markPx":"36.232","ts":"1640131204676"}"""

    mark_px: Number
    ts: WireTime


class Index(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """{"instId":"BTC-USD","idxPx":"64280","open24h":"63848.2","ts":"1785870839964"}"""

    idx_px: Number
    ts: WireTime


class Funding(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """{"fundingRate":"0.0000734","fundingTime":"1646323200000","instId":"BTC-USD-SWAP","nextFundingRate":"0.000116"}"""

    funding_rate: WireRate | Literal[""]
    funding_time: Moment = ""  # when this rate is paid; nextFundingTime is one interval later
    ts: Moment = ""  # not in 2022


class OpenInterest(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """{"instId":"BTC-USDT-SWAP","oi":"2216113.01","oiCcy":"22161.13","oiUsd":"1939251795.5","ts":"1743041250440"}"""

    oi: Number  # contracts
    ts: WireTime
    oi_ccy: Number = ""  # coins
    oi_usd: Number = ""  # not in 2022


class PriceLimit(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """{"buyLmt":"0.98122","instId":"XRP-USD-211231","instType":"FUTURES","sellLmt":"0.90546","ts":"1640131201675"}"""

    buy_lmt: Number
    sell_lmt: Number
    ts: WireTime
    enabled: bool = True


class AdlWarning(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """{"instType":"FUTURES","instFamily":"BTC-USDT","state":"warning","bal":"280784384.95","ccy":"","maxBal":"","ts":"1700210763001"}"""

    inst_type: str
    inst_family: str
    state: Literal["normal", "warning", "adl"]
    ts: WireTime
    bal: Holding = ""
    max_bal: Holding = ""  # of eight hours; not since 2026-06-09


class Listed(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """{"ctMult":"1","ctType":"linear","ctVal":"0.01","ctValCcy":"BTC","instId":"BTC-USDT-SWAP","state":"live","tickSz":"0.1"}"""

    inst_id: str
    state: str
    ct_type: str = ""
    ct_val: Number = ""
    ct_mult: Number = ""
    ct_val_ccy: str = ""
    tick_sz: Number = ""


class Maintenance(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """{"title":"Trading service upgrade","state":"ongoing","begin":"1610019546000","serviceType":"5","env":"1","ts":"1610019546001"}"""  # noqa: E501

    state: str
    ts: Moment = ""
    service_type: str = ""
    title: str = ""
    env: str = "1"  # "2" is demo trading


class Balance(msgspec.Struct, frozen=True, gc=False):
    """{"adlType":"","amt":"","balance":"1343.1308","ccy":"ETH","maxBal":"","ts":"1704883083000","type":"regular_update"}"""

    balance: Holding = ""
    ccy: str = ""


class Fund(msgspec.Struct, frozen=True, gc=False):
    """{"details":[],"instFamily":"ETH-USD","instType":"OPTION","total":"1369179138.7489"}"""

    total: Holding = ""  # of all funds, in USD
    details: tuple[Balance, ...] = ()


class Answer(msgspec.Struct, frozen=True, gc=False):
    """{"code":"0","msg":"","data":[]}"""

    code: str
    msg: str = ""
    data: tuple[msgspec.Raw, ...] = ()


_answer = msgspec.json.Decoder(Answer).decode
read_frame = msgspec.json.Decoder(Frame).decode
read_trades = msgspec.json.Decoder(tuple[Trade, ...], strict=False).decode
read_books = msgspec.json.Decoder(tuple[Book, ...], strict=False).decode
read_book = msgspec.json.Decoder(Book, strict=False).decode
read_levels = msgspec.json.Decoder(tuple[tuple[Digits, Digits, Digits, Digits], ...]).decode
read_liquidations = msgspec.json.Decoder(Liquidations, strict=False).decode
read_forced = msgspec.json.Decoder(Forced, strict=False).decode
read_marks = msgspec.json.Decoder(tuple[Mark, ...], strict=False).decode
read_indices = msgspec.json.Decoder(tuple[Index, ...], strict=False).decode
read_fundings = msgspec.json.Decoder(tuple[Funding, ...], strict=False).decode
read_open_interests = msgspec.json.Decoder(tuple[OpenInterest, ...], strict=False).decode
read_limits = msgspec.json.Decoder(tuple[PriceLimit, ...], strict=False).decode
read_warning = msgspec.json.Decoder(AdlWarning, strict=False).decode
read_listed = msgspec.json.Decoder(Listed, strict=False).decode
read_maintenance = msgspec.json.Decoder(tuple[Maintenance, ...], strict=False).decode
read_fund = msgspec.json.Decoder(Fund, strict=False).decode


def answered(body: bytes) -> tuple[msgspec.Raw, ...]:
    """The rows of a REST answer; one that reports an error must not pass for an empty list."""
    answer = _answer(body)
    if answer.code != "0":
        raise DecodeError("bad_shape", f"code {answer.code[:20]}: {answer.msg[:100]}")
    return answer.data


def named(venue: str, symbol: str, ts_recv_ns: int) -> Instrument | None:
    """`BTC-USDT`, `BTC-USD-SWAP` (inverse), `BTC-USD_UM-261225` (linear, margined in any dollar); no options.

    An X-Perp (`BTC-USD_UM_XPERP-310404`) is listed as a future with a far expiry and pays funding like a swap.
    """
    base, _, rest = symbol.partition("-")
    pair, dash, tail = rest.partition("-")
    quote = pair.partition("_")[0]
    if not (base and quote) or (dash and tail != "SWAP" and not (len(tail) == 6 and tail.isdecimal())):
        return None
    kind: Kind = "spot" if not dash else "perp" if tail == "SWAP" or pair.endswith("_XPERP") else "future"
    contract: Contract = "spot" if not dash else "inverse" if pair == "USD" else "linear"
    value, expiry = (None, f"20{tail}") if dash else (1.0, None)
    market = events.market(
        venue, symbol, ts_recv_ns,
        base=base, quote=quote, kind=kind, contract=contract, contract_value=value, expiry=expiry,
    )  # fmt: skip
    # Coin- and dollar-margined contracts of one pair have one quote: only the family tells them apart.
    return msgspec.structs.replace(market, instrument=canonical_id(base, pair, kind, expiry))


def listed(venue: str, row: Listed, ts_recv_ns: int) -> Instrument | None:
    """A market that can be traded now, with `ctVal` times `ctMult` in one contract."""
    market = named(venue, row.inst_id, ts_recv_ns) if row.state == "live" else None
    if market is None:
        return None
    value = market.contract_value
    if market.contract == row.ct_type and row.ct_val_ccy == ("USD" if market.contract == "inverse" else market.base):
        value = (row.ct_val or 0.0) * (row.ct_mult or 0.0) or None
    return msgspec.structs.replace(market, contract_value=value, tick_size=row.tick_sz or None)
