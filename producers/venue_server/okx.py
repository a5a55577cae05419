"""OKX as it speaks in 2026: topics are JSON arguments, each with its own answer; books chain by ids, pings are text.

Facts: OKX v5 documentation, 2026-07. Books of a recording of 2022 have checksums in the place of ids, and go on so.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import orjson

from producers.venue_server.dialect import Answer, Level, Rules
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener, loads
from producers.venue_server.markets import Market
from producers.venue_server.talker import Talker, text

PUBLIC, BUSINESS = "ws/v5/public", "ws/v5/business"
BY_MARKET = (
    "books", "trades", "mark-price", "open-interest", "price-limit", "funding-rate", "index-tickers", "tickers",
)  # fmt: skip
BY_TYPE: Mapping[str, tuple[str, ...]] = {
    "instruments": ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION"),
    "liquidation-orders": ("MARGIN", "SWAP", "FUTURES", "OPTION"),
    "adl-warning": ("SWAP", "FUTURES", "OPTION"),
}
ELSEWHERE = ("trades-all", "candle1m")
"""What the business path has, and the public one refuses."""
DEPTH = 400
SUMMED = 25
"""Levels of a side in a checksum."""


class Okx(Talker):
    """The public socket, the business one beside it, and the REST calls that need no key."""

    venue_id = "okx"
    rules = Rules(messages_per_s=10, operations_per_h=480, frame_bytes=64 * 1024, connects_per_min=180, idle_s=30)
    paths: ClassVar[tuple[str, ...]] = (PUBLIC, BUSINESS)

    def rest(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer | None:
        """Market lists and insurance funds."""
        kind = query.get("instType", "")
        match path.strip("/").removeprefix("api/v5/public/"):
            case "instruments" if kind in BY_TYPE["instruments"]:
                return _answer(_listed(one) for one in self.markets.values() if _type(one.symbol) == kind)
            case "insurance-fund" if kind in BY_TYPE["liquidation-orders"] and query.get("instFamily"):
                family = query["instFamily"]
                row = {"adlType": "", "amt": "", "balance": "280784384.95", "ccy": family.split("-")[1], "maxBal": ""}
                row |= {"maxBalTs": "", "ts": "1704883083000", "type": "regular_update"}
                return _answer([{"details": [row], "instFamily": family, "instType": kind, "total": "1369179138.7489"}])
            case "instruments" | "insurance-fund":
                return Answer(b'{"code":"51000","data":[],"msg":"Parameter instType error"}', status=400)
            case _:
                return Answer(b'{"code":"404","data":{},"msg":"Not Found"}', status=404)

    def hear(self, listener: Listener, text: str, faults: Faults) -> list[bytes]:
        """A ping, or a request whose arguments are each answered."""
        if text == "ping":
            return [b"pong"]
        match loads(text):
            case {"op": "subscribe" | "unsubscribe" as operation, "args": [*args]} if args:
                answers = [self._operate(listener, operation, arg, faults) for arg in args]
                return [answer for answer in answers if answer is not None]
            case _:
                return [_say(event="error", code="60012", msg=f"Invalid request: {text}"[:500])]

    def _operate(self, listener: Listener, operation: str, arg: Any, faults: Faults) -> bytes | None:
        topic = _topic(arg)
        if topic is None or topic in faults.rejected or (arg["channel"] in ELSEWHERE) != (listener.path == BUSINESS):
            shown = ",".join(f"{key}:{value}" for key, value in arg.items()) if isinstance(arg, dict) else arg
            words = f"Wrong URL or {shown} doesn't exist. Please use the correct URL, channel and parameters."
            return _say(event="error", code="60018", msg=words)
        if operation == "subscribe":
            self.subscribe(listener, topic)
        else:
            self.unsubscribe(listener, topic)
        return _say(event=operation, arg=arg) if faults.acks else None

    def topics(self, raw: bytes) -> tuple[str, ...]:
        """The argument that every push repeats."""
        message = loads(raw)
        topic = _topic(message.get("arg")) if isinstance(message, dict) and "data" in message else None
        return () if topic is None else (topic,)

    def follow(self, raw: bytes, topics: tuple[str, ...]) -> None:
        """Keep the books."""
        channel, _, symbol = topics[0].partition(":")
        if channel != "books":
            return
        message = loads(raw)
        for row in message["data"]:
            bids, asks = ([(level[0], level[1]) for level in row[side]] for side in ("bids", "asks"))
            keep = self.books[symbol].replace if message["action"] == "snapshot" else self.books[symbol].change
            keep(bids, asks, last_id=row.get("seqId", 0), at_ms=int(row["ts"]))

    def opening(self, topic: str, listener: Listener) -> list[bytes]:
        """The book as it stands: 400 levels."""
        channel, _, symbol = topic.partition(":")
        if channel != "books" or not self.books[symbol].seeded:
            return []
        book = self.books[symbol]
        bids, asks = book.best(DEPTH)
        ids = (
            {"checksum": 0, "seqId": book.last_id, "prevSeqId": -1} if book.last_id else {"checksum": _sum(bids, asks)}
        )
        return [_book(symbol, "snapshot", bids, asks, book.at_ms, ids)]

    # Writing the wire

    def made_up(self, coins: Sequence[str]) -> list[Market]:
        """Linear swaps."""
        return [Market(symbol=f"{coin}-USDT-SWAP", base=coin, quote="USDT", contract_value=0.01) for coin in coins]

    def write_trade(
        self, market: Market, at_ns: int, *, price: float, qty: float, taker: Literal["buy", "sell"]
    ) -> list[bytes]:
        """The fills of one taker at one price."""
        number = str(self.next_number(f"trades:{market.symbol}"))
        row = {"instId": market.symbol, "tradeId": number, "px": text(price), "sz": _lots(market, qty, price)}
        row |= {"side": taker, "ts": str(at_ns // 1_000_000), "count": "1", "source": "0"}
        return [_push("trades", market.symbol, [row])]

    def write_book(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """A whole book begins a chain."""
        ids = {"checksum": 0, "seqId": self.next_number(f"books:{market.symbol}"), "prevSeqId": -1}
        return [_book(market.symbol, "snapshot", _levels(market, bids), _levels(market, asks), at_ns // 1_000_000, ids)]

    def write_delta(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """Changes name the id before."""
        seq_id = self.next_number(f"books:{market.symbol}")
        ids = {"checksum": 0, "seqId": seq_id, "prevSeqId": seq_id - 1}
        return [_book(market.symbol, "update", _levels(market, bids), _levels(market, asks), at_ns // 1_000_000, ids)]

    def write_liquidation(
        self, market: Market, at_ns: int, *, price: float, qty: float, liquidated: Literal["long", "short"]
    ) -> list[bytes]:
        """By the side of the closing order; spot pairs have none."""
        if market.kind == "spot":
            return []
        row = {"bkLoss": "0", "bkPx": text(price), "ccy": "", "posSide": liquidated, "sz": _lots(market, qty, price)}
        row |= {"side": "sell" if liquidated == "long" else "buy", "ts": str(at_ns // 1_000_000)}
        kind = _type(market.symbol)
        whole = {"details": [row], "instFamily": _family(market.symbol), "instId": market.symbol, "instType": kind}
        return [orjson.dumps({"arg": {"channel": "liquidation-orders", "instType": kind}, "data": [whole]})]

    def write_state(
        self, market: Market, at_ns: int, *, mark: float, index: float, funding_rate: float, open_interest: float
    ) -> list[bytes]:
        """A channel for each number; spot pairs have none."""
        if market.kind == "spot":
            return []
        symbol, pair = market.symbol, f"{market.base}-{market.quote}"
        at = {"ts": str(at_ns // 1_000_000)}
        own = {"instId": symbol, "instType": _type(symbol)} | at
        coins = {"oiCcy": text(open_interest), "oiUsd": text(open_interest * mark)}
        frames = [
            _push("mark-price", symbol, [own | {"markPx": text(mark)}]),
            _push("index-tickers", pair, [{"instId": pair, "idxPx": text(index)} | at]),
            _push("open-interest", symbol, [own | {"oi": _lots(market, open_interest, mark)} | coins]),
            _push("price-limit", symbol, [own | {"buyLmt": text(mark * 1.05), "sellLmt": text(mark * 0.95)}]),
        ]
        if market.kind == "perp":
            times = {"fundingTime": str(at_ns // 1_000_000 + 3_600_000), "nextFundingRate": "", "nextFundingTime": ""}
            frames.append(_push("funding-rate", symbol, [own | {"fundingRate": text(funding_rate)} | times]))
        return frames


def _topic(arg: Any) -> str | None:
    match arg:
        case {"channel": "status"}:
            return "status"
        case {"channel": str(channel), "instType": str(kind)} if (
            kind in BY_TYPE.get(channel, ()) and "instId" not in arg
        ):
            return f"{channel}:{kind}"
        case {"channel": str(channel), "instId": str(symbol)} if channel in (*BY_MARKET, *ELSEWHERE):
            return f"{channel}:{symbol}"
    return None


def _type(symbol: str) -> str:
    return "SPOT" if symbol.count("-") == 1 else "SWAP" if symbol.endswith("-SWAP") else "FUTURES"


def _family(symbol: str) -> str:
    return symbol.rpartition("-")[0] if symbol.count("-") > 1 else ""


def _lots(market: Market, qty: float, price: float) -> str:
    return text((qty * price if market.contract == "inverse" else qty) / market.contract_value)


def _levels(market: Market, side: Iterable[Level]) -> list[tuple[str, str]]:
    return [(text(price), _lots(market, qty, price)) for price, qty in side]


def _book(
    symbol: str, action: str, bids: list[tuple[str, str]], asks: list[tuple[str, str]], at_ms: int, ids: dict[str, int]
) -> bytes:
    sides = {"asks": [[*level, "0", "1"] for level in asks], "bids": [[*level, "0", "1"] for level in bids]}
    whole = {
        "arg": {"channel": "books", "instId": symbol},
        "action": action,
        "data": [sides | {"ts": str(at_ms)} | ids],
    }
    return orjson.dumps(whole)


def _sum(bids: list[tuple[str, str]], asks: list[tuple[str, str]]) -> int:
    """CRC-32 over the best levels, bid and ask in turn, as a signed number."""
    ranks = (part for rank in range(SUMMED) for side in (bids, asks) for part in side[rank : rank + 1])
    unsigned = zlib.crc32(":".join(f"{price}:{qty}" for price, qty in ranks).encode())
    return unsigned - (1 << 32) if unsigned >> 31 else unsigned


def _push(channel: str, symbol: str, rows: list[dict[str, str]]) -> bytes:
    return orjson.dumps({"arg": {"channel": channel, "instId": symbol}, "data": rows})


def _say(**words: object) -> bytes:
    return orjson.dumps(words | {"connId": "a4d3ae55"})


def _answer(rows: Iterable[object]) -> Answer:
    return Answer(orjson.dumps({"code": "0", "data": list(rows), "msg": ""}))


def _listed(market: Market) -> dict[str, str]:
    spot, inverse = market.kind == "spot", market.contract == "inverse"
    return {
        "instType": _type(market.symbol),
        "instId": market.symbol,
        "instFamily": _family(market.symbol),
        "uly": "" if spot else f"{market.base}-{market.quote}",
        "baseCcy": market.base if spot else "",
        "quoteCcy": market.quote if spot else "",
        "settleCcy": "" if spot else market.base if inverse else market.quote,
        "ctType": "" if spot else market.contract,
        "ctVal": "" if spot else text(market.contract_value),
        "ctMult": "" if spot else "1",
        "ctValCcy": "" if spot else "USD" if inverse else market.base,
        "tickSz": market.tick,
        "lotSz": market.step,
        "expTime": "",
        "state": "live",
    }
