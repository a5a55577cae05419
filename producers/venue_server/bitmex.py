"""BitMEX as it speaks in 2026: tables that begin with a `partial`, one answer for each topic, a text ping.

Facts: BitMEX API documentation, 2026. What a client may say in a second is not documented; the welcome counts 40
connections down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from producers.venue_server.bitmex_markets import INDEX, listed, made_up
from producers.venue_server.dialect import Answer, Level, Rules
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener, loads
from producers.venue_server.markets import Market
from producers.venue_server.talker import Talker

MOST_ARGS = 20
"""Of one message."""
BOOK = "orderBookL2"
KEYS: Mapping[str, str] = {BOOK: "id", "trade": "symbol", "instrument": "symbol", "liquidation": "orderID"}
"""What tells a table's rows apart. Of trades only the last one of a market is kept."""
FUNDS = (
    {"currency": "XBt", "walletBalance": 3_500_000_000_000},
    {"currency": "USDt", "walletBalance": 9_000_000_000_000},
)
ALWAYS_LISTED = "XBTUSD"
EIGHT_HOURS_NS = 8 * 3600 * 10**9

Row = dict[str, Any]


class Bitmex(Talker):
    """The socket `realtime`. A topic is a table, with a symbol where one was asked for: `trade:XBTUSD`, `insurance`."""

    venue_id = "bitmex"
    rules = Rules(messages_per_s=10, connections=40, connects_per_min=40)
    paths = ("realtime",)

    def __init__(self) -> None:
        super().__init__()
        self._tables: dict[str, dict[Any, Row]] = {}
        self._written: dict[str, dict[int, str]] = {}
        self._numbered: dict[str, int] = {}

    def rest(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer | None:
        """The list of markets, in which indices stand too."""
        if path.strip("/") != "api/v1/instrument/active":
            return None
        return Answer(orjson.dumps([*map(listed, self.markets.values()), INDEX]))

    def greeting(self, listener: Listener) -> list[bytes]:
        """The welcome."""
        welcome = {"info": "Welcome to the BitMEX Realtime API.", "heartbeatEnabled": False, "limit": {"remaining": 39}}
        return [orjson.dumps(welcome | {"docs": "https://www.bitmex.com/app/wsAPI"})]

    def hear(self, listener: Listener, text: str, faults: Faults) -> list[bytes]:
        """One answer for each topic."""
        if text == "ping":
            return [b"pong"]
        request = loads(text)
        op, args = (request.get("op"), request.get("args")) if isinstance(request, dict) else (None, None)
        names = [args] if isinstance(args, str) else args
        if op not in ("subscribe", "unsubscribe") or not isinstance(names, list):
            return [_error("Unrecognized request.", request)]
        if len(names) > MOST_ARGS:
            return [_error(f"Too many args sent. Max length is {MOST_ARGS}.", request)]
        answers = [self._heed(listener, op, str(name), request, faults) for name in names]
        return [answer for answer in answers if answer]

    def topics(self, raw: bytes) -> tuple[str, ...]:
        """The table, alone and with each symbol of the rows (or of an empty table's filter)."""
        message = loads(raw) if b'"table"' in raw else None
        if not isinstance(message, dict) or not isinstance(message.get("data"), list):
            return ()
        table = message["table"]
        rows = message["data"] or [message.get("filter") or {}]
        symbols = dict.fromkeys(row["symbol"] for row in rows if "symbol" in row)
        return (*(f"{table}:{symbol}" for symbol in symbols), table)

    def follow(self, raw: bytes, topics: tuple[str, ...]) -> None:
        """Keep the tables."""
        message = loads(raw)
        table, action = message["table"], message["action"]
        key = KEYS.get(table)
        if key is None:
            return
        if action == "partial":
            for topic in topics[:-1]:
                self._tables[topic] = {}
        for row in message["data"]:
            topic = f"{table}:{row['symbol']}"
            if topic not in self._tables and table == BOOK:
                continue  # of a book without its beginning nothing is known
            rows = self._tables.setdefault(topic, {})
            if action == "delete":
                rows.pop(row[key], None)
            else:
                rows[row[key]] = rows.get(row[key], {}) | row

    def opening(self, topic: str, listener: Listener) -> list[bytes]:
        """The table as it stands."""
        table, _, symbol = topic.partition(":")
        if table == "insurance":
            return [_frame(table, "partial", FUNDS)]
        if topic not in self._tables:
            return []
        return [_partial(table, symbol, [*self._tables[topic].values()])]

    def recognise(self, raw: bytes) -> str | None:
        """The market of a table's rows."""
        topics = self.topics(raw) if b'"action"' in raw else ()
        table, _, symbol = topics[0].partition(":") if topics else ("", "", "")
        return symbol if table in KEYS and symbol else None

    def made_up(self, coins: Sequence[str]) -> list[Market]:
        """A linear perpetual contract of each coin and its spot pair; of bitcoin an inverse one too."""
        return [market for coin in coins for market in made_up(coin)]

    def write_trade(
        self, market: Market, at_ns: int, *, price: float, qty: float, taker: Literal["buy", "sell"]
    ) -> list[bytes]:
        """One execution."""
        row = {
            "timestamp": _moment(at_ns),
            "symbol": market.symbol,
            "side": taker.capitalize(),
            "size": _lots(market, price, qty),
            "price": price,
            "tickDirection": "ZeroPlusTick",
            "trdMatchID": f"00000000-006d-1000-0000-{self.next_number('trade'):012x}",
            "homeNotional": qty,
            "foreignNotional": qty * price,
            "trdType": "Regular",
        }
        return [_frame("trade", "insert", [row])]

    def write_book(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """The whole table, highest price first."""
        rows = [
            self._level(market, at_ns, side, *level) for side, of in (("Buy", bids), ("Sell", asks)) for level in of
        ]
        self._written[market.symbol] = {row["id"]: row["side"] for row in rows}
        return [_partial(BOOK, market.symbol, sorted(rows, key=lambda row: -row["price"]))]

    def write_delta(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """Deleted, updated and inserted rows in messages of their own; an update does not repeat the price."""
        written = self._written.setdefault(market.symbol, {})
        changes: dict[str, list[Row]] = {"delete": [], "update": [], "insert": []}
        for side, levels in (("Buy", bids), ("Sell", asks)):
            for price, qty in levels:
                row = self._level(market, at_ns, side, price, qty)
                known = written.get(row["id"])
                if not qty and known != side:
                    continue
                action = "delete" if not qty else "insert" if known is None else "update"
                for field in {"delete": ("size", "price"), "update": ("price",), "insert": ()}[action]:
                    del row[field]
                changes[action].append(row)
                written[row["id"]] = side
                if not qty:
                    del written[row["id"]]
        return [_frame(BOOK, action, rows) for action, rows in changes.items() if rows]

    def write_liquidation(
        self, market: Market, at_ns: int, *, price: float, qty: float, liquidated: Literal["long", "short"]
    ) -> list[bytes]:
        """An order of the engine that is placed and, filled, goes away."""
        if market.kind == "spot":
            return []
        row = {"orderID": f"dd9cea25-207c-0dab-15b5-{self.next_number('order'):012x}", "symbol": market.symbol}
        side = "Sell" if liquidated == "long" else "Buy"
        placed = row | {"side": side, "price": price, "leavesQty": _lots(market, price, qty)}
        return [_frame("liquidation", "insert", [placed]), _frame("liquidation", "delete", [row])]

    def write_state(
        self, market: Market, at_ns: int, *, mark: float, index: float, funding_rate: float, open_interest: float
    ) -> list[bytes]:
        """What changed of a row of `instrument`."""
        row = {
            "symbol": market.symbol,
            "markPrice": mark,
            "indicativeSettlePrice": index,
            "fundingRate": funding_rate,
            "fundingTimestamp": _moment((at_ns // EIGHT_HOURS_NS + 1) * EIGHT_HOURS_NS),
            "openInterest": _lots(market, mark, open_interest),
            "timestamp": _moment(at_ns),
        }
        return [_frame("instrument", "update", [row])]

    def _heed(self, listener: Listener, op: str, name: str, request: Row, faults: Faults) -> bytes:
        table, _, symbol = name.partition(":")
        if table not in (*KEYS, "insurance"):
            return _error(f"Unknown table: {table}", request)
        exists = not symbol or not self.markets or symbol in self.markets or symbol == ALWAYS_LISTED
        if name in faults.rejected or not exists:
            return _error("Unknown or expired symbol.", request)
        if (op == "subscribe") == (name in listener.topics):
            return _error(
                f"You are {'already' if op == 'subscribe' else 'not'} subscribed to this topic: {name}", request
            )
        (self.subscribe if op == "subscribe" else self.unsubscribe)(listener, name)
        return orjson.dumps({"success": True, op: name, "request": request}) if faults.acks else b""

    def _level(self, market: Market, at_ns: int, side: str, price: float, qty: float) -> Row:
        """Ids count down from a number of the market's own, a step of the price each."""
        first = self._numbered.setdefault(market.symbol, 100_000_000 * (1 + len(self._numbered)))
        number, size = first - round(price / float(market.tick)), _lots(market, price, qty)
        row = {"symbol": market.symbol, "id": number, "side": side, "size": size, "price": price}
        return row | {"timestamp": _moment(at_ns)}


def _lots(market: Market, price: float, qty: float) -> float:
    """Contracts: dollars of an inverse one, a part of the coin of the others."""
    return round(qty * (price if market.contract == "inverse" else 1.0) / market.contract_value, 6)


def _moment(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns // 10**6 / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _frame(table: str, action: str, rows: Sequence[Row]) -> bytes:
    return orjson.dumps({"table": table, "action": action, "data": rows})


def _partial(table: str, symbol: str, rows: list[Row]) -> bytes:
    return orjson.dumps({"table": table, "action": "partial", "filter": {"symbol": symbol}, "data": rows})


def _error(text: str, request: object) -> bytes:
    return orjson.dumps({"status": 400, "error": text, "meta": {}, "request": request})
