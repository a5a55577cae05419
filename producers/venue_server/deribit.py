"""Deribit as it speaks in 2026: JSON-RPC 2.0, many channels a call, refused ones left out of the answer, chained books.

Facts: Deribit API documentation 2.1.1, 2026.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import orjson

from producers.venue_server.deribit_markets import listed, made_up
from producers.venue_server.dialect import Answer, Level, Rules
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener, loads
from producers.venue_server.markets import Market
from producers.venue_server.talker import Talker

MOST_CHANNELS = 500
"""Of one call."""
_OF_A_MARKET = ("book", "trades", "ticker")
_CHANNEL = re.compile(rb'"channel"\s*:\s*"([^"]+)"')
_ERRORS = {
    -32700: "Parse error",
    -32601: "Method not found",
    -32602: "Invalid params",
    13778: "raw_subscriptions_not_available_for_unauthorized",
}


class Deribit(Talker):
    """The one socket of Deribit. A topic is a channel without its interval: `book.BTC-PERPETUAL`, `platform_state`."""

    venue_id = "deribit"
    # Subscriptions have their own, lower limit: 3.3 a second.
    rules = Rules(messages_per_s=3.3, connections=32)
    paths = ("ws/api/v2",)

    def __init__(self) -> None:
        super().__init__()
        self._change_ids: defaultdict[str, int] = defaultdict(int)

    def rest(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer | None:
        """The list of markets."""
        if path.strip("/") != "api/v2/public/get_instruments":
            return None
        kind = query.get("kind")
        rows = [row for row in map(listed, self.markets.values()) if kind in (None, row["kind"])]
        return Answer(_answer(None, result=rows))

    def hear(self, listener: Listener, text: str, faults: Faults) -> list[bytes]:
        """Answer calls."""
        call = loads(text)
        if not isinstance(call, dict):
            return [_error(None, -32700)]
        number, params = call.get("id"), call.get("params")
        channels = params.get("channels") if isinstance(params, dict) else None
        match call.get("method"):
            case "public/test":
                return [_answer(number, result={"version": "1.2.26"})]
            case "public/set_heartbeat":
                return [_answer(number, result="ok")]
            case "public/subscribe" | "public/unsubscribe" as how:
                if not isinstance(channels, list) or not 0 < len(channels) <= MOST_CHANNELS:
                    return [_error(number, -32602)]
                if any(str(channel).endswith(".raw") for channel in channels):
                    return [_error(number, 13778)]
                done = [name for name in channels if self._heed(listener, how, str(name), faults)]
                return [_answer(number, result=done)] if faults.acks else []
            case _:
                return [_error(number, -32601)]

    def topics(self, raw: bytes) -> tuple[str, ...]:
        """The channel of a notification, without its interval."""
        found = _CHANNEL.search(raw)
        return () if found is None or b'"jsonrpc"' not in raw else (_topic(found[1].decode()),)

    def payload(self, raw: bytes, topics: tuple[str, ...], listener: Listener) -> bytes:
        """Under the name by which the channel was asked for: what was recorded `raw` is heard every 100 ms."""
        name = listener.topics.get(topics[0], "").encode()
        found = _CHANNEL.search(raw)
        return raw if not name or found is None or found[1] == name else raw.replace(found[1], name, 1)

    def follow(self, raw: bytes, topics: tuple[str, ...]) -> None:
        """Keep the books."""
        kind, _, symbol = topics[0].partition(".")
        if kind != "book" or "." in symbol:
            return
        data = loads(raw)["params"]["data"]
        book = self.books[symbol]
        sides = [[(str(price), "0" if how == "delete" else str(size)) for how, price, size in data[side]]
                 for side in ("bids", "asks")]  # fmt: skip
        note = book.replace if data["type"] == "snapshot" else book.change
        note(sides[0], sides[1], last_id=data["change_id"], at_ms=data["timestamp"])
        self._change_ids[symbol] = data["change_id"]

    def opening(self, topic: str, listener: Listener) -> list[bytes]:
        """The whole book first."""
        kind, _, symbol = topic.partition(".")
        if kind != "book" or not self.books[symbol].seeded:
            return []
        book = self.books[symbol]
        bids, asks = ([["new", float(price), float(size)] for price, size in side] for side in book.best(10_000))
        data = {
            "type": "snapshot",
            "timestamp": book.at_ms,
            "instrument_name": symbol,
            "change_id": book.last_id,
            "bids": bids,
            "asks": asks,
        }
        return [_notification(listener.topics.get(topic, f"{topic}.100ms"), data)]

    def recognise(self, raw: bytes) -> str | None:
        """The market of a notification."""
        topics = self.topics(raw)
        kind, _, symbol = topics[0].partition(".") if topics else ("", "", "")
        return symbol if kind in _OF_A_MARKET and "." not in symbol else None

    def made_up(self, coins: Sequence[str]) -> list[Market]:
        """An inverse and a linear perpetual contract of each coin, and its spot pair."""
        return [market for coin in coins for market in made_up(coin)]

    def write_trade(
        self, market: Market, at_ns: int, *, price: float, qty: float, taker: Literal["buy", "sell"]
    ) -> list[bytes]:
        """One execution."""
        return [self._trade(market, at_ns, price=price, qty=qty, taker=taker)]

    def write_book(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """The whole book."""
        levels = {side: [["new", price, _amount(market, price, qty)] for price, qty in of]
                  for side, of in (("bids", bids), ("asks", asks))}  # fmt: skip
        return [self._book(market, at_ns, {"type": "snapshot", **levels})]

    def write_delta(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """Changed levels, chained to the message before."""
        levels = {side: [["change" if qty else "delete", price, _amount(market, price, qty)] for price, qty in of]
                  for side, of in (("bids", bids), ("asks", asks))}  # fmt: skip
        before = self._change_ids[market.symbol]
        return [self._book(market, at_ns, {"type": "change", "prev_change_id": before, **levels})]

    def write_liquidation(
        self, market: Market, at_ns: int, *, price: float, qty: float, liquidated: Literal["long", "short"]
    ) -> list[bytes]:
        """A trade whose taker was liquidated."""
        if market.kind == "spot":
            return []
        taker: Literal["buy", "sell"] = "sell" if liquidated == "long" else "buy"
        return [self._trade(market, at_ns, price=price, qty=qty, taker=taker, liquidation="T")]

    def write_state(
        self, market: Market, at_ns: int, *, mark: float, index: float, funding_rate: float, open_interest: float
    ) -> list[bytes]:
        """A ticker."""
        data = {
            "timestamp": at_ns // 10**6,
            "state": "open",
            "index_price": index,
            "instrument_name": market.symbol,
            "min_price": round(mark * 0.985, 8),
            "max_price": round(mark * 1.015, 8),
            "open_interest": _amount(market, mark, open_interest),
            "mark_price": mark,
            "current_funding": funding_rate,
            "funding_8h": funding_rate,
        }
        return [_notification(f"ticker.{market.symbol}.100ms", data)]

    def _heed(self, listener: Listener, how: str, channel: str, faults: Faults) -> bool:
        """Whether a channel is subscribed, or unsubscribed, as asked for."""
        topic = _topic(channel)
        kind, _, symbol = topic.partition(".")
        known = channel == "platform_state" or (kind in _OF_A_MARKET and topic != channel and "." not in symbol)
        listed = not symbol or not self.markets or symbol in self.markets
        if not known or not listed or topic in faults.rejected:
            return False
        if how == "public/subscribe":
            self.subscribe(listener, topic, channel)
        else:
            self.unsubscribe(listener, topic, channel)
        return True

    def _book(self, market: Market, at_ns: int, data: dict[str, Any]) -> bytes:
        change_id = self._change_ids[market.symbol] = self._change_ids[market.symbol] + 7
        about = {"timestamp": at_ns // 10**6, "instrument_name": market.symbol, "change_id": change_id}
        return _notification(f"book.{market.symbol}.100ms", data | about)

    def _trade(
        self, market: Market, at_ns: int, *, price: float, qty: float, taker: Literal["buy", "sell"], **flag: str
    ) -> bytes:
        row = {
            "trade_seq": self.next_number(f"trade_seq:{market.symbol}"),
            "trade_id": str(self.next_number("trade_id")),
            "timestamp": at_ns // 10**6,
            "tick_direction": 0,
            "price": price,
            "mark_price": price,
            "index_price": price,
            "instrument_name": market.symbol,
            "direction": taker,
            "amount": _amount(market, price, qty),
            **flag,
        }
        return _notification(f"trades.{market.symbol}.100ms", [row])


def _amount(market: Market, price: float, qty: float) -> float:
    """Dollars of an inverse contract, base coin of all others."""
    return qty * price if market.contract == "inverse" else qty


def _topic(channel: str) -> str:
    return re.sub(r"\.(raw|100ms|agg2)$", "", channel)


def _answer(number: object, **what: object) -> bytes:
    return orjson.dumps({"jsonrpc": "2.0", "id": number, **what, "usDiff": 100, "testnet": False})


def _error(number: object, code: int) -> bytes:
    return _answer(number, error={"code": code, "message": _ERRORS[code], "data": None})


def _notification(channel: str, data: object) -> bytes:
    return orjson.dumps({"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}})
