"""Deribit's row of a market in `public/get_instruments`, and its names for markets that are made up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from producers.venue_server.markets import Market

NEVER_MS = 32_503_708_800_000
"""The year 3000: when perpetual contracts expire."""


def listed(market: Market) -> dict[str, Any]:
    """A market's row. Its `contract_size` is the step of an amount: on inverse contracts ten dollars, not one."""
    is_inverse = market.contract == "inverse"
    least = 10.0 if is_inverse else float(market.step)
    row: dict[str, Any] = {
        "kind": "spot" if market.kind == "spot" else "future",
        "instrument_name": market.symbol,
        "instrument_type": "reversed" if is_inverse else "linear",
        "base_currency": market.base,
        "quote_currency": market.quote,
        "settlement_currency": market.base if is_inverse else market.quote,
        "contract_size": least,
        "min_trade_amount": least,
        "tick_size": float(market.tick),
        "is_active": True,
        "expiration_timestamp": NEVER_MS,
    }
    if market.expiry:
        day = datetime.strptime(market.expiry, "%Y%m%d").replace(hour=8, tzinfo=UTC)
        row["expiration_timestamp"] = int(day.timestamp()) * 1000
    if market.kind != "spot":
        row["future_type"] = row["instrument_type"]
        row["settlement_period"] = "month" if market.expiry else "perpetual"
    return row


def made_up(coin: str) -> list[Market]:
    """An inverse and a linear perpetual contract, and the spot pair."""
    return [
        Market(symbol=f"{coin}-PERPETUAL", base=coin, quote="USD", contract="inverse", step="10"),
        Market(symbol=f"{coin}_USDC-PERPETUAL", base=coin, quote="USDC"),
        Market(symbol=f"{coin}_USDC", base=coin, quote="USDC", kind="spot", contract="spot"),
    ]
