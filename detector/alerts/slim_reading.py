"""The part of a reading that pictures are made of: the rest is not even decoded."""

from __future__ import annotations

import msgspec


class SlimMarket(msgspec.Struct, frozen=True, kw_only=True):
    """What is used of `schemas.reading.MarketReading`."""

    venue: str
    instrument: str
    price: float | None = None
    last_event_ns: int = 0
    traded_usd_60s: float | None = None
    bid_depth_2pct_usd: float | None = None
    ask_depth_2pct_usd: float | None = None
    liquidations_seen: bool = False
    liquidated_longs_usd: float = 0.0
    liquidated_shorts_usd: float = 0.0


class SlimAsset(msgspec.Struct, frozen=True, kw_only=True):
    """What is used of `schemas.reading.AssetReading`."""

    asset: str
    markets: tuple[SlimMarket, ...]


class SlimReading(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="reading"):
    """What is used of `schemas.reading.Reading`."""

    ts_ns: int
    partition: int
    assets: tuple[SlimAsset, ...]
