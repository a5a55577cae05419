"""Hyperliquid as it speaks in 2026: one subscription a message, application pings, no sequence numbers."""

from __future__ import annotations

from typing import Any

import orjson

from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener, loads

MAX_USERS = 10
"""Addresses that one IP may follow."""


class Hyperliquid:
    """The one socket of Hyperliquid."""

    venue_id = "hyperliquid"
    ping_every_s: float | None = None
    messages_per_s = 33.0
    """2000 messages a minute."""

    _BY_COIN = ("l2Book", "trades", "bbo", "activeAssetCtx", "candle")
    _BY_USER = ("userFills", "userEvents", "userFundings", "userNonFundingLedgerUpdates")

    def listener(self, path: str, streams: str) -> Listener | None:
        """One path."""
        return Listener("") if path.strip("/") == "ws" and not streams else None

    def hear(self, listener: Listener, text: str, faults: Faults) -> list[bytes]:
        """Answer subscribe, unsubscribe and ping."""
        message = loads(text)
        method = message.get("method") if isinstance(message, dict) else None
        if method == "ping":
            return [b'{"channel":"pong"}']
        subscription = message.get("subscription") if isinstance(message, dict) else None
        if method not in ("subscribe", "unsubscribe") or not isinstance(subscription, dict):
            return [self._error(f"Error parsing JSON into valid websocket request: {text}")]
        topic = self._topic(subscription)
        shown = orjson.dumps(subscription).decode()
        if topic is None or topic in faults.rejected:
            return [self._error(f"Invalid subscription {shown}")]
        if (method == "subscribe") == (topic in listener.topics):
            return [self._error(f"Already {method}d: {shown}")]
        if method == "unsubscribe":
            del listener.topics[topic], listener.names[topic]
        else:
            users = {name.partition(":")[2] for name in (*listener.topics, topic) if name.startswith("user")}
            if len(users) > MAX_USERS:
                return [self._error(f"Cannot track more than {MAX_USERS} total users.")]
            listener.names[topic] = None
            listener.topics[topic] = topic
        ack = {"channel": "subscriptionResponse", "data": {"method": method, "subscription": subscription}}
        return [orjson.dumps(ack)] if faults.acks else []

    def topics(self, raw: bytes) -> tuple[str, ...]:
        """Channel with coin or user, read where the venue writes them and decoded where it is written otherwise."""
        channel, coin = _after(raw, b'"channel":"'), _after(raw, b'"coin":"')
        if channel in ("trades", "bbo", "activeAssetCtx") and coin is not None:
            return (f"{channel}:{coin}",)
        message = loads(raw)
        data = message.get("data") if isinstance(message, dict) else None
        first = data[0] if isinstance(data, list) and data else data
        if not isinstance(first, dict) or not isinstance(channel := message["channel"], str):
            return ()
        subscription = {**first, "type": "userEvents" if channel == "user" else channel}
        topic = self._topic(subscription)
        return () if topic is None else (topic,)

    def payload(self, raw: bytes, _topics: tuple[str, ...], _listener: Listener) -> bytes:
        """Verbatim."""
        return raw

    def book_symbol(self, _topic: str) -> str | None:
        """Every book message is a whole book."""
        return None

    def _topic(self, subscription: dict[str, Any]) -> str | None:
        kind = subscription.get("type")
        of = subscription.get("coin" if kind in self._BY_COIN else "user")
        if kind not in (*self._BY_COIN, *self._BY_USER) or not isinstance(of, str):
            return None
        if kind in self._BY_USER:
            return f"{kind}:{of.lower()}"
        return f"{kind}:{of}:fast" if kind == "l2Book" and subscription.get("fast") else f"{kind}:{of}"

    @staticmethod
    def _error(text: str) -> bytes:
        return orjson.dumps({"channel": "error", "data": text})


def _after(raw: bytes, key: bytes) -> str | None:
    start = raw.find(key)
    if start < 0:
        return None
    start += len(key)
    return raw[start : raw.find(b'"', start)].decode()
