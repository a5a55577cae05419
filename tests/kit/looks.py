"""Seconds of a market as the votes of its label see them: readings made by hand, one market an asset."""

from __future__ import annotations

from typing import Any

from detector.config import Config
from detector.overview import NS, Overview
from detector.pool import Pool
from detector.votes.move import Move
from schemas.reading import AssetReading, MarketReading

START_S = 1_760_000_400
FIELDS_OF_ASSETS = {"dislocation", "perp_discount"}


def asset(name: str, second: int = 0, *markets: MarketReading, **fields: Any) -> AssetReading:
    """An asset; without markets it has one that trades now, of which `fields` tell."""
    own = {field: fields.pop(field) for field in FIELDS_OF_ASSETS & fields.keys()}
    return AssetReading(asset=name, markets=markets or (market(name, second, **fields),), **own)


def market(name: str, second: int = 0, *, venue: str = "north", **fields: Any) -> MarketReading:
    """A market that trades now."""
    told = {"last_trade_ns": (START_S + second) * NS, "price": 100.0} | fields
    return MarketReading(venue=venue, instrument=f"{name}-USDT-PERP", market="perp", **told)


def view(second: int, *assets: AssetReading, rate: float | None = None, config: Config | None = None) -> Overview:
    """Everything at one second; `rate` is the pooled orders of the minute over their usual."""
    pool = Pool(rate_ratio_60s=rate)
    return Overview(config or Config(), (START_S + second) * NS, sorted(assets, key=lambda a: a.asset), pool, {})


def moved(extreme: float = -0.05, *, middle_60s: float = -0.01, **assets: float) -> Move:
    """A move that has gone so far, of these assets so far each."""
    return Move(
        began_s=START_S,
        assets=assets,
        at_extreme=assets,
        middle=extreme,
        extreme=extreme,
        extreme_s=START_S,
        middle_60s=middle_60s,
    )
