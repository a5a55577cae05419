"""The same market in other units, or upside down: what a detector says must follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import (
    Adl,
    BookDelta,
    BookSnapshot,
    BookTop,
    DerivativeState,
    Liquidation,
    OpenInterest,
    Position,
    Trade,
)

OTHER: Mapping[Position, Position] = {"long": "short", "short": "long"}

Move = Callable[[Decimal], Decimal]


def scaled(events: Iterable[Event], powers: Mapping[str, int]) -> list[Event]:
    """Prices times 2^power and quantities divided by it, for the assets that are named: the same dollars in other
    coins. Powers of two, so that not even the last digit of a float differs.
    """
    factors = {asset: Decimal(2) ** power for asset, power in powers.items()}
    out: list[Event] = []
    for event in events:
        factor = factors.get(event.instrument.partition("-")[0])
        out.append(event if factor is None else _scale(event, factor))
    return out


def mirrored(events: Iterable[Event], around: Mapping[str, float]) -> list[Event]:
    """Every price p of an asset becomes 2·p₀ - p: buyers become sellers, longs become shorts."""
    out: list[Event] = []
    for event in events:
        base = around.get(event.instrument.partition("-")[0])
        out.append(event if base is None else _mirror(event, base))
    return out


def _scale(event: Event, factor: Decimal) -> Event:
    by = float(factor)
    changes: dict[str, Any] = {}
    if isinstance(event, Instrument):
        changes = {"tick_size": None if event.tick_size is None else event.tick_size * by}
    elif isinstance(event, (BookDelta, BookSnapshot)):
        changes = {
            side: _levels(getattr(event, side), lambda price: price * factor, lambda qty: qty / factor)
            for side in ("bids", "asks")
        }
    elif isinstance(event, BookTop):
        changes = _each(event, ("bid", "ask"), by) | _each(event, ("bid_qty", "ask_qty"), 1 / by)
    elif isinstance(event, Trade):
        changes = {"price": event.price * by, "qty": event.qty / by}
    elif isinstance(event, (Liquidation, Adl)):
        changes = _each(event, ("price",), by) | _each(event, ("qty_base",), 1 / by)
    elif isinstance(event, OpenInterest):
        changes = {"open_interest": event.open_interest / by}
    elif isinstance(event, DerivativeState):
        changes = _each(event, ("mark", "index"), by)
    return msgspec.structs.replace(event, **changes) if changes else event


def _mirror(event: Event, base: float) -> Event:
    def over(price: float | None) -> float | None:
        return None if price is None else round(2 * base - price, 9)

    changes: dict[str, Any] = {}
    if isinstance(event, (BookDelta, BookSnapshot)):
        middle = Decimal(repr(base)) * 2
        changes = {
            side: _levels(getattr(event, other), lambda price: middle - price, lambda qty: qty)
            for side, other in (("bids", "asks"), ("asks", "bids"))
        }
    elif isinstance(event, BookTop):
        changes = {"bid": over(event.ask), "ask": over(event.bid), "bid_qty": event.ask_qty, "ask_qty": event.bid_qty}
    elif isinstance(event, Trade):
        changes = {"price": over(event.price), "taker": "sell" if event.taker == "buy" else "buy"}
    elif isinstance(event, Liquidation):
        changes = {"price": over(event.price), "liquidated": OTHER[event.liquidated]}
    elif isinstance(event, Adl):
        changes = {
            "price": over(event.price),
            "deleveraged": None if event.deleveraged is None else OTHER[event.deleveraged],
        }
    elif isinstance(event, DerivativeState):
        changes = {"mark": over(event.mark), "index": over(event.index)}
    return msgspec.structs.replace(event, **changes) if changes else event


def _each(event: Event, fields: Iterable[str], by: float) -> dict[str, Any]:
    return {field: None if (value := getattr(event, field)) is None else value * by for field in fields}


def _levels(raw: msgspec.Raw, price: Move, qty: Move) -> msgspec.Raw:
    rows = msgspec.json.decode(raw)
    moved = [[_text(price(Decimal(str(p)))), _text(qty(Decimal(str(q))))] for p, q, *_ in rows]
    return msgspec.Raw(msgspec.json.encode(moved))


def _text(value: Decimal) -> str:
    return f"{value.normalize():f}"
