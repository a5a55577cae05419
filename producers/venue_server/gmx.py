"""GMX v2 as it looks from outside: a JSON-RPC node that pushes the logs of one contract, and GMX's REST lists.

Facts: GMX documentation and contract source (gmx-synthetics), 2026-03, the Solidity ABI, Ethereum's JSON-RPC.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

import orjson

from producers.venue_server.dialect import Answer, Rules
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener, loads
from producers.venue_server.markets import Market
from producers.venue_server.talker import Talker

EMITTER = "0xc8ee91a54287db53897056e12d9819156d3822fb"
EVENT_LOG_1 = "0x137a44067c8961cd7e1d876f4754a5a3a75989b4552f1843fc69c3b372def160"
HASHES = {
    "PositionDecrease": "0x07d51b51b408d7c62dcc47cc558da5ce6a6e0fd129a427ebce150f52b0e5171a",
    "PositionIncrease": "0xf94196ccb31f81a3e67df18f2a62cbfb50009c80a7d3c728a3f542e3abc5cb63",
}
LIQUIDATION, MARKET_INCREASE = 7, 2
"""Order types."""
_SYMBOL = re.compile(r".+:(\d+):(0x[0-9a-f]{40}):(0x[0-9a-f]{40}(?:\+0x[0-9a-f]{40})*)")
_SUBSCRIPTION = "0x9ce59a13059e417087c02d3236a0b1cc"
_ACCOUNT = "0x" + "ab" * 20
_USD = 30


class Gmx(Talker):
    """A node of Arbitrum One, and the REST of GMX beside it."""

    venue_id = "gmx"
    rules = Rules(messages_per_s=20)
    paths = ("",)

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, tuple[int, float, float, float]] = {}
        """Symbol → time in ms, mark, open interest in USD and funding of an hour, as last written."""

    def rest(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer | None:
        """Tokens, pools, prices. Addresses are written with capitals here, and without in logs."""
        match path.strip("/"):
            case "tokens":
                return Answer(orjson.dumps({"tokens": [self._token(one) for one in self.markets.values()]}))
            case "markets/info":
                pools = [pool for one in self.markets.values() for pool in self._pools(one)]
                return Answer(orjson.dumps({"markets": pools}))
            case "prices/tickers":
                return Answer(orjson.dumps([self._ticker(self.markets[symbol]) for symbol in self._told]))
            case _:
                return None

    def hear(self, listener: Listener, text: str, faults: Faults) -> list[bytes]:
        """Answer a call; a subscription is not looked into: all that is played is of the one contract."""
        message = loads(text)
        if not isinstance(message, dict) or "method" not in message:
            return [self._say(None, error={"code": -32600, "message": "invalid request"})]
        number, method, params = message.get("id"), message["method"], message.get("params") or [""]
        if method == "eth_chainId":
            return [self._say(number, result="0xa4b1")]
        if method != "eth_subscribe":
            return [self._say(number, error={"code": -32601, "message": f"the method {method} does not exist"})]
        if params[0] != "logs" or "logs" in faults.rejected:
            return [self._say(number, error={"code": -32602, "message": f"no {params[0]!r} subscription"})]
        self.subscribe(listener, "logs")
        return [self._say(number, result=_SUBSCRIPTION)] if faults.acks else []

    def topics(self, raw: bytes) -> tuple[str, ...]:
        """All logs are one topic."""
        match loads(raw):
            case {"method": "eth_subscription", "params": {"result": {"address": str(address)}}}:
                return ("logs",) if address.lower() == EMITTER else ()
            case _:
                return ()

    def made_up(self, coins: Sequence[str]) -> list[Market]:
        """One pool for each coin; a symbol holds the token's decimals and the addresses of token and pool."""
        return [
            Market(symbol=f"{coin}/USD:18:0x{number:040x}:0x{number + 2**64:040x}", base=coin, quote="USD")
            for number, coin in enumerate(coins, start=1)
        ]

    def write_liquidation(
        self, market: Market, at_ns: int, *, price: float, qty: float, liquidated: Literal["long", "short"]
    ) -> list[bytes]:
        """A position that is closed by an order of type 7; the oracle's price is the mark as last written."""
        _, mark, _, _ = self._told.get(market.symbol, (0, price, 0.0, 0.0))
        amounts = {"executionPrice": self._price(market, price), "sizeDeltaUsd": _fixed(qty * price, _USD)}
        return [self._position("PositionDecrease", market, at_ns, mark, qty, LIQUIDATION, liquidated, amounts)]

    def write_state(
        self, market: Market, at_ns: int, *, mark: float, index: float, funding_rate: float, open_interest: float
    ) -> list[bytes]:
        """The oracle's price, as every position that changes tells it; REST tells the rest when it is asked."""
        self._told[market.symbol] = (at_ns // 10**6, mark, open_interest * mark, funding_rate)
        amounts = {"executionPrice": self._price(market, mark), "sizeDeltaUsd": _fixed(mark, _USD)}
        return [self._position("PositionIncrease", market, at_ns, mark, 1.0, MARKET_INCREASE, "long", amounts)]

    def _position(
        self,
        name: str,
        market: Market,
        at_ns: int,
        price: float,
        qty: float,
        order_type: int,
        side: Literal["long", "short"],
        amounts: Mapping[str, int],
    ) -> bytes:
        decimals, token, (pool, *_) = _addresses(market)
        number = self.next_number("log")
        order = number.to_bytes(32)
        at = "decreasedAtTime" if name == "PositionDecrease" else "increasedAtTime"
        raw = self._price(market, price)
        addresses = {"account": _ACCOUNT, "market": pool, "collateralToken": token}
        uints = {"sizeInUsd": 0, "sizeInTokens": 0, **amounts, "sizeDeltaInTokens": _fixed(qty, decimals)}
        uints |= {"indexTokenPrice.max": raw, "indexTokenPrice.min": raw}
        uints |= {"orderType": order_type, at: at_ns // 10**9}
        data = event_log_data(
            name,
            [
                {key: bytes(12) + bytes.fromhex(value[2:]) for key, value in addresses.items()},
                {key: value.to_bytes(32) for key, value in uints.items()},
                {"priceImpactUsd": (-1).to_bytes(32, signed=True)},
                {"isLong": int(side == "long").to_bytes(32)},
                {"orderKey": order, "positionKey": bytes(32)},
            ],
        )
        log = {
            "address": EMITTER,
            "topics": [EVENT_LOG_1, HASHES[name], "0x" + "00" * 12 + _ACCOUNT[2:]],
            "data": "0x" + data.hex(),
            "blockNumber": hex(number),
            "blockTimestamp": hex(at_ns // 10**9),
            "transactionHash": "0x" + order.hex(),
            "logIndex": hex(number % 100),
            "removed": False,
        }
        params = {"subscription": _SUBSCRIPTION, "result": log}
        return orjson.dumps({"jsonrpc": "2.0", "method": "eth_subscription", "params": params})

    def _price(self, market: Market, price: float) -> int:
        return _fixed(price, _USD - _addresses(market)[0])

    def _token(self, market: Market) -> dict[str, Any]:
        decimals, token, _ = _addresses(market)
        return {"symbol": market.base, "address": _capitals(token), "decimals": decimals, "synthetic": True}

    def _ticker(self, market: Market) -> dict[str, Any]:
        at_ms, mark, _, _ = self._told[market.symbol]
        shown = {"tokenAddress": _capitals(_addresses(market)[1]), "tokenSymbol": market.base}
        both = str(self._price(market, mark))
        return {**shown, "minPrice": both, "maxPrice": both, "updatedAt": at_ms, "timestamp": at_ms // 1000}

    def _pools(self, market: Market) -> list[dict[str, Any]]:
        """Each pool with its share of the open interest; shorts have four fifths of the longs'."""
        _, token, pools = _addresses(market)
        _, _, open_usd, funding = self._told.get(market.symbol, (0, 0.0, 0.0, 0.0))
        usd, yearly = open_usd / len(pools), str(-_fixed(funding * 8760, _USD))
        return [
            {
                "name": f"{market.base}/{market.quote} [{market.base}-USDC]",
                "marketToken": _capitals(pool),
                "indexToken": _capitals(token),
                "isListed": True,
                "openInterestLong": str(_fixed(usd, _USD)),
                "openInterestShort": str(_fixed(usd * 0.8, _USD)),
                "fundingRateLong": yearly,
                "fundingRateShort": "0",
            }
            for pool in pools
        ]

    def _say(self, number: object, **said: object) -> bytes:
        return orjson.dumps({"jsonrpc": "2.0", "id": number, **said})


def event_log_data(name: str, items: Sequence[Mapping[str, bytes]]) -> bytes:
    """The data of a log: sender, name, and seven pairs of lists, of which the first of each pair are given here."""
    kinds = [_array([_item(key, value) for key, value in kind.items()]) for kind in items]
    kinds += [_array([])] * (7 - len(kinds))
    lists = _tuple([_tuple([kind, _array([])]) for kind in kinds])
    return bytes(32) + _tuple([_text(name), lists], before=1)


def _tuple(parts: Sequence[bytes], *, before: int = 0) -> bytes:
    """Parts of changing length behind their offsets; `before` words stand in front of the offsets."""
    offsets, at = b"", (len(parts) + before) * 32
    for part in parts:
        offsets += at.to_bytes(32)
        at += len(part)
    return offsets + b"".join(parts)


def _array(parts: Sequence[bytes]) -> bytes:
    return len(parts).to_bytes(32) + _tuple(parts)


def _item(key: str, value: bytes) -> bytes:
    return (64).to_bytes(32) + value + _text(key)


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(32) + raw + bytes(-len(raw) % 32)


def _fixed(number: float, decimals: int) -> int:
    return int(Decimal(repr(number)).scaleb(decimals))


def _capitals(address: str) -> str:
    return "0x" + address[2:].upper()


def _addresses(market: Market) -> tuple[int, str, list[str]]:
    """Decimals, token and pools as the symbol tells them; made up of the name where it does not."""
    found = _SYMBOL.fullmatch(market.symbol)
    if found is not None:
        return int(found[1]), found[2], found[3].split("+")
    name = market.base.encode()[:16].hex()
    return 18, f"0x{name:0>38}01", [f"0x{name:0>38}02"]
