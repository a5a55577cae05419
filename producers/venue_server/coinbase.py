"""Coinbase's Advanced Trade socket as it speaks in 2026: a frame a channel, and all messages of a connection numbered.

Written from Coinbase's documentation (2026-04). Recordings of the older Exchange feed are played as they are.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from weakref import WeakKeyDictionary

import orjson

from producers.venue_server.dialect import Answer, Level, Rules
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener, loads
from producers.venue_server.markets import Market
from producers.venue_server.talker import Talker, text

_CHANNELS = ("level2", "market_trades", "ticker", "status", "heartbeats")
_EXCHANGE = {"snapshot": "level2", "l2update": "level2", "match": "market_trades", "last_match": "market_trades"}
_SIDES = {"bid": True, "buy": True, "offer": False, "sell": False}
_OPPOSITE = {"buy": "SELL", "sell": "BUY"}
_NO_TIME = "1970-01-01T00:00:00Z"
_ALL_LEVELS = 1_000_000
_HISTORY = 50


class Coinbase(Talker):
    """Spot. What is in USDC is listed as another name of the book in USD."""

    venue_id = "coinbase"
    rules = Rules(messages_per_s=8, address_messages_per_s=8, connects_per_min=480)
    paths = ("",)

    def __init__(self) -> None:
        super().__init__()
        self._said: WeakKeyDictionary[Listener, int] = WeakKeyDictionary()
        self._recent: defaultdict[str, deque[dict[str, Any]]] = defaultdict(lambda: deque(maxlen=_HISTORY))
        self._latest: dict[str, str] = {}

    def rest(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer | None:
        """The list of products."""
        if path.strip("/") != "api/v3/brokerage/market/products":
            return None
        products = [_listed(market, market.quote) for market in self.markets.values()]
        products += [_listed(market, "USDC") for market in self.markets.values() if market.quote == "USD"]
        return Answer(orjson.dumps({"products": products, "num_products": len(products), "pagination": None}))

    def hear(self, listener: Listener, words: str, faults: Faults) -> list[bytes]:
        """Answer `subscribe` and `unsubscribe`: errors first, then all that the connection is subscribed to."""
        message = loads(words)
        kind = message.get("type") if isinstance(message, dict) else None
        channel = message.get("channel") if kind in ("subscribe", "unsubscribe") else None
        if channel not in _CHANNELS:
            return [_error("invalid message" if channel is None else f"channel {channel} is invalid")]
        said = []
        for product in [""] if channel == "heartbeats" else message.get("product_ids", []):
            topic = f"{channel}:{product}" if product else channel
            if (product and product not in self.markets) or topic in faults.rejected:
                said.append(_error(f"{product or channel} is not a valid product"))
            else:
                (self.subscribe if kind == "subscribe" else self.unsubscribe)(listener, topic)
        return [*said, self._ack(listener)] if faults.acks else said

    def topics(self, raw: bytes) -> tuple[str, ...]:
        """Channel and product of a frame; ours have one product each."""
        message = loads(raw)
        if not isinstance(message, dict):
            return ()
        if message.get("type") in _EXCHANGE:
            return (f"{_EXCHANGE[message['type']]}:{message.get('product_id')}",)
        channel = {"l2_data": "level2"}.get(message.get("channel", ""), message.get("channel"))
        if channel not in _CHANNELS or not message.get("events"):
            return ()
        part = message["events"][0]
        rows = part.get("trades") or part.get("tickers") or part.get("products") or [{}]
        product = part.get("product_id") or rows[0].get("product_id") or rows[0].get("id")
        return (f"{channel}:{product}" if product else channel,)

    def payload(self, raw: bytes, topics: tuple[str, ...], listener: Listener) -> bytes:
        """Numbered for this connection; the Exchange feed has no such numbers."""
        message = loads(raw)
        return self._numbered(listener, message) if "channel" in message else raw

    def follow(self, raw: bytes, topics: tuple[str, ...]) -> None:
        """Keep the books, and the last trades for those who come later."""
        message = loads(raw)
        channel, _, product = topics[0].partition(":")
        at = message.get("timestamp", message.get("time"))
        if at is not None:
            self._latest[product] = at
        for part in message.get("events", [message]):
            if channel == "market_trades":
                self._recent[product].extend(part.get("trades", []))
            if channel != "level2":
                continue
            rows = [(row["side"], row["price_level"], row["new_quantity"]) for row in part.get("updates", [])]
            rows += part.get("changes", [])
            bids = [(price, qty) for side, price, qty in rows if _SIDES[side]] + part.get("bids", [])
            asks = [(price, qty) for side, price, qty in rows if not _SIDES[side]] + part.get("asks", [])
            book = self.books[product]
            (book.replace if part["type"] == "snapshot" else book.change)(bids, asks, last_id=0, at_ms=0)

    def opening(self, topic: str, listener: Listener) -> list[bytes]:
        """The whole book; trades begin with the last ones."""
        channel, _, product = topic.partition(":")
        if channel == "market_trades" and product in self._recent:
            trades = list(self._recent[product])[::-1]
            part = {"type": "snapshot", "trades": trades}
            return [self._numbered(listener, _frame(channel, trades[0]["time"], part))]
        if channel != "level2" or product not in self.books or not self.books[product].seeded:
            return []
        bids, asks = self.books[product].best(_ALL_LEVELS)
        at = self._latest.get(product)
        if at is None:  # the Exchange feed: its snapshots have no time
            return [orjson.dumps({"type": "snapshot", "product_id": product, "bids": bids, "asks": asks})]
        return [self._numbered(listener, _book("snapshot", product, at, bids, asks))]

    def made_up(self, coins: Sequence[str]) -> list[Market]:
        """The product in dollars of each coin."""
        return [
            Market(symbol=f"{coin}-USD", base=coin, quote="USD", kind="spot", contract="spot", step="0.00000001")
            for coin in coins
        ]

    def write_trade(
        self, market: Market, at_ns: int, *, price: float, qty: float, taker: Literal["buy", "sell"]
    ) -> list[bytes]:
        """One match, with the side of the maker."""
        row = {"trade_id": str(self.next_number(market.symbol)), "product_id": market.symbol, "price": text(price)}
        row |= {"size": text(qty), "side": _OPPOSITE[taker], "time": _iso(at_ns)}
        return [orjson.dumps(_frame("market_trades", _iso(at_ns), {"type": "update", "trades": [row]}))]

    def write_book(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """What a subscription begins with."""
        return [orjson.dumps(_book("snapshot", market.symbol, _iso(at_ns), _texts(bids), _texts(asks)))]

    def write_delta(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """Changed levels."""
        return [orjson.dumps(_book("update", market.symbol, _iso(at_ns), _texts(bids), _texts(asks)))]

    def write_state(
        self, market: Market, at_ns: int, *, mark: float, index: float, funding_rate: float, open_interest: float
    ) -> list[bytes]:
        """Spot has none: the state of the product, and a heartbeat."""
        at = _iso(at_ns)
        product = {"product_type": "SPOT", "id": market.symbol, "status": "online", "status_message": ""}
        product |= {"base_currency": market.base, "quote_currency": market.quote}
        beat = {"current_time": at, "heartbeat_counter": str(self.next_number("heartbeats"))}
        return [
            orjson.dumps(_frame("status", at, {"type": "snapshot", "products": [product]})),
            orjson.dumps(_frame("heartbeats", at, beat)),
        ]

    def _ack(self, listener: Listener) -> bytes:
        subscribed = defaultdict(list)
        for topic in listener.topics:
            channel, _, product = topic.partition(":")
            subscribed[channel].append(product or "heartbeats")
        return self._numbered(listener, _frame("subscriptions", _NO_TIME, {"subscriptions": subscribed}))

    def _numbered(self, listener: Listener, message: Mapping[str, Any]) -> bytes:
        number = self._said.get(listener, 0)
        self._said[listener] = number + 1
        return orjson.dumps({**message, "sequence_num": number})


def _frame(channel: str, at: str, part: Mapping[str, Any]) -> dict[str, Any]:
    return {"channel": channel, "client_id": "", "timestamp": at, "sequence_num": 0, "events": [part]}


def _book(
    kind: str, product: str, at: str, bids: Sequence[tuple[str, str]], asks: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """Levels of a snapshot have no time of their own."""
    own = {"event_time": _NO_TIME if kind == "snapshot" else at}
    rows = [own | {"side": "bid", "price_level": price, "new_quantity": qty} for price, qty in bids]
    rows += [own | {"side": "offer", "price_level": price, "new_quantity": qty} for price, qty in asks]
    return _frame("l2_data", at, {"type": kind, "product_id": product, "updates": rows})


def _texts(side: Sequence[Level]) -> list[tuple[str, str]]:
    return [(text(price), text(qty)) for price, qty in side]


def _error(words: str) -> bytes:
    return orjson.dumps({"type": "error", "message": words})


def _iso(at_ns: int) -> str:
    moment = datetime.fromtimestamp(at_ns // 10**9, tz=UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ns % 10**9:09d}Z"


def _listed(market: Market, quote: str) -> dict[str, Any]:
    alias = market.symbol if quote != market.quote else ""
    return {
        "product_id": f"{market.base}-{quote}", "base_currency_id": market.base, "quote_currency_id": quote,
        "status": "online", "product_type": "SPOT", "alias": alias, "is_disabled": False, "trading_disabled": False,
        "view_only": False, "base_increment": market.step, "quote_increment": market.tick,
        "price_increment": market.tick,
    }  # fmt: skip
