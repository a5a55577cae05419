"""Order books of the Binance markets: a lattice of levels with a touch that follows the price, published as changes.

Levels sit at fixed prices (10 bp apart, majors 5), far enough that the first snapshot covers most of the fall. Each
update restates what differs within 2.7 % of the mid and removes whatever the price has crossed.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from producers.reconstruction.markets import Market

_REACH = 0.027
_SNAPSHOT_LEVELS = 1000
_STEP = {True: 5e-4, False: 1e-3}
_CLASSES_BP = (60.0, 120.0)
_CLASS_EXPONENT = np.array([1.0, 0.9, 0.8])
"""Farther levels are withdrawn less: the 1 % band reacts, the 2 % band hides it."""
_QUANTUM = math.log(1.05)
_CHURN = 2
_POOL = 4093

Changes = dict[int, int]
"""Tick of a level to its new quantity in lots; zero removes it."""


class Update(NamedTuple):
    """One published change of a book, and its touch afterwards."""

    bids: Changes
    asks: Changes
    bid: tuple[int, int]
    ask: tuple[int, int]


class LatticeBook:
    """What the venue has published of one market's book; quantities in lots, prices in ticks."""

    def __init__(self, market: Market, mid: float, rng: np.random.Generator) -> None:
        self.market = market
        step = _STEP[market.base in ("BTC", "ETH")]
        rungs = np.arange(-_SNAPSHOT_LEVELS - 400, _SNAPSHOT_LEVELS + 1)
        self.ticks = np.unique(np.rint(mid * np.exp(rungs * step) / market.tick).astype(np.int64))
        self.ticks = self.ticks[self.ticks > 0]
        self._reach = round(_REACH / step)
        lot_usd = self.ticks * market.tick * market.lot
        if market.contract_usd:
            lot_usd = np.full(self.ticks.size, market.contract_usd)
        self._calm = market.depth_per_bp_usd * step * 1e4 / lot_usd
        self._wanted = self._calm * np.exp(rng.normal(0, 0.2, self.ticks.size))
        self._fresh = np.exp(rng.normal(0, 0.2, _POOL)).tolist()
        self._where = rng.random(_POOL).tolist()
        self._drawn = 0
        self._exponent = _CLASS_EXPONENT[np.searchsorted(_CLASSES_BP, (np.arange(self._reach) + 0.5) * step * 1e4)]
        self._factors: dict[int, NDArray[np.float64]] = {}
        self._below = self._above = -1
        self._bids = np.zeros(self.ticks.size, np.int64)
        self._asks = np.zeros(self.ticks.size, np.int64)
        self.bid = (0, 0)
        self.ask = (0, 0)
        self.update(mid, 1e-4, 1.0, 1.0)

    def update(self, mid: float, half: float, bid_share: float, ask_share: float) -> Update:
        """Move the book to this mid and depth; returns what changed."""
        tick = self.market.tick
        bid = max(1, math.floor(mid * (1 - half) / tick + 1e-6))
        ask = max(bid + 1, math.ceil(mid * (1 + half) / tick - 1e-6))
        below = int(self.ticks.searchsorted(bid, "left"))
        above = int(self.ticks.searchsorted(ask, "right"))
        if self._below < 0:
            full = np.rint(self._wanted).astype(np.int64)
            shown = slice(max(0, below - _SNAPSHOT_LEVELS + 1), below)
            self._bids[shown] = full[shown]
            self._asks[above:] = full[above:]
            self._below, self._above = below, above
        bids = self._side(self._bids, max(0, below - self._reach), below, self._factor(bid_share)[::-1])
        asks = self._side(self._asks, above, min(self.ticks.size, above + self._reach), self._factor(ask_share))
        self._clear(self._bids, below, self._below, bids)
        self._clear(self._asks, self._above, above, asks)
        self._below, self._above = below, above
        for changes, (old, _), new in ((bids, self.bid, bid), (asks, self.ask, ask)):
            if old and old != new:
                changes.setdefault(old, self._resting(old, bids is changes, below, above))
        self.bid, self.ask = (bid, self._touch(bid, bid_share)), (ask, self._touch(ask, ask_share))
        bids[bid], asks[ask] = self.bid[1], self.ask[1]
        return Update(bids, asks, self.bid, self.ask)

    def snapshot(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """The published book, best level first, as the venue's REST call with its limit of 1000 shows it."""
        bids = {int(self.ticks[i]): int(self._bids[i]) for i in np.flatnonzero(self._bids)}
        asks = {int(self.ticks[i]): int(self._asks[i]) for i in np.flatnonzero(self._asks)}
        bids[self.bid[0]], asks[self.ask[0]] = self.bid[1], self.ask[1]
        return sorted(bids.items(), reverse=True)[:_SNAPSHOT_LEVELS], sorted(asks.items())[:_SNAPSHOT_LEVELS]

    def _touch(self, tick: int, share: float) -> int:
        dollars = self.market.depth_per_bp_usd * share * (0.7 + 0.6 * self._draw()[0])
        price = tick * self.market.tick * self.market.lot
        return max(1, round(dollars / (self.market.contract_usd or price)))

    def _resting(self, tick: int, is_bid: bool, below: int, above: int) -> int:
        """What remains at a price that was the touch: a lattice level of the same side, or nothing."""
        index = int(self.ticks.searchsorted(tick))
        on_lattice = index < self.ticks.size and self.ticks[index] == tick
        if not on_lattice:
            return 0
        if is_bid:
            return int(self._bids[index]) if index < below else 0
        return int(self._asks[index]) if index >= above else 0

    def _factor(self, share: float) -> NDArray[np.float64]:
        """Size of each level from the touch outwards against the calm, in steps of 5 %: a calm book stays put."""
        step = round(math.log(share) / _QUANTUM)
        if step not in self._factors:
            self._factors[step] = np.exp(np.rint(self._exponent * step) * _QUANTUM)
        return self._factors[step]

    def _draw(self) -> tuple[float, float]:
        self._drawn = (self._drawn + 1) % _POOL
        return self._where[self._drawn], self._fresh[-self._drawn]

    def _side(self, published: NDArray[np.int64], low: int, high: int, factor: NDArray[np.float64]) -> Changes:
        """Bring the levels of a window to their size; the differences."""
        if high <= low:
            return {}
        for _ in range(_CHURN):
            where, noise = self._draw()
            index = low + int(where * (high - low))
            self._wanted[index] = self._calm[index] * noise
        wanted = np.rint(self._wanted[low:high] * factor[-(high - low) :]).astype(np.int64)
        moved = (wanted != published[low:high]).nonzero()[0]
        published[low:high] = wanted
        return dict(zip(self.ticks[low:high][moved].tolist(), wanted[moved].tolist(), strict=True))

    def _clear(self, published: NDArray[np.int64], low: int, high: int, changes: Changes) -> None:
        """Remove what the price has crossed."""
        if low < high and (crossed := published[low:high].nonzero()[0]).size:
            published[low:high] = 0
            changes.update(dict.fromkeys(self.ticks[low:high][crossed].tolist(), 0))
