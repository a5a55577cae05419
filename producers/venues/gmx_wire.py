"""The wire of GMX v2: logs over JSON-RPC, market and price lists by REST, and the symbols that join the two.

Facts: GMX documentation and gmx-synthetics, 2026-03, and the JSON-RPC of Ethereum nodes. Documented, not captured.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec

from producers.errors import DecodeError
from producers.venues.decoding import FAILURES, WireTime, decode_error
from producers.venues.evm_log import EventData, event_data

EMITTER = "0xc8ee91a54287db53897056e12d9819156d3822fb"
"""The contract EventEmitter, through which all others log."""
# keccak-256 of EventEmitter's own events, whose first topic they are, and of the names inside them, the second.
WRAPPERS = {
    "EventLog1": "0x137a44067c8961cd7e1d876f4754a5a3a75989b4552f1843fc69c3b372def160",
    "EventLog2": "0x468a25a7ba624ceea6e540ad6f49171b52495b648417ae91bca21676d8a24dc5",
}
NAMES = {
    "PositionDecrease": "0x07d51b51b408d7c62dcc47cc558da5ce6a6e0fd129a427ebce150f52b0e5171a",
    "PositionIncrease": "0xf94196ccb31f81a3e67df18f2a62cbfb50009c80a7d3c728a3f542e3abc5cb63",
    "OrderExecuted": "0x680f10f06595d3d707241f604672ec4b6ae50eb82728ec2f3c65f6789e897760",
    "AdlStateUpdated": "0x0f781196bf1989f86ce0fb15db712fa1673a65b5f4d421250e8fd73f40a70df4",
}
USD = 30
"""Decimals of every USD amount, rate and factor; a price has them less those of its token."""

_T = TypeVar("_T")
_V = TypeVar("_V")
_SYMBOL = re.compile(r"([^/:\s]{1,30})/USD:(\d{1,2}):(0x[0-9a-f]{40}):(0x[0-9a-f]{40}(?:\+0x[0-9a-f]{40})*)")
_Integer = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,78}$")]
_Code = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31)]
_Hex = Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-fA-F]{1,64}$")]


class Log(msgspec.Struct, frozen=True, rename="camel"):
    """{"address":"0xc8ee…","topics":["0x137a…","0x07d5…","0x…"],"data":"0x…","blockNumber":"0x1","transactionHash":"0x…","logIndex":"0x2","removed":false}"""

    address: str
    topics: Annotated[tuple[_Hex, ...], msgspec.Meta(max_length=4)]
    data: Annotated[str, msgspec.Meta(max_length=131_074)]
    transaction_hash: _Hex
    log_index: _Hex
    removed: bool = False
    """True of a log whose block was undone."""
    block_timestamp: Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-f]{1,12}$")] | None = None
    """Seconds; only of newer nodes."""

    def payload(self) -> bytes:
        """The data as bytes."""
        try:
            return bytes.fromhex(self.data.removeprefix("0x"))
        except ValueError as failure:
            raise DecodeError("bad_shape", "the log's data is no hexadecimal text") from failure


class Params(msgspec.Struct, frozen=True):
    """{"subscription":"0x9c…","result":{…}}"""

    result: Log


class Error(msgspec.Struct, frozen=True):
    """{"code":-32601,"message":"the method eth_subscribe does not exist"}"""

    code: _Code = 0
    message: str = ""


class Frame(msgspec.Struct, frozen=True):
    """{"jsonrpc":"2.0","method":"eth_subscription","params":{…}} · {"jsonrpc":"2.0","id":1,"result":"0x9c…"}"""

    params: Params | None = None
    id: _Code | None = None
    result: str = ""
    error: Error | None = None


class Token(msgspec.Struct, frozen=True):
    """{"symbol":"ETH","address":"0x82aF49447D8a07e3bd95BD0d56f35241523fBab1","decimals":18}"""

    address: _Hex
    decimals: Annotated[int, msgspec.Meta(ge=0, le=USD)]


class Pool(msgspec.Struct, frozen=True, rename="camel"):
    """{"name":"ETH/USD[WETH-USDC]","marketToken":"0x…","indexToken":"0x…","isListed":true,"openInterestLong":"50962362065685009972399965082522856","fundingRateLong":"-234415323020867061571811615482"}"""

    name: str
    market_token: _Hex
    index_token: _Hex
    is_listed: bool = True
    open_interest_long: _Integer = "0"
    """USD, at the prices at which the positions were entered."""
    open_interest_short: _Integer = "0"
    funding_rate_long: _Integer = "0"
    """Of a year; negative where longs pay."""


class Listing(msgspec.Struct, frozen=True):
    """{"tokens":[…]} of `/tokens`, {"markets":[…]} of `/markets/info`; each row is read by itself."""

    tokens: tuple[msgspec.Raw, ...] | None = None
    markets: tuple[msgspec.Raw, ...] | None = None


class Priced(msgspec.Struct, frozen=True, rename="camel"):
    """Whose price a row tells: those of tokens that nobody follows need not be readable."""

    token_address: _Hex


class Ticker(msgspec.Struct, frozen=True, rename="camel"):
    """{"tokenAddress":"0x…","tokenSymbol":"ETH","minPrice":"2049525498631329","maxPrice":"2050000000000000","updatedAt":1775152319585,"timestamp":1775152317}"""

    token_address: _Hex
    min_price: _Integer
    max_price: _Integer
    updated_at: WireTime
    """Milliseconds."""


class Naming(msgspec.Struct, frozen=True):
    """What a symbol says: the log names pools by address, prices name tokens by address, neither tells decimals.

    >>> one = Naming(base="ETH", decimals=18, token="0x" + "1" * 40, pools=("0x" + "2" * 40, "0x" + "3" * 40))
    >>> Naming.read(one.symbol()) == one, Naming.read("ETH/USD")
    (True, None)
    """

    base: str
    decimals: int
    token: str
    pools: tuple[str, ...]

    @classmethod
    def read(cls, symbol: str) -> Naming | None:
        """None where the symbol is none of ours."""
        found = _SYMBOL.fullmatch(symbol)
        if found is None or int(found[2]) > USD:
            return None
        return cls(base=found[1], decimals=int(found[2]), token=found[3], pools=tuple(found[4].split("+")))

    def symbol(self) -> str:
        """`ETH/USD:18:<index token>:<pool>+<pool>`."""
        return f"{self.base}/USD:{self.decimals}:{self.token}:{'+'.join(self.pools)}"


def namings(tokens: tuple[Token, ...], pools: tuple[Pool, ...]) -> list[Naming]:
    """The markets of these pools, one for each token that is traded; pools for swaps alone have none."""
    decimals = {token.address.lower(): token.decimals for token in tokens}
    found: dict[str, Naming] = {}
    for pool in pools:
        name, slash, _ = pool.name.partition("/USD")
        token = pool.index_token.lower()
        if not (pool.is_listed and slash and token in decimals):
            continue
        base = name.partition(".v")[0]  # `XAUT.v2`: a pool in the place of another
        market = found.setdefault(base, Naming(base=base, decimals=decimals[token], token=token, pools=()))
        if market.token == token:
            found[base] = msgspec.structs.replace(market, pools=(*market.pools, pool.market_token.lower()))
    return list(found.values())


def event_of(log: Log) -> EventData | None:
    """The event inside a log of ours; None of others."""
    wrapper, name = (*log.topics, "", "")[:2]
    if log.address.lower() != EMITTER or wrapper not in WRAPPERS.values() or name not in NAMES.values():
        return None
    return event_data(log.payload())


def pool_of(log: Log, data: EventData) -> str | None:
    """The market's address: an ADL state has it as a topic, an executed order has none."""
    if data.name == "AdlStateUpdated":
        return "0x" + log.topics[2][-40:].lower() if len(log.topics) > 2 else None
    return data.addresses.get("market")


def value_of(values: Mapping[str, _V], key: str) -> _V:
    """The value of this name, which has to be there."""
    if key not in values:
        raise DecodeError("bad_shape", f"the log's data lacks {key}")
    return values[key]


def read(raw: bytes | msgspec.Raw, form: type[_T]) -> _T:
    """An answer; raises `DecodeError`."""
    try:
        return msgspec.json.decode(raw, type=form)
    except FAILURES as failure:
        raise decode_error(failure) from failure


def scaled(raw: int, decimals: int, *, below: float) -> float:
    """A fixed-point number of the chain; a size that no market can have is `bad_number`.

    >>> scaled(-234415323020867061571811615482, 30, below=1e3)
    -0.23441532302086707
    """
    number = float(raw / 10**decimals)
    if not -below < number < below:
        raise DecodeError("bad_number", f"{raw} / 10**{decimals}"[:200])
    return number


def price(raw: int, token_decimals: int) -> float:
    """USD for one token.

    >>> price(2049525498631329, 18)
    2049.525498631329
    """
    number = scaled(raw, USD - token_decimals, below=1e15)
    if number <= 0:
        raise DecodeError("bad_number", "a price that is not above zero")
    return number
