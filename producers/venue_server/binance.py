"""Binance as it speaks in 2026: the routed USD-M sockets, COIN-M and spot; the wrong route is silent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener, ViolationError, loads

_STREAM = b'{"stream":"'
_DATA = b'"data":'
_EVENT_CHANNELS = {"depthUpdate": "depth", "markPriceUpdate": "markPrice"}
_PUBLIC = ("depth", "bookTicker", "trade", "rpiDepth")
MAX_STREAMS = 1024
"""The 1025th stream of a connection closes it."""


class Binance:
    """One of the three Binance markets.

    `routed` is USD-M since 2026-04-23: `/public` and `/market` deliver their own streams, no route those of `/public`.
    """

    def __init__(self, venue_id: str, *, routed: bool, messages_per_s: float, ping_every_s: float) -> None:
        self.venue_id = venue_id
        self.ping_every_s: float | None = ping_every_s
        self.messages_per_s = messages_per_s
        self._routed = routed
        self._topics: dict[bytes, tuple[str, ...]] = {}

    def listener(self, path: str, streams: str) -> Listener | None:
        """The state for a connection; streams may be named in the URL."""
        route, slash, rest = path.strip("/").partition("/")
        if not (self._routed and route in ("public", "market")):
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

    def book_symbol(self, topic: str) -> str | None:
        """Diff streams need a snapshot; partial books do not."""
        symbol, _, channel = topic.partition("@")
        return symbol.upper() if channel == "depth" else None

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
        if len(listener.names) > MAX_STREAMS:
            raise ViolationError("Too many subscriptions", self._error(4, "Too many subscriptions"))

    def _serves(self, route: str, topic: str) -> bool:
        if not self._routed:
            return True
        channel = topic.lstrip("!").partition("@")[0] if topic.startswith("!") else topic.partition("@")[2]
        return channel.startswith(_PUBLIC) == (route != "market")

    def _error(self, code: int, message: str, request_id: Any = None) -> bytes:
        error: dict[str, Any] = {"code": code, "msg": message}
        if self.venue_id != "binance-spot":
            error = {"error": error}
        return orjson.dumps(error if request_id is None else {**error, "id": request_id})


def _topic(stream: str) -> str:
    symbol, _, channel = stream.partition("@")
    return f"{symbol}@{channel.partition('@')[0]}"


def _of_symbol(symbol: str, channel: str) -> tuple[str, ...]:
    one = f"{symbol}@{channel}"
    # These two have a stream of every market beside those of one, and a frame of one market looks the same in both.
    return {"forceOrder": (one, "!forceOrder@arr"), "bookTicker": (one, "!bookTicker@")}.get(channel, (one,))
