"""Bitget's v3 socket as it speaks in 2026: one path for all products, topics by product and symbol, books that chain.

Written from Bitget's documentation (2026-09). Recordings of the v2 and v1 wires are played to who asks on v3.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from producers.venue_server.dialect import Answer, Level, Rules
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener, ViolationError, loads
from producers.venue_server.markets import Market, decimals
from producers.venue_server.talker import Talker, text

_SPOT = "_SPBL"
"""Told apart by this suffix, Bitget's own on v1: `BTCUSDT` is a name of spot and of futures."""
_QUOTED = {"USDT": "usdt-futures", "USDC": "usdc-futures", "USD": "coin-futures"}
_PRODUCTS = (*_QUOTED.values(), "spot")
_OLD_TOPICS = {"trade": "publicTrade"}
_LEVELS = 1000
_HISTORY = 20
_REMEMBERED = ("publicTrade", "liquidation")
_MOST_BOOKS = 24
"""Asked for in one message; more end the connection without a word (a published profile of the socket, 2026-09-15)."""


class Bitget(Talker):
    """Futures of three settlements and spot."""

    venue_id = "bitget"
    rules = Rules(
        messages_per_s=10, operations_per_h=240, topics=1000, frame_bytes=4096, connections=100, connects_per_min=60,
        client_silence_s=120.0, lifetime_s=86_400.0,
    )  # fmt: skip
    paths = ("v3/ws/public",)

    def __init__(self) -> None:
        super().__init__()
        self._recent: defaultdict[str, deque[dict[str, Any]]] = defaultdict(lambda: deque(maxlen=_HISTORY))

    def rest(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer | None:
        """The markets of a product, and the funds behind them."""
        product = query.get("category", "").lower()
        some = [market for market in self.markets.values() if _product(market) == product]
        match path.strip("/").rpartition("/")[2]:
            case "instruments" if product in _PRODUCTS:
                return _answer([_listed(market) for market in some])
            case "risk-reserve-all" if product in _QUOTED.values():
                symbols = [market.symbol for market in some]
                coin = {"usdt-futures": "USDT", "usdc-futures": "USDC"}.get(product, "BTC")
                return _answer({"list": [{"symbols": symbols, "coin": coin, "balance": "500000000.25"}]})
            case _:
                return None

    def hear(self, listener: Listener, words: str, faults: Faults) -> list[bytes]:
        """Answer the text `ping`, and each topic of `subscribe` and `unsubscribe` on its own."""
        if words == "ping":
            return [b"pong"]
        message = loads(words)
        wanted = message.get("args") if isinstance(message, dict) else None
        if not isinstance(wanted, list) or message["op"] not in ("subscribe", "unsubscribe"):
            return [_error(30016, "Param error")]
        if sum(isinstance(arg, dict) and arg.get("topic") == "books" for arg in wanted) > _MOST_BOOKS:
            raise ViolationError("too many books at once")
        said = []
        for arg in wanted:
            topic = _topic(arg)
            if topic is None:
                said.append(_error(30016, "Param error"))
            elif topic in faults.rejected or not self._exists(topic):
                said.append(_error(30001, f"{orjson.dumps(arg).decode()} doesn't exist"))
            else:
                (self.subscribe if message["op"] == "subscribe" else self.unsubscribe)(listener, topic)
                if faults.acks:
                    said.append(orjson.dumps({"event": message["op"], "arg": arg}))
        return said

    def topics(self, raw: bytes) -> tuple[str, ...]:
        """Product, topic and symbol of a frame; liquidations have no symbol."""
        message = loads(raw)
        if not isinstance(message, dict) or "data" not in message:
            return ()
        topic = _topic(message.get("arg"))
        return () if topic is None else (topic,)

    def follow(self, raw: bytes, topics: tuple[str, ...]) -> None:
        """Keep the books, and the last trades for those who come later."""
        message = loads(raw)
        if ":books:" in topics[0]:
            for row in message["data"]:
                bids, asks = row.get("b", row.get("bids", [])), row.get("a", row.get("asks", []))
                book = self.books[topics[0]]
                apply = book.replace if message["action"] == "snapshot" else book.change
                apply(bids, asks, last_id=int(row.get("seq", 0)) if "pseq" in row else 0, at_ms=int(row["ts"]))
        elif topics[0].split(":")[1] in _REMEMBERED and "topic" in message["arg"]:
            self._recent[topics[0]].extendleft(reversed(message["data"]))

    def opening(self, topic: str, listener: Listener) -> list[bytes]:
        """The whole book; trades and liquidations begin with the last ones, newest first."""
        if topic in self._recent:
            newest = self._recent[topic][0]
            return [_push("snapshot", topic, int(newest.get("T") or newest["ts"]), list(self._recent[topic]))]
        if topic not in self.books or not self.books[topic].seeded:
            return []
        book = self.books[topic]
        bids, asks = book.best(_LEVELS)
        ids = {"seq": book.last_id, "pseq": 0} if book.last_id else {}
        return [_push("snapshot", topic, book.at_ms, [{"a": asks, "b": bids, **ids, "ts": str(book.at_ms)}])]

    def made_up(self, coins: Sequence[str]) -> list[Market]:
        """A perpetual and the spot market of each coin."""
        perpetuals = [Market(symbol=f"{coin}USDT", base=coin, quote="USDT") for coin in coins]
        spot = [
            Market(symbol=f"{coin}USDT{_SPOT}", base=coin, quote="USDT", kind="spot", contract="spot") for coin in coins
        ]
        return [*perpetuals, *spot]

    def write_trade(
        self, market: Market, at_ns: int, *, price: float, qty: float, taker: Literal["buy", "sell"]
    ) -> list[bytes]:
        """One execution."""
        number = 1_432_912_492_051_054_592 + 7 * self.next_number("trades")
        row = {"i": str(number), "p": text(price), "v": _lots(market, price, qty), "S": taker, "T": _ms(at_ns)}
        row |= {"L": str(number + 1), "isRPI": "no"}
        return [_push("update", _of(market, "publicTrade"), at_ns // 10**6, [row])]

    def write_book(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """What a subscription begins with."""
        return [self._book("snapshot", market, at_ns, bids, asks)]

    def write_delta(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """Changed levels, after the update before."""
        return [self._book("update", market, at_ns, bids, asks)]

    def write_liquidation(
        self, market: Market, at_ns: int, *, price: float, qty: float, liquidated: Literal["long", "short"]
    ) -> list[bytes]:
        """The position's side and its worth in the quote currency."""
        if market.kind == "spot":
            return []
        row = {"symbol": market.symbol, "side": "buy" if liquidated == "long" else "sell", "price": text(price)}
        row |= {"amount": text(price * qty), "ts": _ms(at_ns)}
        return [_push("update", f"{_product(market)}:liquidation", at_ns // 10**6, [row])]

    def write_state(
        self, market: Market, at_ns: int, *, mark: float, index: float, funding_rate: float, open_interest: float
    ) -> list[bytes]:
        """A ticker; funding is paid every eight hours."""
        at_ms = at_ns // 10**6
        row = {"lastPrice": text(mark), "bid1Price": text(mark), "ask1Price": text(mark)}
        if market.kind != "spot":
            row |= {
                "markPrice": text(mark), "indexPrice": text(index), "fundingRate": text(funding_rate),
                "openInterest": _lots(market, mark, open_interest), "deliveryTime": "",
                "nextFundingTime": str((at_ms // 28_800_000 + 1) * 28_800_000),
            }  # fmt: skip
        return [_push("snapshot", _of(market, "ticker"), at_ms, [row])]

    def _book(self, action: str, market: Market, at_ns: int, bids: Sequence[Level], asks: Sequence[Level]) -> bytes:
        topic = _of(market, "books")
        before = 1_000_000_000_000_000_000 + 10 * self.next_number(topic)
        sides = [[[text(price), _lots(market, price, qty)] for price, qty in side] for side in (asks, bids)]
        row = {"a": sides[0], "b": sides[1], "seq": before + 10, "pseq": 0 if action == "snapshot" else before}
        return _push(action, topic, at_ns // 10**6 + 1, [row | {"ts": _ms(at_ns), "maxdepth": str(_LEVELS)}])

    def _exists(self, topic: str) -> bool:
        """Known under any product: under the wrong one it is acknowledged, and silent."""
        symbol = topic.rpartition(":")[2]
        return symbol == "liquidation" or symbol in self.markets or symbol + _SPOT in self.markets


def _product(market: Market) -> str:
    return "spot" if market.kind == "spot" else _QUOTED[market.quote]


def _of(market: Market, topic: str) -> str:
    return f"{_product(market)}:{topic}:{market.symbol.removesuffix(_SPOT)}"


def _topic(arg: Any) -> str | None:
    """The topic of an argument, also of one of the older wires."""
    if not isinstance(arg, dict):
        return None
    topic, symbol = arg.get("topic", arg.get("channel")), str(arg.get("symbol", arg.get("instId", "")))
    product = str(arg.get("instType", "")).lower()
    if product in ("sp", "mc"):
        coin = "coin-futures" if symbol.endswith("USD") else "usdt-futures"
        product = "spot" if product == "sp" else coin
    if product not in _PRODUCTS or not isinstance(topic, str):
        return None
    return f"{product}:liquidation" if topic == "liquidation" else f"{product}:{_OLD_TOPICS.get(topic, topic)}:{symbol}"


def _push(action: str, topic: str, at_ms: int, rows: Sequence[Mapping[str, Any]]) -> bytes:
    product, name, *symbol = topic.split(":")
    arg = {"instType": product, "topic": name} | ({"symbol": symbol[0]} if symbol else {})
    return orjson.dumps({"action": action, "arg": arg, "data": rows, "ts": at_ms})


def _lots(market: Market, price: float, qty: float) -> str:
    """Coin-margined lots are dollars."""
    return text((qty * price if market.contract == "inverse" else qty) / market.contract_value)


def _ms(at_ns: int) -> str:
    return str(at_ns // 10**6)


def _answer(data: Any) -> Answer:
    return Answer(orjson.dumps({"code": "00000", "msg": "success", "requestTime": 0, "data": data}))


def _error(code: int, words: str) -> bytes:
    return orjson.dumps({"event": "error", "code": code, "msg": words, "connId": "0ac601ff"})


def _listed(market: Market) -> dict[str, Any]:
    spot = {
        "symbol": market.symbol.removesuffix(_SPOT), "category": _product(market).upper(), "baseCoin": market.base,
        "quoteCoin": market.quote, "status": "online", "minOrderQty": market.step,
        "pricePrecision": str(decimals(market.tick)), "quantityPrecision": str(decimals(market.step)),
    }  # fmt: skip
    if market.kind == "spot":
        return spot
    ends = datetime.strptime(market.expiry + "08", "%Y%m%d%H").replace(tzinfo=UTC) if market.expiry else None
    return spot | {
        "priceMultiplier": market.tick, "quantityMultiplier": market.step, "fundInterval": "" if ends else "8",
        "symbolType": "delivery" if ends else "perpetual",
        "deliveryTime": str(int(ends.timestamp()) * 1000) if ends else "",
    }  # fmt: skip
