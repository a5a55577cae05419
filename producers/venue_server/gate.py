"""Gate's perpetuals as they speak in 2026 (v4): a path for each settlement, sizes in contracts with their sign.

Sizes are decimals in text, as a client gets them that asks for `X-Gate-Size-Decimal: 1`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import orjson

from producers.venue_server.dialect import Answer
from producers.venue_server.gate_spot import GateTalker
from producers.venue_server.listener import Listener
from producers.venue_server.markets import Market
from producers.venue_server.talker import text

_FUND = [{"t": 1_700_000_000, "b": "104000000.5"}]
_EVERYWHERE = ("public_liquidates", "adl_warning")


class Gate(GateTalker):
    """The perpetuals settled in USDT and in BTC."""

    venue_id = "gate"
    paths = ("v4/ws/usdt", "v4/ws/btc")
    prefix = "futures."
    of_markets = ("trades", "tickers", *_EVERYWHERE)
    of_all = _EVERYWHERE

    def serves(self, listener: Listener, symbol: str) -> bool:
        """A socket delivers the markets of its own settlement."""
        return listener.path.endswith(_settle(symbol))

    def rest(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer | None:
        """The contracts of a settlement, and its insurance fund."""
        match path.split("/"):
            case ["api", "v4", "futures", "usdt" | "btc" as settle, "contracts"]:
                some = [one for one in self.markets.values() if _settle(one.symbol) == settle]
                return Answer(orjson.dumps([_contract(one) for one in some]))
            case ["api", "v4", "futures", "usdt", "insurance"]:
                return Answer(orjson.dumps(_FUND))
            case _:
                return None

    def made_up(self, coins: Sequence[str]) -> list[Market]:
        """A contract of a hundredth for each coin."""
        return [Market(symbol=f"{coin}_USDT", base=coin, quote="USDT", contract_value=0.01) for coin in coins]

    def size(self, market: Market, price: float, qty: float) -> str:
        """Contracts: coins by what one is worth, or dollars."""
        return text((qty * price if market.contract == "inverse" else qty) / market.contract_value)

    def write_trade(
        self, market: Market, at_ns: int, *, price: float, qty: float, taker: Literal["buy", "sell"]
    ) -> list[bytes]:
        """One execution: the taker's side is the sign."""
        row = {
            "contract": market.symbol, "id": self.next_number(f"trades:{market.symbol}"), "price": text(price),
            "size": ("-" if taker == "sell" else "") + self.size(market, price, qty),
            "create_time": at_ns // 10**9, "create_time_ms": at_ns // 10**6,
        }  # fmt: skip
        return [self.push("trades", at_ns, [row])]

    def write_liquidation(
        self, market: Market, at_ns: int, *, price: float, qty: float, liquidated: Literal["long", "short"]
    ) -> list[bytes]:
        """The order that closes the position: a long is sold."""
        row = {
            "price": text(price), "size": ("-" if liquidated == "long" else "") + self.size(market, price, qty),
            "time": at_ns // 10**6, "contract": market.symbol,
        }  # fmt: skip
        return [self.push("public_liquidates", at_ns, [row])]

    def write_state(
        self, market: Market, at_ns: int, *, mark: float, index: float, funding_rate: float, open_interest: float
    ) -> list[bytes]:
        """A ticker; funding is paid every eight hours."""
        next_s = (at_ns // 10**9 // 28800 + 1) * 28800
        row = {
            "contract": market.symbol, "last": text(mark), "mark_price": text(mark), "index_price": text(index),
            "funding_rate": text(funding_rate, 12), "funding_rate_indicative": text(funding_rate, 12),
            "funding_interval": 28800, "funding_offset": 0, "funding_next_apply": next_s,
            "total_size": self.size(market, mark, open_interest), "price_type": "last", "t": at_ns // 10**6,
        }  # fmt: skip
        return [self.push("tickers", at_ns, [row])]

    def _topics(self, channel: str, symbol: str) -> tuple[str, ...]:
        everywhere = (f"{channel}:!all:{_settle(symbol)}",) if channel in self.of_all else ()
        return (f"{channel}:{symbol}", *everywhere)

    def _topic(self, listener: Listener, channel: str, name: Any) -> str:
        return f"{channel}:!all:{listener.path.rpartition('/')[2]}" if name == "!all" else f"{channel}:{name}"


def _settle(symbol: str) -> str:
    return "btc" if symbol.endswith("_USD") else "usdt"


def _contract(market: Market) -> dict[str, Any]:
    inverse = market.contract == "inverse"
    return {
        "name": market.symbol, "type": "inverse" if inverse else "direct", "mark_type": "index",
        "quanto_multiplier": "0" if inverse else text(market.contract_value), "order_price_round": market.tick,
        "order_size_min": 1, "enable_decimal": True, "in_delisting": False, "status": "trading",
        "funding_interval": 28800, "order_price_deviate": "0.1",
    }  # fmt: skip
