"""Bybit v5 as it speaks in 2026: one path a category, acks and refusals a request, books that begin with a snapshot.

Facts: Bybit v5 documentation, 2026-07-24. Sizes are base coin, or dollars where the contract is inverse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

import orjson

from producers.venue_server.dialect import Answer, Level, Rules
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener, loads
from producers.venue_server.markets import Market
from producers.venue_server.talker import Talker, text

ARGUMENT_CHARACTERS = 21_000
"""Of one connection."""
FUNDING_EVERY_MS = 8 * 3_600_000
DEPTHS = ("1", "50", "200", "1000")
_POOLS = {
    "linear": ("adlAlert.USDT", "adlAlert.USDC", "insurance.USDT", "insurance.USDC"),
    "inverse": ("adlAlert.inverse", "insurance.inverse"),
    "status": ("system.status",),
}
_CONTRACTS = {
    ("perp", "linear"): "LinearPerpetual", ("perp", "inverse"): "InversePerpetual",
    ("future", "linear"): "LinearFutures", ("future", "inverse"): "InverseFutures",
}  # fmt: skip


class Bybit(Talker):
    """The derivatives."""

    venue_id = "bybit"
    # Nothing is documented about messages a second: this is only out of reach.
    rules = Rules(messages_per_s=100, connections=1000, connects_per_min=100, idle_s=600)
    paths: ClassVar[tuple[str, ...]] = ("v5/public/linear", "v5/public/inverse", "v5/public/misc/status")
    channels: ClassVar[tuple[str, ...]] = ("orderbook", "publicTrade", "tickers", "allLiquidation", "priceLimit")
    """Of a market."""
    most_arguments: ClassVar[int | None] = None
    """Of one request."""
    type_first: ClassVar[bool] = True
    """Whether books write their type before their time."""
    accepted: ClassVar[str] = ""
    """What an accepted subscription is told."""

    def __init__(self) -> None:
        super().__init__()
        self._tickers: dict[str, dict[str, Any]] = {}
        self._written: dict[str, dict[str, str]] = {}

    def hear(self, listener: Listener, text: str, faults: Faults) -> list[bytes]:
        """Answer a ping, a subscription, its end; one bad topic fails its whole request."""
        message = loads(text)
        message = message if isinstance(message, dict) else {}
        operation, topics = message.get("op"), message.get("args")
        if operation == "ping":
            return [_answer(message, True, "pong")]
        if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
            return [_answer(message, False, "Params Error")]
        if operation == "unsubscribe":
            for topic in topics:
                self.unsubscribe(listener, topic)
            return [_answer(message, True, "")] if faults.acks else []
        refusal = self._refusal(listener, topics, faults) if operation == "subscribe" else "Params Error"
        if refusal:
            return [_answer(message, False, refusal)]
        for topic in topics:
            self.subscribe(listener, topic)
        return [_answer(message, True, self.accepted)] if faults.acks else []

    def _refusal(self, listener: Listener, topics: Sequence[str], faults: Faults) -> str:
        if self.most_arguments is not None and len(topics) > self.most_arguments:
            return f"args size >{self.most_arguments}"
        if sum(map(len, (*listener.names, *topics))) > ARGUMENT_CHARACTERS:
            return f"args length exceeds {ARGUMENT_CHARACTERS}"
        for topic in topics:
            if topic in listener.names:
                return f"error:already subscribed,topic:{topic}"
            if topic in faults.rejected or not self._serves(listener.path.rpartition("/")[2], topic):
                return f"error:handler not found,topic:{topic}"
        return ""

    def _serves(self, category: str, topic: str) -> bool:
        channel, _, rest = topic.partition(".")
        depth, _, symbol = rest.rpartition(".")
        market = self.markets.get(symbol)
        if market is None or channel not in self.channels:
            return topic in _POOLS.get(category, ())
        return market.contract == category and (depth in DEPTHS if channel == "orderbook" else not depth)

    def rest(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer | None:
        """The market list of a category, in pages, and the book."""
        match method, path.strip("/"):
            case "GET", "v5/market/instruments-info":
                mine = [one for one in self.markets.values() if one.contract == query.get("category")]
                start, most = int(query.get("cursor") or 0), int(query.get("limit") or 500)
                page, more = mine[start : start + most], start + most < len(mine)
                listing = {"category": query.get("category"), "list": [row_of(one) for one in page]}
                return _result(listing | {"nextPageCursor": str(start + most) if more else ""})
            case "GET", "v5/market/orderbook":
                symbol = query.get("symbol", "")
                if not self.books[symbol].seeded:
                    return Answer(b'{"retCode":10001,"retMsg":"Not supported symbols","result":{},"time":0}')
                return _result(self._book(symbol, int(query.get("limit") or 25)) | {"ts": self.books[symbol].at_ms})
            case _:
                return None

    def topics(self, raw: bytes) -> tuple[str, ...]:
        """The one that the frame names."""
        message = loads(raw)
        topic = message.get("topic") if isinstance(message, dict) else None
        return (topic,) if isinstance(topic, str) else ()

    def follow(self, raw: bytes, topics: tuple[str, ...]) -> None:
        """Keep books and tickers for those who come late."""
        channel, _, rest = topics[0].partition(".")
        symbol = rest.rpartition(".")[2]
        message = loads(raw)
        if channel == "orderbook":
            data, book = message["data"], self.books[symbol]
            note = book.replace if message["type"] == "snapshot" else book.change
            note(data["b"], data["a"], last_id=data["u"], at_ms=message["ts"])
        elif channel == "tickers":
            data = self._tickers.get(symbol, {}).get("data", {}) | message["data"]
            self._tickers[symbol] = message | {"type": "snapshot", "data": data}

    def opening(self, topic: str, listener: Listener) -> list[bytes]:
        """The book as it stands, or the whole ticker."""
        channel, _, rest = topic.partition(".")
        depth, _, symbol = rest.rpartition(".")
        if channel == "tickers" and symbol in self._tickers:
            return [orjson.dumps(self._tickers[symbol])]
        if channel == "orderbook" and self.books[symbol].seeded:
            return [self._book_frame(topic, "snapshot", self.books[symbol].at_ms, self._book(symbol, int(depth)))]
        return []

    def _book(self, symbol: str, depth: int) -> dict[str, Any]:
        bids, asks = self.books[symbol].best(depth)
        last_id = self.books[symbol].last_id
        return {"s": symbol, "b": bids, "a": asks, "u": last_id, "seq": last_id * 7}

    def _book_frame(self, topic: str, kind: str, at_ms: int, data: Mapping[str, Any]) -> bytes:
        habit = {"type": kind, "ts": at_ms} if self.type_first else {"ts": at_ms, "type": kind}
        return orjson.dumps({"topic": topic, **habit, "data": data, "cts": at_ms})

    def made_up(self, coins: Sequence[str]) -> list[Market]:
        """A linear and an inverse perpetual for each coin."""
        linear = [Market(symbol=f"{coin}USDT", base=coin, quote="USDT") for coin in coins]
        return linear + [Market(symbol=f"{coin}USD", base=coin, quote="USD", contract="inverse") for coin in coins]

    def write_trade(
        self, market: Market, at_ns: int, *, price: float, qty: float, taker: Literal["buy", "sell"]
    ) -> list[bytes]:
        """One execution."""
        at_ms, count = at_ns // 10**6, self.next_number("trade")
        row = {
            "T": at_ms, "s": market.symbol, "S": taker.capitalize(), "v": lots(market, qty, price), "p": text(price),
            "i": self.trade_id(count), "BT": False, "RPI": False, "seq": count,
        }  # fmt: skip
        return [orjson.dumps({"topic": f"publicTrade.{market.symbol}", "type": "snapshot", "ts": at_ms, "data": [row]})]

    def trade_id(self, count: int) -> str:
        """A UUID."""
        return f"{count:08x}-0000-5000-8000-{count:012x}"

    def write_book(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """A whole book."""
        return self._write_levels(market, at_ns, "snapshot", bids, asks)

    def write_delta(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """Changed levels, numbered one by one."""
        return self._write_levels(market, at_ns, "delta", bids, asks)

    def _write_levels(
        self, market: Market, at_ns: int, kind: str, bids: Sequence[Level], asks: Sequence[Level]
    ) -> list[bytes]:
        last_id = self.next_number(f"book:{market.symbol}") + 1  # 1 would be a restart of the venue
        sides = [[(text(price), lots(market, qty, price)) for price, qty in side] for side in (bids, asks)]
        data = {"s": market.symbol, "b": sides[0], "a": sides[1], "u": last_id, "seq": last_id * 7}
        return [self._book_frame(f"orderbook.1000.{market.symbol}", kind, at_ns // 10**6, data)]

    def write_liquidation(
        self, market: Market, at_ns: int, *, price: float, qty: float, liquidated: Literal["long", "short"]
    ) -> list[bytes]:
        """A row with the side of the position; spot has none."""
        if market.kind == "spot":
            return []
        at_ms, side = at_ns // 10**6, "Buy" if liquidated == "long" else "Sell"
        row = {"T": at_ms, "s": market.symbol, "S": side, "v": lots(market, qty, price), "p": text(price)}
        topic = f"allLiquidation.{market.symbol}"
        return [orjson.dumps({"topic": topic, "type": "snapshot", "ts": at_ms, "data": [row]})]

    def write_state(
        self, market: Market, at_ns: int, *, mark: float, index: float, funding_rate: float, open_interest: float
    ) -> list[bytes]:
        """The whole ticker first, then what changed in it. Open interest is told of both sides, and of one."""
        if market.kind == "spot":
            return []
        at_ms = at_ns // 10**6
        inverse, perpetual = market.contract == "inverse", market.kind == "perp"
        worth = 1.0 if inverse else mark
        data = {
            "symbol": market.symbol, "markPrice": text(mark), "indexPrice": text(index),
            "openInterest": lots(market, 2 * open_interest, mark), "openInterestValue": text(2 * open_interest * worth),
            "singleOpenInterest": lots(market, open_interest, mark),
            "singleOpenInterestValue": text(open_interest * worth),
            "fundingRate": text(funding_rate) if perpetual else "",
            "nextFundingTime": str((at_ms // FUNDING_EVERY_MS + 1) * FUNDING_EVERY_MS) if perpetual else "",
        }  # fmt: skip
        before = self._written.get(market.symbol)
        self._written[market.symbol] = data
        changed = {key: value for key, value in data.items() if before is None or before[key] != value}
        kind = "snapshot" if before is None else "delta"
        frame = {"topic": f"tickers.{market.symbol}", "type": kind, "data": {"symbol": market.symbol} | changed}
        return [orjson.dumps(frame | {"cs": self.next_number("ticker"), "ts": at_ms})]


def lots(market: Market, qty: float, price: float) -> str:
    """Base coin as the wire counts it: dollars where the contract is inverse."""
    return text(qty * price / market.contract_value if market.contract == "inverse" else qty / market.contract_value)


def row_of(market: Market) -> dict[str, Any]:
    """A market in the list. Spot has no contract type; its lots are called otherwise."""
    row = {"symbol": market.symbol, "status": "Trading", "baseCoin": market.base, "quoteCoin": market.quote}
    tick = {"priceFilter": {"tickSize": market.tick}}
    if market.kind == "spot":
        return row | tick | {"lotSizeFilter": {"basePrecision": market.step}}
    # Futures expire at 8:00 UTC; perpetuals are listed with a time of 0.
    expires = datetime.strptime(f"{market.expiry or '19700101'}+0000", "%Y%m%d%z") + timedelta(hours=8)
    return row | tick | {
        "contractType": _CONTRACTS[market.kind, market.contract],
        "settleCoin": market.base if market.contract == "inverse" else market.quote,
        "deliveryTime": str(int(expires.timestamp()) * 1000) if market.expiry else "0",
        "lotSizeFilter": {"qtyStep": market.step},
    }  # fmt: skip


def _result(result: Mapping[str, Any]) -> Answer:
    return Answer(orjson.dumps({"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": 0}))


def _answer(message: Mapping[str, Any], success: bool, words: str) -> bytes:
    answer = {"success": success, "ret_msg": words, "conn_id": "2324d924-aa4d-45b0-a858-7b8be29ab52b"}
    return orjson.dumps(answer | {"req_id": message.get("req_id", ""), "op": message.get("op", "")})
