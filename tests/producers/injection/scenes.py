"""A small sound stream of two venues to put faults into, and a reader of its books that knows nothing of the faults."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from producers.injection.option import parse_fault
from producers.injection.stream import Injection
from schemas.base import Event
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, BookTop, Trade

MS = 1_000_000
S = 1_000
"""Milliseconds in a second."""
T0 = 1_760_130_000_000 * MS
"""21:00:00 of 10 October 2025."""
NORTH, SOUTH = "north", "south"
BTC = "BTC-USDT-PERP"
MARKETS = ((NORTH, BTC, 100.0), (NORTH, "ETH-USDT-PERP", 200.0), (SOUTH, BTC, 100.2))
FAULTS = (
    "resync@21:00:05+3",
    "resync@21:00:05+3:north",
    "freeze@21:00:05+4",
    "freeze@21:00:05+4:north,withhold=1",
    "ghost@21:00:05+4:north",
    "ghost@21:00:05+4,side=ask",
    "cross@21:00:05+4,side=ask",
    "cross@21:00:05+4",
    "skew:north",
    "skew@21:00:05+4:south,by_s=-5",
    "silence@21:00:05+4:south",
    "silence@21:00:05+4,burst=1",
    "duplicate",
    "duplicate,share=0.3,apart_ms=700",
    "reorder",
    "reorder@21:00:05+4:north,window_ms=2000",
    "drop,share=0.2",
    "local-lag@21:00:04+6",
)
"""Each fault in more than one form."""


def where(ms: float, market: tuple[str, str] = (NORTH, BTC), *, recv_ms: float = 5) -> dict[str, Any]:
    """A place and a time, received 5 ms later."""
    ts_ns = T0 + round(ms * MS)
    venue, instrument = market
    return {
        "venue": venue,
        "instrument": instrument,
        "ts_event_ns": ts_ns,
        "ts_recv_ns": ts_ns + round(recv_ms * MS),
    }


def levels(*rows: tuple[float, float]) -> msgspec.Raw:
    """Levels as venues write them."""
    return msgspec.Raw(msgspec.json.encode([[f"{price:.2f}", f"{qty:g}"] for price, qty in rows]))


def definition(market: tuple[str, str] = (NORTH, BTC)) -> Instrument:
    """A linear perpetual whose prices are whole cents."""
    base = market[1].partition("-")[0]
    return Instrument(
        **where(0, market, recv_ms=0),
        symbol=f"{base}USDT",
        base=base,
        quote="USDT",
        market="perp",
        contract="linear",
        contract_value=1.0,
        tick_size=0.01,
    )


def snapshot(ms: float, market: tuple[str, str] = (NORTH, BTC), mid: float = 100.0, **fields: Any) -> BookSnapshot:
    """Forty levels a side, a basis point apart."""
    rungs = [(0.0001 * number, 5.0 + number) for number in range(1, 41)]
    sides: dict[str, Any] = {
        "bids": levels(*((mid * (1 - away), qty) for away, qty in rungs)),
        "asks": levels(*((mid * (1 + away), qty) for away, qty in rungs)),
    }
    return BookSnapshot(**where(ms, market), **(sides | {"last_id": 1, "keeps_far_levels": True} | fields))


def delta(ms: float, number: int, *rows: tuple[str, float, float], market: tuple[str, str] = (NORTH, BTC)) -> BookDelta:
    """Changes such as ("bid", 99.5, 3); the ids of a market's changes follow each other."""
    sides = {side: levels(*((price, qty) for which, price, qty in rows if which == side)) for side in ("bid", "ask")}
    return BookDelta(
        **where(ms, market),
        bids=sides["bid"],
        asks=sides["ask"],
        first_id=number,
        last_id=number,
        prev_id=number - 1,
    )


def top(ms: float, market: tuple[str, str] = (NORTH, BTC), mid: float = 100.0) -> BookTop:
    """Best prices."""
    return BookTop(**where(ms, market), bid=mid - 0.01, bid_qty=6.0, ask=mid + 0.01, ask_qty=6.0)


def trade(ms: float, number: int, market: tuple[str, str] = (NORTH, BTC), price: float = 100.0) -> Trade:
    """A trade of one coin."""
    return Trade(**where(ms, market), price=price, qty=1.0, notional_usd=price, taker="buy", trade_id=number)


def quiet(seconds: int = 12) -> list[Event]:
    """Three markets whose books change ten times a second and trade five times; nothing is wrong with them."""
    events: list[Event] = [definition((venue, name)) for venue, name, _ in MARKETS]
    for place, (venue, name, mid) in enumerate(MARKETS):
        market = (venue, name)
        events.append(snapshot(place, market, mid))
        for step in range(1, seconds * 10):
            ms = step * 100 + place
            away = 1 + step % 40
            # Every seventh removes its levels, which come back four seconds later.
            left = float(step % 7 > 0)
            changes = (
                ("bid", mid * (1 - away / 10_000), left * (5.0 + step)),
                ("ask", mid * (1 + away / 10_000), left * (6.0 + step)),
            )
            events.append(delta(ms, 1 + step, *changes, market=market))
            events.append(top(ms + 10, market, mid))
            if step % 2:
                events.append(trade(ms + 20, step // 2, market, round(mid, 2)))
    return sorted(events, key=lambda event: event.ts_recv_ns)


def struck(option: str | Sequence[str], events: Iterable[Event], size: int = 7) -> list[Event]:
    """The events with these faults in them, given in batches of such a size."""
    return injected(option, events, size)[0]


def injected(option: str | Sequence[str], events: Iterable[Event], size: int = 7) -> tuple[list[Event], list[str]]:
    """The same, and the report."""
    options = [option] if isinstance(option, str) else option
    injection = Injection(map(parse_fault, options))
    given = list(events)
    batches = [given[at : at + size] for at in range(0, len(given), size)]
    out = [event for batch in injection.apply(batches) for event in batch]
    return out, list(injection.report())


Read = tuple[dict[float, float], dict[float, float]] | None


def read_book(events: Iterable[Event], market: tuple[str, str] = (NORTH, BTC)) -> Read:
    """Bids and asks as a reader has them in the end; None where it knows that it does not."""
    sides: tuple[dict[float, float], dict[float, float]] = ({}, {})
    known = False
    for event in events:
        if (event.venue, event.instrument) != market:
            continue
        if isinstance(event, Gap) and event.channel in ("book", "all"):
            known = False
        elif isinstance(event, BookSnapshot | BookDelta):
            if isinstance(event, BookSnapshot):
                known = True
                sides[0].clear()
                sides[1].clear()
            for side, raw in zip(sides, (event.bids, event.asks), strict=True):
                side.update((float(price), float(qty)) for price, qty in msgspec.json.decode(raw))
    bids, asks = ({price: qty for price, qty in side.items() if qty} for side in sides)
    return (bids, asks) if known else None


def prices_of(events: Iterable[Event]) -> set[float]:
    """Every price that stands in a stream."""
    found: set[float] = set()
    for event in events:
        if isinstance(event, Trade):
            found.add(event.price)
        elif isinstance(event, BookSnapshot | BookDelta):
            for raw in (event.bids, event.asks):
                found |= {float(row[0]) for row in msgspec.json.decode(raw)}
        elif isinstance(event, BookTop):
            found |= {price for price in (event.bid, event.ask) if price is not None}
    return found


def between(events: Iterable[Event], first_ms: float, last_ms: float) -> list[Event]:
    """Those received in a part of the stream."""
    return [event for event in events if T0 + first_ms * MS <= event.ts_recv_ns < T0 + last_ms * MS]


def told(events: Iterable[Event]) -> list[bytes]:
    """Events that can be compared: levels are opaque to `==`."""
    return [msgspec.json.encode(event) for event in events]
