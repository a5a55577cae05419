"""Gate as it speaks in 2026 (v4): what spot and futures say alike, and the spot exchange.

Facts: Gate's websocket documentation of 2026-08-25, and the answers that others captured on 2026-09-15.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import orjson

from producers.venue_server.dialect import Answer, Level, Rules
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener, loads
from producers.venue_server.markets import Market, decimals
from producers.venue_server.talker import Talker, text

DEPTH = 400


class GateTalker(Talker):
    """Base of the Gate dialects. A topic is channel and payload: `trades:BTC_USDT`, `obu:ob.BTC_USDT.400`."""

    # Connections of an address are documented; 150 frames in one burst were accepted, and a mute socket was cut.
    rules = Rules(messages_per_s=150, connections=300, idle_s=30.5)
    prefix: ClassVar[str]
    of_markets: ClassVar[tuple[str, ...]]
    """Channels that refuse unknown markets, and all that is asked for with them."""
    of_all: ClassVar[tuple[str, ...]] = ()
    """Those among them that know `!all`."""

    def serves(self, listener: Listener, symbol: str) -> bool:
        """Whether this connection delivers the market: a socket of futures has one settlement."""
        return True

    def hear(self, listener: Listener, text: str, faults: Faults) -> list[bytes]:
        """Answer requests and pings."""
        message = loads(text)
        if not isinstance(message, dict):
            return [orjson.dumps({"error": {"code": 1, "message": "request message need json scheme"}})]
        said, event, payload = message.get("channel"), message.get("event"), message.get("payload")
        if said == f"{self.prefix}ping":
            return [
                orjson.dumps({"time": 0, "time_ms": 0, "channel": f"{self.prefix}pong", "event": "", "result": None})
            ]
        answer = {"time": 0, "time_ms": 0, "channel": said, "event": event, "payload": payload}
        channel = said.removeprefix(self.prefix) if isinstance(said, str) else ""
        if channel not in (*self.of_markets, "obu"):
            return [_refusal(answer, f"Unknown channel {said}")]
        if event not in ("subscribe", "unsubscribe") or not isinstance(payload, list) or not payload:
            return [_refusal(answer, "invalid argument")]
        topics = [self._topic(listener, channel, name) for name in payload]
        for name, topic in zip(payload, topics, strict=True):
            if topic in faults.rejected or not self._is_known(channel, name):
                return [_refusal(answer, f"unknown currency pair: {name}")]
            if channel == "obu" and event == "subscribe" and topic in listener.names:
                return [_refusal(answer, f"Alert sub {name}")]
        for name, topic in zip(payload, topics, strict=True):
            if event == "unsubscribe":
                self.unsubscribe(listener, topic)
            else:
                self.subscribe(listener, topic)
                if name != "!all" and not self.serves(listener, _symbol(name)):
                    del listener.topics[topic]  # acknowledged, and silent
        return [orjson.dumps({**answer, "result": {"status": "success"}})] if faults.acks else []

    def topics(self, raw: bytes) -> tuple[str, ...]:
        """Channel and market of a frame's rows."""
        message = loads(raw) if b'"event":"' in raw else None
        if not isinstance(message, dict) or message.get("event") not in ("update", "all"):
            return ()
        channel, result = str(message.get("channel")), message.get("result")
        first = result[0] if isinstance(result, list) and result else result
        if not channel.startswith(self.prefix) or not isinstance(first, dict):
            return ()
        channel = channel.removeprefix(self.prefix)
        symbol = first.get("contract") or first.get("currency_pair") or first.get("c") or first.get("s")
        return self._topics(channel, symbol) if isinstance(symbol, str) else ()

    def follow(self, raw: bytes, topics: tuple[str, ...]) -> None:
        """Keep the books of `obu`."""
        if not topics or not topics[0].startswith("obu:"):
            return
        result = loads(raw)["result"]
        book = self.books[_symbol(result["s"])]
        take = book.replace if result.get("full") else book.change
        take(_pairs(result, "b"), _pairs(result, "a"), last_id=result["u"], at_ms=result["t"])

    def opening(self, topic: str, listener: Listener) -> list[bytes]:
        """The whole book as it stands."""
        channel, _, stream = topic.partition(":")
        book = self.books.get(_symbol(stream)) if channel == "obu" else None
        if book is None or not book.seeded or topic not in listener.topics:
            return []
        bids, asks = book.best(DEPTH)
        result = {"t": book.at_ms, "full": True, "s": stream, "u": book.last_id, "b": bids, "a": asks}
        return [self.push("obu", book.at_ms * 1_000_000, result)]

    def recognise(self, raw: bytes) -> str | None:
        """The market of a frame; no other venue has these names of channels."""
        topics = self.topics(raw)
        return _symbol(topics[0].partition(":")[2]) if topics else None

    def write_book(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """A whole book, whose id is that of the last change."""
        last_id = self.next_number(market.symbol)
        return [self._book(market, at_ns, bids, asks, {"full": True, "u": last_id})]

    def write_delta(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """Changed levels: two ids each, so that whoever counts frames instead of ids is found out."""
        first, last = self.next_number(market.symbol), self.next_number(market.symbol)
        return [self._book(market, at_ns, bids, asks, {"U": first, "u": last})]

    def size(self, market: Market, price: float, qty: float) -> str:
        """A quantity of base coin as the wire has it."""
        return text(qty)

    def push(self, channel: str, at_ns: int, result: Any) -> bytes:
        """A frame of market data."""
        at_ms = at_ns // 1_000_000
        message = {"time": at_ms // 1000, "time_ms": at_ms, "channel": self.prefix + channel, "event": "update"}
        return orjson.dumps({**message, "result": result})

    def _book(
        self, market: Market, at_ns: int, bids: Sequence[Level], asks: Sequence[Level], ids: Mapping[str, Any]
    ) -> bytes:
        sides = {
            key: [[text(price), self.size(market, price, qty)] for price, qty in side]
            for key, side in (("b", bids), ("a", asks))
            if side  # an empty side is left out
        }
        return self.push("obu", at_ns, {"t": at_ns // 1_000_000, "s": f"ob.{market.symbol}.{DEPTH}", **ids, **sides})

    def _topics(self, channel: str, symbol: str) -> tuple[str, ...]:
        return (f"{channel}:{symbol}",)

    def _topic(self, listener: Listener, channel: str, name: Any) -> str:
        return f"{channel}:{name}"

    def _is_known(self, channel: str, name: Any) -> bool:
        if name == "!all":
            return channel in self.of_all
        # The books' channel accepts everything and is silent about what there is not.
        return isinstance(name, str) and (channel == "obu" or not self.markets or name in self.markets)


class GateSpot(GateTalker):
    """The spot exchange."""

    venue_id = "gate-spot"
    paths = ("ws/v4",)
    prefix = "spot."
    of_markets = ("trades",)

    def rest(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer | None:
        """The list of pairs."""
        if path != "api/v4/spot/currency_pairs":
            return None
        return Answer(orjson.dumps([
            {
                "id": one.symbol, "base": one.base, "quote": one.quote, "fee": "0.2", "min_quote_amount": "1",
                "amount_precision": decimals(one.step), "precision": decimals(one.tick), "trade_status": "tradable",
                "sell_start": 0, "buy_start": 0,
            }
            for one in self.markets.values()
        ]))  # fmt: skip

    def made_up(self, coins: Sequence[str]) -> list[Market]:
        """A pair for each coin."""
        return [Market(symbol=f"{coin}_USDT", base=coin, quote="USDT", kind="spot", contract="spot") for coin in coins]

    def write_trade(
        self, market: Market, at_ns: int, *, price: float, qty: float, taker: Literal["buy", "sell"]
    ) -> list[bytes]:
        """One execution; milliseconds are text with a fraction."""
        result = {
            "id": self.next_number("trades"), "create_time": at_ns // 10**9, "create_time_ms": f"{at_ns / 1e6:.4f}",
            "side": taker, "currency_pair": market.symbol, "amount": text(qty), "price": text(price),
        }  # fmt: skip
        return [self.push("trades", at_ns, result)]


def _symbol(name: str) -> str:
    return name[3 : name.rfind(".")] if name.startswith("ob.") else name


def _pairs(result: Mapping[str, Any], side: str) -> list[tuple[str, str]]:
    return [(price, qty) for price, qty in result.get(side) or ()]


def _refusal(answer: Mapping[str, Any], message: str) -> bytes:
    return orjson.dumps({**answer, "error": {"code": 2, "message": message}, "result": {"status": "fail"}})
