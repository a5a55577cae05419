"""The contract of a venue's way of talking, the table of them, and which venue a recorded frame comes from.

A *topic* is what a frame and a subscription have in common: `btcusdt@depth` for every speed of that stream,
`l2Book:BTC`. Facts: documentation of Binance USD-M, COIN-M, spot and of Hyperliquid, 2026.
"""

from __future__ import annotations

from typing import Protocol

from producers.venue_server.binance import Binance
from producers.venue_server.faults import Faults
from producers.venue_server.hyperliquid import Hyperliquid
from producers.venue_server.listener import Listener, loads


class Dialect(Protocol):
    """One venue's way of talking."""

    venue_id: str
    ping_every_s: float | None
    messages_per_s: float

    def listener(self, path: str, streams: str) -> Listener | None:
        """The state for a connection on this path, or None where the venue has no such path."""

    def hear(self, listener: Listener, text: str, faults: Faults) -> list[bytes]:
        """Answers to what the client said."""

    def topics(self, raw: bytes) -> tuple[str, ...]:
        """The topics of a recorded frame; empty when it is none of this venue."""

    def payload(self, raw: bytes, topics: tuple[str, ...], listener: Listener, /) -> bytes:
        """The frame as this connection receives it: the recorded bytes."""

    def book_symbol(self, topic: str, /) -> str | None:
        """The venue symbol whose book is resynchronised by REST, where the topic is one of book deltas."""


def dialects() -> dict[str, Dialect]:
    """A fresh dialect per venue id."""
    return {
        "binance-usdm": Binance("binance-usdm", routed=True, messages_per_s=10, ping_every_s=180),
        "binance-coinm": Binance("binance-coinm", routed=False, messages_per_s=10, ping_every_s=180),
        "binance-spot": Binance("binance-spot", routed=False, messages_per_s=5, ping_every_s=20),
        "hyperliquid": Hyperliquid(),
    }


def recognise(raw: bytes) -> tuple[str, str] | None:
    """Venue id and symbol of a recorded frame, by what only that venue writes."""
    message = loads(raw)
    if not isinstance(message, dict):
        return None
    if "channel" in message:
        topics = Hyperliquid().topics(raw)
        return ("hyperliquid", topics[0].split(":")[1]) if topics and not topics[0].startswith("user") else None
    event = message.get("data", message)
    if not isinstance(event, dict):
        return None
    order = event.get("o")
    symbol = order.get("s") if isinstance(order, dict) else event.get("s")
    if not isinstance(symbol, str):
        return None
    if symbol.partition("_")[0].endswith("USD") and "_" in symbol:
        return "binance-coinm", symbol
    match event.get("e"):
        case "depthUpdate":
            return ("binance-usdm" if "pu" in event else "binance-spot"), symbol
        case "trade":
            return ("binance-spot" if "M" in event else "binance-usdm"), symbol
        case None:
            return "binance-spot", symbol
        case "bookTicker" | "markPriceUpdate" | "forceOrder":
            return "binance-usdm", symbol
        case _:
            return None
