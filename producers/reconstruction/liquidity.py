"""Resting depth as a share of the calm, and the spread that goes with it.

The floor (0.17 of 103.64 million USD) and the widest BTC spread are published; so is that depth was not thin before.
The way there is chosen: mild thinning on the trigger, withdrawal from 21:12, void at 21:19:30-21:21:30, slow refill.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from producers.reconstruction.facts import DEPTH_FLOOR, SPREAD_BP
from producers.reconstruction.markets import Market
from producers.reconstruction.timeline import WINDOW, along

WITHDRAWAL = "21:12:05"
"""Depth on Binance futures passes below 0.6 of the calm here: the generator's own onset of S3 by depth."""
REFILLED = "21:50:00"

_SHARE = (
    ("20:50:05", 1.0), ("20:50:30", 0.84), ("20:56:30", 0.78), ("20:58", 0.82), ("20:59:30", 0.78), ("21:02", 0.86),
    ("21:11:50", 0.86), (WITHDRAWAL, 0.60), ("21:12:20", 0.45), ("21:13", 0.30), ("21:14", 0.24), ("21:15", 0.16),
    ("21:16:05", 0.10), ("21:17", 0.05), ("21:18", 0.02), ("21:18:30", 0.008), ("21:19:30", DEPTH_FLOOR),
    ("21:21:30", DEPTH_FLOOR), ("21:22:30", 0.006), ("21:24", 0.03), ("21:27", 0.10), ("21:30", 0.18), ("21:35", 0.28),
    ("21:40", 0.40), (REFILLED, 0.62), ("22:05", 0.86), ("22:16", 0.95), ("22:20", 0.96),
)  # fmt: skip
_USDE_SHARE = (
    ("21:19:50", 1.0), ("21:20:30", 0.25), ("21:36", 0.28), ("21:40", 0.26), ("21:53", 0.20), ("21:54", 2 / 89),
    ("21:55", 0.15), ("22:05", 0.35), ("22:16", 0.8),
)  # fmt: skip
"""Book of USDe: average 89 million USD, -74 % at 21:40-21:55, 2 million at 21:54."""
_ASK_EXPONENT = 0.8
_SPOT_EXPONENT = 0.8
_WIDEST_ALT_BP = 260.0


def depth_share(market: Market, *, twin: bool) -> NDArray[np.float64]:
    """Bid depth against the calm at each second."""
    if twin:
        return np.ones(WINDOW.size)
    anchors = _USDE_SHARE if market.base == "USDE" else _SHARE
    share = np.asarray(np.exp(along(anchors, logarithmic=True)))
    spot = market.venue == "binance-spot" and market.base != "USDE"
    return np.asarray(share**_SPOT_EXPONENT) if spot else share


def ask_share(bid_share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ask depth: it thins less, as the published imbalance (+0.06 to -0.22) says."""
    return np.asarray(bid_share**_ASK_EXPONENT)


def half_spread(market: Market, bid_share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half the spread as a share of the mid, at each second."""
    widest = SPREAD_BP[1] if market.base in ("BTC", "ETH") else _WIDEST_ALT_BP
    stress = np.clip(np.log(bid_share) / math.log(DEPTH_FLOOR), 0, 1) ** 1.5
    return np.asarray(market.calm_spread_bp * (widest / market.calm_spread_bp) ** stress / 2e4)
