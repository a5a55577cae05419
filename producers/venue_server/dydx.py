"""dYdX v4's indexer as it speaks: one subscription a message, and every message of a connection numbered.

Written from dYdX's documentation (2026-03). The answer to a subscription holds the state that it begins with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from weakref import WeakKeyDictionary

import orjson

from producers.venue_server.dialect import Answer, Level, Rules
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener, loads
from producers.venue_server.markets import Market
from producers.venue_server.talker import Talker, text, texts

_OF_MARKETS = ("v4_orderbook", "v4_trades")
_OF_ALL = ("v4_markets", "v4_block_height")
_MOST = 32
"""Subscriptions of one channel on one connection."""
_CONNECTION = "00000000-0000-4000-8000-000000000000"
_ALL_LEVELS = 1_000_000


class Dydx(Talker):
    """The indexer's one socket, and its list of perpetuals."""

    venue_id = "dydx"
    rules = Rules(messages_per_s=50, server_ping_s=30.0)
    """Enforced beside this: 32 subscriptions of a channel on a connection."""
    paths = ("v4/ws",)

    def __init__(self) -> None:
        super().__init__()
        self._said: WeakKeyDictionary[Listener, int] = WeakKeyDictionary()
        self._states: defaultdict[str, dict[str, Any]] = defaultdict(dict)

    def rest(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer | None:
        """The list of perpetuals."""
        if path.strip("/") != "v4/perpetualMarkets":
            return None
        return Answer(orjson.dumps({"markets": {symbol: self._listed(symbol) for symbol in self.markets}}))

    def greeting(self, listener: Listener) -> list[bytes]:
        """The connection's name; its messages are counted from this one."""
        return [self._numbered(listener, {"type": "connected"})]

    def hear(self, listener: Listener, words: str, faults: Faults) -> list[bytes]:
        """Answer `subscribe` and `unsubscribe`."""
        message = loads(words)
        kind = message.get("type") if isinstance(message, dict) else None
        if kind not in ("subscribe", "unsubscribe"):
            return [self._error(listener, "Invalid message: could not parse")]
        channel, market = message.get("channel"), message.get("id")
        if channel not in (*_OF_MARKETS, *_OF_ALL) or (channel in _OF_MARKETS) != isinstance(market, str):
            return [self._error(listener, f"Invalid subscription id for channel: ({channel}-{market})")]
        topic = f"{channel}:{market}" if channel in _OF_MARKETS else channel
        if topic in faults.rejected:
            return [self._error(listener, f"Invalid subscription id for channel: ({channel}-{market})")]
        if kind == "unsubscribe":
            self.unsubscribe(listener, topic)
            return [self._numbered(listener, _head("unsubscribed", topic))] if faults.acks else []
        if topic in listener.topics:
            return [self._error(listener, f"Invalid subscribe message: already subscribed ({channel}-{market})")]
        if sum(other.partition(":")[0] == channel for other in listener.topics) >= _MOST:
            words = f"Per-connection subscription limit reached for {channel} (limit={_MOST})."
            return [self._error(listener, words)]
        self.subscribe(listener, topic, f"{topic}:batched" if message.get("batched") else topic)
        if self._contents(topic) is not None or not faults.acks:
            return []  # what is there already opens the subscription
        return [self._numbered(listener, _head("subscribed", topic) | {"contents": _EMPTY[channel]})]

    def topics(self, raw: bytes) -> tuple[str, ...]:
        """Channel, and market where it is of one."""
        message = loads(raw)
        if not isinstance(message, dict) or (channel := message.get("channel")) not in (*_OF_MARKETS, *_OF_ALL):
            return ()
        return (f"{channel}:{message.get('id')}",) if channel in _OF_MARKETS else (channel,)

    def payload(self, raw: bytes, topics: tuple[str, ...], listener: Listener) -> bytes:
        """Numbered for this connection, and as an array for who asked for batches."""
        message = loads(raw)
        if message["type"] == "channel_data" and listener.topics.get(topics[0], "").endswith(":batched"):
            message |= {"type": "channel_batch_data", "contents": [message["contents"]]}
        return self._numbered(listener, message)

    def follow(self, raw: bytes, topics: tuple[str, ...]) -> None:
        """Keep books and the state of each market."""
        message = loads(raw)
        contents = message["contents"]
        for part in contents if isinstance(contents, list) else [contents]:
            if message["channel"] == "v4_orderbook":
                first = message["type"] == "subscribed"
                bids, asks = ([_pair(level) for level in part.get(side, [])] for side in ("bids", "asks"))
                book = self.books[message["id"]]
                (book.replace if first else book.change)(bids, asks, last_id=0, at_ms=0)
            elif message["channel"] == "v4_markets":
                for symbol, row in (part.get("markets", {}) | part.get("trading", {})).items():
                    self._states[symbol] |= row
                for symbol, row in part.get("oraclePrices", {}).items():
                    self._states[symbol] |= {"oraclePrice": row["oraclePrice"]}

    def opening(self, topic: str, listener: Listener) -> list[bytes]:
        """The answer to a subscription, where there is something to begin with."""
        contents = self._contents(topic)
        if contents is None:
            return []
        return [self._numbered(listener, _head("subscribed", topic) | {"contents": contents})]

    def made_up(self, coins: Sequence[str]) -> list[Market]:
        """A perpetual for each coin."""
        return [Market(symbol=f"{coin}-USD", base=coin, quote="USD") for coin in coins]

    def write_trade(
        self, market: Market, at_ns: int, *, price: float, qty: float, taker: Literal["buy", "sell"]
    ) -> list[bytes]:
        """One fill."""
        return [self._trade(market, at_ns, price, qty, taker.upper(), "LIMIT")]

    def write_liquidation(
        self, market: Market, at_ns: int, *, price: float, qty: float, liquidated: Literal["long", "short"]
    ) -> list[bytes]:
        """The liquidated account's fill: it is the taker."""
        return [self._trade(market, at_ns, price, qty, "SELL" if liquidated == "long" else "BUY", "LIQUIDATED")]

    def write_book(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """What a subscription begins with."""
        topic = f"v4_orderbook:{market.symbol}"
        return [orjson.dumps(_head("subscribed", topic) | {"contents": _whole(texts(bids), texts(asks))})]

    def write_delta(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """Changed levels; a side without changes is left out."""
        sides = {"bids": texts(bids), "asks": texts(asks)}
        contents = {name: side for name, side in sides.items() if side}
        return [_data(f"v4_orderbook:{market.symbol}", contents)] if contents else []

    def write_state(
        self, market: Market, at_ns: int, *, mark: float, index: float, funding_rate: float, open_interest: float
    ) -> list[bytes]:
        """The oracle's price, which is mark and index, the market's own numbers, and a block for a sign of life."""
        oracle = {"oraclePrice": text(mark), "effectiveAt": _iso(at_ns), "effectiveAtHeight": "1", "marketId": 0}
        own = {"nextFundingRate": text(funding_rate, 18), "openInterest": text(open_interest)}
        return [
            _data("v4_markets", {"oraclePrices": {market.symbol: oracle}}),
            _data("v4_markets", {"trading": {market.symbol: own}}),
            _data("v4_block_height", {"blockHeight": str(self.next_number("blocks")), "time": _iso(at_ns)}),
        ]

    def _trade(self, market: Market, at_ns: int, price: float, qty: float, side: str, kind: str) -> bytes:
        number = self.next_number(market.symbol)
        row = {"id": f"{number:024x}", "side": side, "size": text(qty), "price": text(price), "type": kind}
        return _data(f"v4_trades:{market.symbol}", {"trades": [row | {"createdAt": _iso(at_ns)}]})

    def _contents(self, topic: str) -> dict[str, Any] | None:
        channel, _, symbol = topic.partition(":")
        if channel == "v4_markets" and self._states:
            return {"markets": {symbol: self._listed(symbol) for symbol in self._states}}
        if channel != "v4_orderbook" or not self.books[symbol].seeded:
            return None
        return _whole(*self.books[symbol].best(_ALL_LEVELS))

    def _listed(self, symbol: str) -> dict[str, Any]:
        market = self.markets.get(symbol)
        row = {"ticker": symbol, "status": "ACTIVE", "marketType": "CROSS"}
        steps = {} if market is None else {"tickSize": market.tick, "stepSize": market.step}
        return row | steps | self._states.get(symbol, {})

    def _numbered(self, listener: Listener, message: Mapping[str, Any]) -> bytes:
        number = self._said.get(listener, 0)
        self._said[listener] = number + 1
        return orjson.dumps({**message, "connection_id": _CONNECTION, "message_id": number})

    def _error(self, listener: Listener, words: str) -> bytes:
        return self._numbered(listener, {"type": "error", "message": words})


_EMPTY: Mapping[str, dict[str, Any]] = {
    "v4_orderbook": {"bids": [], "asks": []},
    "v4_trades": {"trades": []},
    "v4_markets": {"markets": {}},
    "v4_block_height": {"height": "1", "time": "2024-01-01T00:00:00.000Z"},
}


def _head(kind: str, topic: str) -> dict[str, Any]:
    channel, _, symbol = topic.partition(":")
    return {"type": kind, "channel": channel, "id": symbol or channel}


def _data(topic: str, contents: Mapping[str, Any]) -> bytes:
    return orjson.dumps(_head("channel_data", topic) | {"version": "1.0.0", "contents": contents})


def _whole(bids: Sequence[Sequence[str]], asks: Sequence[Sequence[str]]) -> dict[str, Any]:
    """A book of objects; later levels are pairs."""
    return {
        side: [{"price": price, "size": size} for price, size in levels]
        for side, levels in (("bids", bids), ("asks", asks))
    }


def _pair(level: Mapping[str, str] | Sequence[str]) -> tuple[str, str]:
    return (level["price"], level["size"]) if isinstance(level, Mapping) else (level[0], level[1])


def _iso(at_ns: int) -> str:
    moment = datetime.fromtimestamp(at_ns // 10**9, tz=UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ns // 10**6 % 1000:03d}Z"
