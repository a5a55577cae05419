"""Hyperliquid as it speaks in 2026: one subscription a message, application pings, no sequence numbers.

Facts: Hyperliquid documentation, 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import orjson

from producers.venue_server.dialect import Answer, Level, Rules
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener, loads
from producers.venue_server.markets import Market, decimals
from producers.venue_server.side_book import SideBook
from producers.venue_server.talker import Talker, text

VAULT = "0x2e3d94f0562703b25c83308a05046ddaf9a8dd14"
"""The first of the vaults that take over at the backstop."""
BOOK_LEVELS = 20
MAX_USERS = 10
"""Addresses that one IP may follow."""


class Hyperliquid(Talker):
    """The one socket of Hyperliquid, and its one REST path."""

    venue_id = "hyperliquid"
    # 2000 messages a minute.
    rules = Rules(messages_per_s=33, topics=1000, connections=10, connects_per_min=30, idle_s=60)
    paths = ("ws",)

    _BY_COIN = ("l2Book", "trades", "bbo", "activeAssetCtx", "candle")
    _BY_USER = ("userFills", "userEvents", "userFundings", "userNonFundingLedgerUpdates")

    def __init__(self) -> None:
        super().__init__()
        self._latest: dict[str, bytes] = {}

    def rest(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer | None:
        """Every question is a POST to the same path."""
        if path != "info" or method != "POST":
            return None
        match loads(body):
            case {"type": "meta"}:
                universe = [
                    {"szDecimals": decimals(one.step), "name": one.symbol, "maxLeverage": 40, "marginTableId": 40}
                    for one in self.markets.values()
                ]
                return Answer(orjson.dumps({"universe": universe, "marginTables": []}))
            case {"type": "l2Book", "coin": str(coin)}:
                frame = loads(self._latest.get(coin, b"null"))
                return Answer(orjson.dumps(frame["data"] if frame else None))
            case _:
                return Answer(b"Failed to deserialize the JSON body into the target type", status=422)

    def hear(self, listener: Listener, text: str, faults: Faults) -> list[bytes]:
        """Answer subscribe, unsubscribe and ping."""
        message = loads(text)
        method = message.get("method") if isinstance(message, dict) else None
        if method == "ping":
            return [b'{"channel":"pong"}']
        subscription = message.get("subscription") if isinstance(message, dict) else None
        if method not in ("subscribe", "unsubscribe") or not isinstance(subscription, dict):
            return [self._error(f"Error parsing JSON into valid websocket request: {text}")]
        topic = self._topic(subscription)
        shown = orjson.dumps(subscription).decode()
        if topic is None or topic in faults.rejected:
            return [self._error(f"Invalid subscription {shown}")]
        if (method == "subscribe") == (topic in listener.topics):
            return [self._error(f"Already {method}d: {shown}")]
        if method == "unsubscribe":
            del listener.topics[topic], listener.names[topic]
        else:
            users = {name.partition(":")[2] for name in (*listener.topics, topic) if name.startswith("user")}
            if len(users) > MAX_USERS:
                return [self._error(f"Cannot track more than {MAX_USERS} total users.")]
            listener.names[topic] = None
            listener.topics[topic] = topic
        ack = {"channel": "subscriptionResponse", "data": {"method": method, "subscription": subscription}}
        return [orjson.dumps(ack)] if faults.acks else []

    def topics(self, raw: bytes) -> tuple[str, ...]:
        """Channel with coin or user, read where the venue writes them and decoded where it is written otherwise."""
        channel, coin = _after(raw, b'"channel":"'), _after(raw, b'"coin":"')
        if channel in ("trades", "bbo", "activeAssetCtx") and coin is not None:
            return (f"{channel}:{coin}",)
        message = loads(raw)
        data = message.get("data") if isinstance(message, dict) else None
        first = data[0] if isinstance(data, list) and data else data
        if not isinstance(first, dict) or not isinstance(channel := message["channel"], str):
            return ()
        subscription = {**first, "type": "userEvents" if channel == "user" else channel}
        topic = self._topic(subscription)
        return () if topic is None else (topic,)

    def follow(self, raw: bytes, topics: tuple[str, ...]) -> None:
        """Keep the last whole book of each coin."""
        if topics[0].startswith("l2Book:") and not topics[0].endswith(":fast"):
            self._latest[topics[0].partition(":")[2]] = raw

    def opening(self, topic: str, listener: Listener) -> list[bytes]:
        """The last whole book."""
        latest = self._latest.get(topic.partition(":")[2]) if topic.startswith("l2Book:") else None
        return [latest] if latest is not None and not topic.endswith(":fast") else []

    def made_up(self, coins: Sequence[str]) -> list[Market]:
        """Perpetuals."""
        return [self.named(coin, tick="0.01", step="0.001") for coin in coins]

    def write_trade(
        self, market: Market, at_ns: int, *, price: float, qty: float, taker: Literal["buy", "sell"]
    ) -> list[bytes]:
        """One match."""
        side, tid = "B" if taker == "buy" else "A", self.next_number("trade")
        row = {"coin": market.symbol, "side": side, "px": text(price), "sz": text(qty), "time": at_ns // 1_000_000}
        return [orjson.dumps({"channel": "trades", "data": [row | {"hash": "0x0", "tid": tid}]})]

    def write_book(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """Twenty levels."""
        book = self.books[market.symbol]
        book.replace(_pairs(bids), _pairs(asks), last_id=0, at_ms=at_ns // 1_000_000)
        return [self._whole(market.symbol, book)]

    def write_delta(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """Twenty levels again: the venue sends no changes."""
        book = self.books[market.symbol]
        book.change(_pairs(bids), _pairs(asks), last_id=0, at_ms=at_ns // 1_000_000)
        return [self._whole(market.symbol, book)]

    def write_liquidation(
        self, market: Market, at_ns: int, *, price: float, qty: float, liquidated: Literal["long", "short"]
    ) -> list[bytes]:
        """A fill of a vault that takes over at the backstop: it buys what a long has to sell."""
        taken = {
            "coin": market.symbol,
            "px": text(price),
            "sz": text(qty),
            "side": "B" if liquidated == "long" else "A",
            "time": at_ns // 1_000_000,
            "dir": "Open Long" if liquidated == "long" else "Open Short",
            "crossed": False,
            "tid": self.next_number("fill"),
            "liquidation": {"liquidatedUser": "0x" + "1a" * 20, "markPx": text(price), "method": "backstop"},
        }
        return [orjson.dumps({"channel": "userFills", "data": {"user": VAULT, "fills": [taken]}})]

    def write_state(
        self, market: Market, at_ns: int, *, mark: float, index: float, funding_rate: float, open_interest: float
    ) -> list[bytes]:
        """The asset's context."""
        context = {
            "funding": text(funding_rate),
            "openInterest": text(open_interest),
            "oraclePx": text(index),
            "markPx": text(mark),
        }
        return [orjson.dumps({"channel": "activeAssetCtx", "data": {"coin": market.symbol, "ctx": context}})]

    @staticmethod
    def _whole(coin: str, book: SideBook) -> bytes:
        sides = [[{"px": price, "sz": qty, "n": 1} for price, qty in side] for side in book.best(BOOK_LEVELS)]
        return orjson.dumps({"channel": "l2Book", "data": {"coin": coin, "time": book.at_ms, "levels": sides}})

    def sighted(self, raw: bytes) -> Iterable[tuple[str, list[str], list[str]]]:
        """Coins with the prices and sizes of their books."""
        message = loads(raw)
        data = message.get("data") if isinstance(message, dict) else None
        for row in data if isinstance(data, list) else [data]:
            if isinstance(row, dict) and isinstance(coin := row.get("coin"), str):
                levels = [level for side in row.get("levels", ()) for level in side] or [row]
                yield coin, [level.get("px", "0") for level in levels], [level.get("sz", "0") for level in levels]

    def named(self, symbol: str, *, tick: str, step: str) -> Market:
        """A coin names its perpetual."""
        return Market(symbol=symbol, base=symbol, quote="USDC", tick=tick, step=step)

    def recognise(self, raw: bytes) -> str | None:
        """The coin of a market frame; those of addresses name many."""
        topics = self.topics(raw) if b'"channel"' in raw else ()
        return topics[0].split(":")[1] if topics and not topics[0].startswith("user") else None

    def _topic(self, subscription: dict[str, Any]) -> str | None:
        kind = subscription.get("type")
        of = subscription.get("coin" if kind in self._BY_COIN else "user")
        if kind not in (*self._BY_COIN, *self._BY_USER) or not isinstance(of, str):
            return None
        if kind in self._BY_USER:
            return f"{kind}:{of.lower()}"
        return f"{kind}:{of}:fast" if kind == "l2Book" and subscription.get("fast") else f"{kind}:{of}"

    @staticmethod
    def _error(text: str) -> bytes:
        return orjson.dumps({"channel": "error", "data": text})


def _pairs(side: Sequence[Level]) -> list[tuple[str, str]]:
    return [(text(price), text(qty)) for price, qty in side]


def _after(raw: bytes, key: bytes) -> str | None:
    start = raw.find(key)
    if start < 0:
        return None
    start += len(key)
    return raw[start : raw.find(b'"', start)].decode()
