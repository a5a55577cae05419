"""Liquidation orders on Binance as its feed shows them: at most one a second and market, the rest never printed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from producers.reconstruction.facts import FIRST_MINUTE
from producers.reconstruction.markets import Market
from producers.reconstruction.timeline import along

_CHANCE = (
    ("20:50:04", 0.0015), ("20:50:10", 0.10), ("20:53", 0.12), ("20:56", 0.22), ("21:00", 0.15), ("21:02", 0.04),
    ("21:11", 0.04), ("21:12:30", 0.20), ("21:13:10", 0.70), ("21:15", 0.85), ("21:19", 0.80), ("21:21", 0.50),
    ("21:24", 0.25), ("21:27", 0.10), ("21:40", 0.05), ("22:00", 0.01), ("22:20", 0.003),
)  # fmt: skip
"""Chance that a market prints one in a second (chosen; the totals are not knowable from a throttled feed)."""
_CALM_CHANCE = 0.0015
_MEAN_USD = {"BTC": 90_000.0, "ETH": 70_000.0}
_ALT_USD = {"binance-usdm": 15_000.0, "binance-coinm": 4_000.0}


def liquidation_orders(
    market: Market, minute: int, *, twin: bool, seed: int, index: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Times, whether each sold (a long was closed), and dollars of a minute's printed orders."""
    rng = np.random.default_rng([seed, 8, minute, index])
    seconds = (minute - FIRST_MINUTE) * 60 + np.arange(60.0)
    chance = np.full(60, _CALM_CHANCE) if twin else along(_CHANCE, seconds)
    printed = rng.random(60) < chance
    stress = np.sqrt(chance[printed] / _CALM_CHANCE) / 6
    at_s = seconds[printed] + np.floor(rng.random(int(printed.sum())) * 900) / 1000
    sold = rng.random(at_s.size) < np.where(chance[printed] > 0.03, 0.93, 0.5)
    mean = _MEAN_USD.get(market.base, _ALT_USD[market.venue])
    dollars = mean * np.maximum(0.2, stress) * np.exp(rng.normal(-0.4, 0.9, at_s.size))
    return at_s, sold, dollars
