"""Events told by their milliseconds after a fixed moment."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas.instrument import Instrument, canonical_id
from schemas.market import Trade

MS = 1_000_000
S = 1_000
"""Milliseconds in a second."""
T0 = 1_760_000_000_000 * MS
LEVELS = msgspec.Raw(b"[]")


def header(ms: int, *, venue: str = "north", instrument: str = "BTC-USDT-PERP", recv_ms: int = 50) -> dict[str, Any]:
    """Where and when; received 50 ms later unless told."""
    ts_ns = T0 + ms * MS
    return {"venue": venue, "instrument": instrument, "ts_event_ns": ts_ns, "ts_recv_ns": ts_ns + recv_ms * MS}


def trade(ms: int, trade_id: int | str | None = None, *, price: float = 1.0, **where: Any) -> Trade:
    """A trade at a millisecond."""
    return Trade(**header(ms, **where), price=price, qty=1.0, notional_usd=1.0, taker="buy", trade_id=trade_id)


def definition(base: str = "BTC", quote: str = "USDT", *, venue: str = "north") -> Instrument:
    """The definition of a spot market."""
    return Instrument(
        **header(0, venue=venue, instrument=canonical_id(base, quote, "spot")),
        symbol=base + quote,
        base=base,
        quote=quote,
        market="spot",
        contract="spot",
        contract_value=1.0,
    )
