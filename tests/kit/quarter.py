"""Readings of a made-up quarter of an hour, by seconds after `tests.kit.told.T0`, which is a whole minute."""

from __future__ import annotations

from typing import Any

from schemas.reading import AssetReading, MarketReading, Reading
from tests.kit.told import at


def market(second: float, venue: str = "north", asset: str = "BTC", **changes: Any) -> MarketReading:
    """One market that is seen, at a price of 100 and with a depth of two million."""
    usual: dict[str, Any] = {
        "price": 100.0,
        "last_event_ns": at(second),
        "traded_usd_60s": 1_000.0,
        "bid_depth_2pct_usd": 1e6,
        "ask_depth_2pct_usd": 1e6,
    }
    return MarketReading(venue=venue, instrument=f"{asset}-USDT-PERP", market="perp", **(usual | changes))


def second_of(second: float, *markets: MarketReading, partition: int = 0) -> Reading:
    """The reading of the second that ends so many seconds after the start."""
    found: dict[str, list[MarketReading]] = {}
    for one in markets:
        found.setdefault(one.instrument.partition("-")[0], []).append(one)
    assets = tuple(AssetReading(asset=name, markets=tuple(found[name])) for name in sorted(found))
    return Reading(ts_ns=at(second), partition=partition, assets=assets)
