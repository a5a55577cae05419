"""BitMEX's frames as msgspec Structs, each beside a short sample: tables, of which rows are told as they change.

Facts: BitMEX API documentation, 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec

from producers.venue import Ack, Refusal
from producers.venues import decoding, events
from producers.venues.decoding import WireAmount, WireId, WirePrice, WireRate
from schemas.instrument import Contract, Instrument, Kind

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Side = Literal["Buy", "Sell"]

KINDS: Mapping[str, Kind] = {"FFWCSX": "perp", "FFWCSF": "perp", "FFCCSX": "future", "IFXXXP": "spot"}
COINS: Mapping[str, str] = {"XBT": "BTC", "USDt": "USDT"}
SYMBOL = re.compile(r"([A-Za-z0-9]+?)(_?)(USDT|USDC|USD|EUR)")
"""Base, the underscore of spot pairs, quote."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_BUSY = 429
_BROKEN = 500


class Level(msgspec.Struct, frozen=True, gc=False):
    """{"symbol":"XBTUSD","id":8799141400,"side":"Sell","size":91227,"price":98459.9,
    "timestamp":"2024-11-24T08:26:22.356Z"}: updates need not tell the price, deletions not the size; times since 2022
    """

    symbol: str
    id: WireId
    side: Side
    size: WireAmount | None = None
    price: WirePrice | None = None
    timestamp: Moment | None = None  # of the level's last change


class Trade(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """{"timestamp":"2024-11-24T08:15:38.704Z","symbol":"XBTUSD","side":"Sell","size":100,"price":98570.9,
    "trdMatchID":"00000000-006d-1000-0000-000e8737d536","trdType":"Regular"}
    """

    timestamp: Moment
    symbol: str
    size: WireAmount
    price: WirePrice
    trd_match_id: str = msgspec.field(name="trdMatchID")
    side: Side | None = None  # of the taker; a settlement has none
    trd_type: str = "Regular"  # since 2022; the others are not documented, Settlement captured


class Liquidation(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """{"orderID":"dd9cea25-207c-0dab-15b5-b88da776f500","symbol":"XBTUSD","side":"Buy","price":10106,"leavesQty":9214}:
    an order of the engine that closes a position, so that Sell closes a long one. No row has a time.
    """

    symbol: str
    order_id: str = msgspec.field(name="orderID")
    side: Side | None = None  # rows that are changed or deleted need not tell more than their order
    price: WirePrice | None = None  # the order's limit
    leaves_qty: WireAmount | None = None


class State(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """{"symbol":"XBTUSD","state":"Open","markPrice":97849.76,"indicativeSettlePrice":97843.77,"openInterest":411647400,
    "fundingRate":0.00011,"fundingTimestamp":"2024-11-25T04:00:00.000Z","timestamp":"2024-11-24T23:33:19.034Z"}: a row
    of the table `instrument`; an update tells what changed.
    """

    symbol: str
    state: str | None = None
    mark_price: WireAmount | None = None
    indicative_settle_price: WireAmount | None = None  # the index
    open_interest: WireAmount | None = None
    funding_rate: WireRate | None = None
    funding_timestamp: Moment | None = None
    timestamp: Moment | None = None


class Fund(msgspec.Struct, frozen=True, rename="camel"):
    """{"currency":"XBt","walletBalance":3500000000000}, a row of `insurance`: documented, not captured"""

    currency: str
    wallet_balance: WireAmount


class Listed(msgspec.Struct, frozen=True, rename="camel"):
    """{"symbol":"XBTUSD","typ":"FFWCSX","state":"Open","underlying":"XBT","quoteCurrency":"USD","tickSize":0.1,
    "multiplier":-100000000,"underlyingToSettleMultiplier":-100000000,"isQuanto":false,"isInverse":true}
    """

    symbol: str
    typ: str
    state: str
    underlying: str
    quote_currency: str
    multiplier: float | None = None
    underlying_to_position_multiplier: float | None = None  # lots in one coin, of linear contracts and spot
    underlying_to_settle_multiplier: float | None = None
    is_quanto: bool = False
    is_inverse: bool = False
    expiry: Moment | None = None
    tick_size: WireAmount | None = None

    @property
    def is_followed(self) -> bool:
        """Open contracts and spot pairs; the list has indices, spreads and bets besides."""
        kind = KINDS.get(self.typ)
        return self.state == "Open" and kind is not None and (kind == "future") == (self.expiry is not None)

    def market(self, venue: str, ts_recv_ns: int) -> Instrument:
        """One lot is worth so much coin, or quote currency where it is inverse; unknown where nothing tells."""
        kind, lots, each = KINDS[self.typ], self.underlying_to_position_multiplier, self.underlying_to_settle_multiplier
        contract: Contract = "inverse" if self.is_inverse else "quanto" if self.is_quanto else "linear"
        value = None
        if contract == "inverse" and self.multiplier and each:
            value = abs(self.multiplier / each)
        elif contract == "linear" and lots:
            value = abs(1.0 / lots)
        return events.market(
            venue,
            self.symbol,
            ts_recv_ns,
            base=COINS.get(self.underlying, self.underlying),
            quote=COINS.get(self.quote_currency, self.quote_currency),
            kind=kind,
            contract="spot" if kind == "spot" else contract,
            contract_value=value,
            expiry=f"{self.expiry:%Y%m%d}" if self.expiry is not None else None,
            tick_size=self.tick_size or None,
        )


class Filter(msgspec.Struct, frozen=True):
    """{"symbol":"XBTUSD"}"""

    symbol: str = ""


class Frame(msgspec.Struct, frozen=True, gc=False):
    """{"table":"trade","action":"insert","data":[]} or {"success":true,"subscribe":"trade:XBTUSD"} or
    {"status":400,"error":"Unknown or expired symbol.","meta":{}}
    """

    table: str = ""
    action: str = ""
    data: msgspec.Raw = msgspec.Raw(b"[]")
    filter: Filter | None = None  # of a `partial`: whose rows these are
    success: bool = False
    subscribe: str = ""
    status: int = 0
    error: str = ""

    @property
    def answer(self) -> Ack | Refusal:
        """What an error means. A topic that is not known leaves the others alone."""
        if self.error.startswith("You are already subscribed"):
            return Ack()
        reason = f"{self.status} {self.error}"[:200]
        if self.status == _BUSY:
            return Refusal(reason, "resubscribe")
        return Refusal(reason, "ignore" if 0 < self.status < _BROKEN else "reconnect")


decode_frame = msgspec.json.Decoder(Frame).decode
decode_levels = msgspec.json.Decoder(tuple[Level, ...]).decode
decode_filters = msgspec.json.Decoder(tuple[Filter, ...]).decode
# Of the other tables, and of the list, each row is read by itself: one that is odd must not cost the others.
decode_trade = msgspec.json.Decoder(Trade).decode
decode_liquidation = msgspec.json.Decoder(Liquidation).decode
decode_state = msgspec.json.Decoder(State).decode
decode_fund = msgspec.json.Decoder(Fund).decode
decode_listed = msgspec.json.Decoder(Listed).decode


def named(symbol: str) -> Listed | None:
    """What a name tells of a market. Of lots it does only where one is a dollar: `XBTUSD`; of days it does not."""
    found = SYMBOL.fullmatch(symbol)
    if found is None:
        return None
    base, underscore, quote = found.groups()
    is_inverse, is_coin_settled = base == "XBT", quote in ("USD", "EUR") and not underscore
    each = 1.0 if is_inverse and is_coin_settled else None
    return Listed(
        symbol=symbol,
        typ="IFXXXP" if underscore else "FFWCSX",
        state="Open",
        underlying=base,
        quote_currency=quote,
        multiplier=each,
        underlying_to_settle_multiplier=each,
        is_inverse=is_inverse and is_coin_settled,
        is_quanto=is_coin_settled and not is_inverse,
    )


def operation(op: str, topics: Sequence[str]) -> str:
    """A subscription, or its end.

    >>> operation("subscribe", ["trade:XBTUSD"])
    '{"op":"subscribe","args":["trade:XBTUSD"]}'
    """
    return msgspec.json.encode({"op": op, "args": topics}).decode()


def milliseconds(moment: datetime) -> int:
    """Since 1970.

    >>> milliseconds(datetime(2024, 11, 24, 8, 15, 38, 704_000, tzinfo=UTC))
    1732436138704
    """
    return (moment - _EPOCH) // _MILLISECOND


def event_ns(ts_recv_ns: int, *told: datetime | None) -> int:
    """The newest of the times that rows tell; that of the receipt where they tell none."""
    times = [moment for moment in told if moment is not None]
    return decoding.event_ns(milliseconds(max(times)), ts_recv_ns) if times else ts_recv_ns
