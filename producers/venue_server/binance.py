"""Binance as it speaks in 2026: the routed USD-M sockets, COIN-M and spot; the wrong route is silent.

Facts: Binance documentation of USD-M, COIN-M and spot, 2026.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import orjson

from producers.venue_server.binance_markets import coinm_row, sighted, spot_row, usdm_row
from producers.venue_server.binance_rest import BinanceRest
from producers.venue_server.dialect import Rules
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener, ViolationError, loads

_STREAM = b'{"stream":"'
_DATA = b'"data":'
_EVENT_CHANNELS = {"depthUpdate": "depth", "markPriceUpdate": "markPrice"}
_PUBLIC = ("depth", "bookTicker", "trade", "rpiDepth")
MAX_STREAMS = 1024
"""The 1025th stream of a connection closes it."""


class Binance(BinanceRest):
    """Base of the Binance markets."""

    paths = ()

    routed: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self._topics: dict[bytes, tuple[str, ...]] = {}

    def listener(self, path: str, streams: str) -> Listener | None:
        """The state for a connection; streams may be named in the URL."""
        route, slash, rest = path.strip("/").partition("/")
        if not (self.routed and route in ("public", "market")):
            route, slash, rest = "", "/", path.strip("/")
        kind, _, names = rest.partition("/")
        if kind not in ("ws", "stream") or not slash:
            return None
        listener = Listener(route, combined=kind == "stream")
        self._subscribe(listener, filter(None, (streams if kind == "stream" else names).split("/")))
        return listener

    def hear(self, listener: Listener, text: str, faults: Faults) -> list[bytes]:
        """Answer SUBSCRIBE and its siblings; unknown and misrouted streams are acknowledged and stay silent."""
        try:
            message: Any = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            return [self._error(3, f"Invalid JSON: {error}")]
        if not isinstance(message, dict) or not isinstance(message.get("method"), str):
            return [self._error(2, "Invalid request: missing field `method`")]
        request_id, params = message.get("id"), message.get("params", [])
        match message["method"]:
            case "SUBSCRIBE" | "UNSUBSCRIBE" as method:
                if not isinstance(params, list) or not all(isinstance(name, str) for name in params):
                    return [self._error(2, "Invalid request: params must be an array of strings", request_id)]
                if faults.rejected.intersection(params):
                    return [self._error(2, "Invalid request: invalid stream", request_id)]
                if method == "SUBSCRIBE":
                    self._subscribe(listener, params)
                else:
                    for name in params:
                        listener.names.pop(name, None)
                        listener.topics.pop(_topic(name), None)
                return [orjson.dumps({"result": None, "id": request_id})] if faults.acks else []
            case "LIST_SUBSCRIPTIONS":
                return [orjson.dumps({"result": list(listener.names), "id": request_id})]
            case "SET_PROPERTY" if isinstance(params, list) and len(params) == 2 and params[0] == "combined":
                listener.combined = bool(params[1])
                return [orjson.dumps({"result": None, "id": request_id})]
            case _:
                return [self._error(2, f"Invalid request: unknown variant `{message['method']}`", request_id)]

    def topics(self, raw: bytes) -> tuple[str, ...]:
        """Topics by the stream name in the envelope, or by the event where there is none."""
        if not raw.startswith(_STREAM):
            return self._topics_of_event(loads(raw))
        stream = raw[len(_STREAM) : raw.find(b'"', len(_STREAM))]
        if stream.startswith(b"!"):
            message = loads(raw)
            one = self._topics_of_event(message.get("data")) if isinstance(message, dict) else ()
            return (_topic(stream.decode()), *one)
        topics = self._topics.get(stream)
        if topics is None:
            symbol, _, channel = _topic(stream.decode()).partition("@")
            topics = self._topics[stream] = _of_symbol(symbol, channel)
        return topics

    def payload(self, raw: bytes, topics: tuple[str, ...], listener: Listener) -> bytes:
        """Verbatim; the envelope is cut off, or put on, where recording and connection differ in it."""
        enveloped = raw.startswith(_STREAM)
        if enveloped == listener.combined:
            return raw
        if enveloped:
            return raw[raw.index(_DATA) + len(_DATA) : raw.rindex(b"}")]
        name = next(listener.topics[topic] for topic in topics if topic in listener.topics)
        return b"".join((_STREAM, name.encode(), b'","data":', raw, b"}"))

    def sighted(self, raw: bytes) -> Iterable[tuple[str, list[str], list[str]]]:
        """Recordings of Binance without header exist."""
        return sighted(raw)

    def recognise(self, raw: bytes) -> str | None:
        """The symbol of an event of this market, told from its siblings' by what only it writes."""
        message = loads(raw)
        event = message.get("data", message) if isinstance(message, dict) and "channel" not in message else None
        if not isinstance(event, dict):
            return None
        order = event.get("o")
        symbol = order.get("s") if isinstance(order, dict) else event.get("s")
        return symbol if isinstance(symbol, str) and self.wrote(event, symbol) else None

    def wrote(self, event: dict[str, Any], symbol: str) -> bool:
        """Whether this market, and none of its siblings, can have sent the event."""
        raise NotImplementedError

    def _topics_of_event(self, event: Any) -> tuple[str, ...]:
        if not isinstance(event, dict):
            return ()
        kind = event.get("e", "bookTicker" if "B" in event and "A" in event else None)
        order = event.get("o")
        symbol = order.get("s") if isinstance(order, dict) else event.get("s")
        if not isinstance(kind, str) or not isinstance(symbol, str):
            return ()
        return _of_symbol(symbol.lower(), _EVENT_CHANNELS.get(kind, kind))

    def _subscribe(self, listener: Listener, names: Iterable[str]) -> None:
        for name in names:
            listener.names[name] = None
            topic = _topic(name)
            # The 250 ms speed is the bare name: asked for by its number it is acknowledged and silent.
            if self._serves(listener.path, topic) and not name.endswith("@250ms"):
                listener.topics[topic] = name
        if len(listener.names) > (self.rules.topics or MAX_STREAMS):
            raise ViolationError("Too many subscriptions", self._error(4, "Too many subscriptions"))

    def _serves(self, route: str, topic: str) -> bool:
        if not self.routed:
            return True
        channel = topic.lstrip("!").partition("@")[0] if topic.startswith("!") else topic.partition("@")[2]
        return channel.startswith(_PUBLIC) == (route != "market")

    def _error(self, code: int, message: str, request_id: Any = None) -> bytes:
        error: dict[str, Any] = {"code": code, "msg": message}
        if self.timed_books:
            error = {"error": error}
        return orjson.dumps(error if request_id is None else {**error, "id": request_id})


class Usdm(Binance):
    """USD-M, routed since 2026-04-23: `/public` and `/market` deliver their own streams, no route is `/public`."""

    venue_id = "binance-usdm"
    rules = Rules(messages_per_s=10, topics=MAX_STREAMS, server_ping_s=180, lifetime_s=86_400)
    api = "fapi/v1/"
    row = usdm_row
    routed = True
    calls = BinanceRest.calls | {"insuranceBalance", "symbolAdlRisk"}

    def wrote(self, event: dict[str, Any], symbol: str) -> bool:
        """No coin-margined symbol, and no `M` in trades."""
        if is_coin_margined(symbol):
            return False
        match event.get("e"):
            case "depthUpdate":
                return "pu" in event
            case "trade":
                return "M" not in event
            case kind:
                return kind in ("bookTicker", "markPriceUpdate", "forceOrder", "contractInfo")


class Coinm(Binance):
    """COIN-M."""

    venue_id = "binance-coinm"
    rules = Rules(messages_per_s=10, topics=MAX_STREAMS, server_ping_s=180, lifetime_s=86_400)
    api = "dapi/v1/"
    row = coinm_row
    inverse = True

    def wrote(self, event: dict[str, Any], symbol: str) -> bool:
        """A coin-margined symbol."""
        return is_coin_margined(symbol)


class Spot(Binance):
    """Spot."""

    venue_id = "binance-spot"
    rules = Rules(messages_per_s=5, topics=MAX_STREAMS, server_ping_s=20, lifetime_s=86_400)
    api = "api/v3/"
    row = spot_row
    calls = BinanceRest.calls - {"openInterest"}
    spot = True
    timed_books = False

    def wrote(self, event: dict[str, Any], symbol: str) -> bool:
        """No `pu` in books, `M` in trades, no event type in tickers."""
        if is_coin_margined(symbol):
            return False
        match event.get("e"):
            case "depthUpdate":
                return "pu" not in event
            case "trade":
                return "M" in event
            case kind:
                return kind is None


def is_coin_margined(symbol: str) -> bool:
    """`BTCUSD_PERP`, `BTCUSD_260925`."""
    return "_" in symbol and symbol.partition("_")[0].endswith("USD")


def _topic(stream: str) -> str:
    symbol, _, channel = stream.partition("@")
    return f"{symbol}@{channel.partition('@')[0]}"


def _of_symbol(symbol: str, channel: str) -> tuple[str, ...]:
    one = f"{symbol}@{channel}"
    # Two have a stream of every market beside those of one, and a frame of one market looks the same in both; the
    # states of contracts have no other.
    of_all = {
        "forceOrder": (one, "!forceOrder@arr"),
        "bookTicker": (one, "!bookTicker@"),
        "contractInfo": ("!contractInfo@",),
    }
    return of_all.get(channel, (one,))
