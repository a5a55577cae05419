"""Kraken Derivatives as it speaks on its first-generation socket: a list of products a message, an answer a product.

Written from Kraken's documentation (2026-09). Execution history is answered from the trades that were played.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import orjson

from producers.venue_server.dialect import Answer, Level, Rules
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener, loads
from producers.venue_server.markets import Market
from producers.venue_server.talker import Talker

_FEEDS = ("book", "trade", "ticker", "ticker_lite", "heartbeat")
_FEED_OF = {"book_snapshot": "book", "trade_snapshot": "trade"}
_HISTORY = 100
"""Trades in a `trade_snapshot`."""
_ORDER_TYPES = {"liquidation": "Liquidation", "termination": "Unwind", "assignment": "Assignment", "block": "Block"}
_ALL_LEVELS = 1_000_000


class KrakenFutures(Talker):
    """The public socket and the two REST services beside it."""

    venue_id = "kraken-futures"
    rules = Rules(messages_per_s=100, connections=100)
    paths = ("ws/v1",)

    def __init__(self) -> None:
        super().__init__()
        self._trades: defaultdict[str, deque[dict[str, Any]]] = defaultdict(lambda: deque(maxlen=_HISTORY))

    def rest(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer | None:
        """Market list, and the public executions of one market, newest first."""
        path = path.strip("/")
        if path == "derivatives/api/v3/instruments":
            rows = [_listed(market) for market in self.markets.values()]
            return Answer(orjson.dumps({"result": "success", "instruments": rows}))
        symbol = path.removeprefix("api/history/v3/market/").removesuffix("/executions")
        if symbol not in self.markets:
            return None
        trades = list(reversed(self._trades[symbol]))[: int(query.get("count", "1000"))]
        elements = [_execution(symbol, trade) for trade in trades]
        return Answer(orjson.dumps({"elements": elements, "len": len(elements)}))

    def greeting(self, listener: Listener) -> list[bytes]:
        """The protocol's version."""
        return [b'{"event":"info","version":1}']

    def hear(self, listener: Listener, text: str, faults: Faults) -> list[bytes]:
        """Answer `subscribe` and `unsubscribe`, product by product."""
        message = loads(text)
        if not isinstance(message, dict):
            return [_event("error", message="Json Error")]
        event, feed = message.get("event"), message.get("feed")
        if event not in ("subscribe", "unsubscribe"):
            return [_event("error", message="Invalid event")]
        if feed not in _FEEDS:
            return [_event("error", message="Invalid feed")]
        answers = []
        for product in message.get("product_ids", ["*"]):
            topic = f"{feed}:{str(product).upper()}"
            if topic in faults.rejected:
                answers.append(_event("error", message="Invalid product id"))
            elif (event == "subscribe") == (topic in listener.topics):
                words = (
                    "Already subscribed to feed, re-requesting" if event == "subscribe" else "Not subscribed to feed"
                )
                answers.append(_event("alert", message=words))
            else:
                (self.subscribe if event == "subscribe" else self.unsubscribe)(listener, topic)
                if faults.acks:
                    answers.append(_event(f"{event}d", feed=feed, product_ids=[str(product).upper()]))
        return answers

    def topics(self, raw: bytes) -> tuple[str, ...]:
        """Feed and product; what a subscription begins with belongs to its feed."""
        message = loads(raw)
        if not isinstance(message, dict) or not isinstance(feed := message.get("feed"), str) or "event" in message:
            return ()
        feed = _FEED_OF.get(feed, feed)
        return (f"{feed}:{message.get('product_id', '*')}",) if feed in _FEEDS else ()

    def follow(self, raw: bytes, topics: tuple[str, ...]) -> None:
        """Keep books, and the newest trades."""
        message = loads(raw)
        match message["feed"]:
            case "book_snapshot":
                bids, asks = ([(repr(x["price"]), repr(x["qty"])) for x in message[side]] for side in ("bids", "asks"))
                book = self.books[message["product_id"]]
                book.replace(bids, asks, last_id=message["seq"], at_ms=message["timestamp"])
            case "book":
                level = [(repr(message["price"]), repr(message["qty"]))]
                bids, asks = (level, []) if message["side"] == "buy" else ([], level)
                book = self.books[message["product_id"]]
                book.change(bids, asks, last_id=message["seq"], at_ms=message["timestamp"])
            case "trade":
                self._trades[message["product_id"]].append(message)

    def opening(self, topic: str, listener: Listener) -> list[bytes]:
        """The whole book, or the last trades."""
        feed, _, symbol = topic.partition(":")
        if feed == "trade" and self._trades[symbol]:
            trades = list(reversed(self._trades[symbol]))
            return [orjson.dumps({"feed": "trade_snapshot", "product_id": symbol, "trades": trades})]
        book = self.books[symbol]
        if feed != "book" or not book.seeded:
            return []
        bids, asks = book.best(_ALL_LEVELS)
        return [_whole(symbol, book.at_ms, book.last_id, bids, asks)]

    def made_up(self, coins: Sequence[str]) -> list[Market]:
        """A linear and an inverse perpetual for each coin; Bitcoin has its old name here."""
        names = [(coin, {"BTC": "XBT"}.get(coin, coin)) for coin in coins]
        linear = [Market(symbol=f"PF_{name}USD", base=coin, quote="USD") for coin, name in names]
        return linear + [
            Market(symbol=f"PI_{name}USD", base=coin, quote="USD", contract="inverse") for coin, name in names
        ]

    def write_trade(
        self, market: Market, at_ns: int, *, price: float, qty: float, taker: Literal["buy", "sell"]
    ) -> list[bytes]:
        """One fill."""
        return [self._write(market, at_ns, price, qty, taker, "fill")]

    def write_liquidation(
        self, market: Market, at_ns: int, *, price: float, qty: float, liquidated: Literal["long", "short"]
    ) -> list[bytes]:
        """The fill of a liquidated account's order: it is the taker."""
        return [self._write(market, at_ns, price, qty, "sell" if liquidated == "long" else "buy", "liquidation")]

    def write_book(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """A whole book; its number counts like a change's."""
        number = self.next_number(f"book:{market.symbol}")
        sides = ([(repr(price), repr(_lots(market, price, qty))) for price, qty in side] for side in (bids, asks))
        return [_whole(market.symbol, at_ns // 1_000_000, number, *sides)]

    def write_delta(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """A message for each level."""
        levels = [("buy", *level) for level in bids] + [("sell", *level) for level in asks]
        return [
            orjson.dumps(
                {
                    "feed": "book",
                    "product_id": market.symbol,
                    "side": side,
                    "seq": self.next_number(f"book:{market.symbol}"),
                    "price": price,
                    "qty": _lots(market, price, qty),
                    "timestamp": at_ns // 1_000_000,
                }
            )
            for side, price, qty in levels
        ]

    def write_state(
        self, market: Market, at_ns: int, *, mark: float, index: float, funding_rate: float, open_interest: float
    ) -> list[bytes]:
        """The ticker: funding as a fraction of an hour, and beside it as money for each contract."""
        row: dict[str, Any] = {
            "feed": "ticker",
            "product_id": market.symbol,
            "time": at_ns // 1_000_000,
            "index": index,
            "markPrice": mark,
            "openInterest": _lots(market, mark, open_interest),
            "suspended": False,
            "post_only": False,
        }
        if market.kind == "perp":
            money = funding_rate / mark if market.contract == "inverse" else funding_rate * mark
            next_ms = (at_ns // (3600 * 10**9) + 1) * 3_600_000
            row |= {"funding_rate": money, "relative_funding_rate": funding_rate, "next_funding_rate_time": next_ms}
        return [orjson.dumps(row)]

    def _write(self, market: Market, at_ns: int, price: float, qty: float, taker: str, kind: str) -> bytes:
        number = self.next_number(f"trade:{market.symbol}")
        row = {
            "feed": "trade",
            "product_id": market.symbol,
            "uid": f"{market.symbol}-{number}",
            "side": taker,
            "type": kind,
            "seq": number,
            "time": at_ns // 1_000_000,
            "qty": _lots(market, price, qty),
            "price": price,
        }
        return orjson.dumps(row)


def _lots(market: Market, price: float, qty: float) -> float:
    """Base coin in the market's own unit: contracts of a dollar on inverse markets."""
    return (qty * price if market.contract == "inverse" else qty) / market.contract_value


def _whole(symbol: str, at_ms: int, seq: int, *sides: Sequence[tuple[str, str]]) -> bytes:
    bids, asks = ([{"price": float(price), "qty": float(qty)} for price, qty in side] for side in sides)
    head = {"feed": "book_snapshot", "product_id": symbol, "timestamp": at_ms, "seq": seq, "tickSize": None}
    return orjson.dumps(head | {"bids": bids, "asks": asks})


def _event(event: str, **said: Any) -> bytes:
    return orjson.dumps({"event": event} | said)


def _listed(market: Market) -> dict[str, Any]:
    return {
        "symbol": market.symbol,
        "type": "futures_inverse" if market.contract == "inverse" else "flexible_futures",
        "tickSize": float(market.tick),
        "contractSize": market.contract_value,
        "tradeable": True,
        "base": market.base,
        "quote": market.quote,
    }


def _execution(symbol: str, trade: Mapping[str, Any]) -> dict[str, Any]:
    """A trade as the history shows it. The taker's order is named after what it was placed for."""
    sold = trade["side"] == "sell"
    order = {"tradeable": symbol, "quantity": repr(trade["qty"]), "limitPrice": repr(trade["price"])}
    kind = _ORDER_TYPES.get(trade["type"], "Limit")
    execution = {
        "uid": trade["uid"],
        "makerOrder": order | {"direction": "Buy" if sold else "Sell", "orderType": "Post"},
        "takerOrder": order | {"direction": "Sell" if sold else "Buy", "orderType": kind},
        "timestamp": trade["time"],
        "quantity": repr(trade["qty"]),
        "price": repr(trade["price"]),
    }
    event = {"Execution": {"execution": execution, "takerReducedQuantity": ""}}
    return {"uid": f"event-{trade['uid']}", "timestamp": trade["time"], "event": event}
