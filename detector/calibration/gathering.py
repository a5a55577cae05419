"""Looking at a running engine every half minute, and keeping what its markets are while nothing happens.

The detector's own word counts beside that of labels: while the market stands at WARN or above, or an asset is in a
shock of its own, nothing is kept, nor of the five minutes before. Its first ten minutes count for nothing: it could not
have said so.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import msgspec

from detector.asset import LONGEST_PAUSE_S, AssetEngine
from detector.calibration.figures import BASIS, figures_now
from detector.calibration.samples import Busiest, Thinned
from detector.engine import Engine
from detector.market import Market
from detector.ordering import NS
from detector.verdict import WARN
from schemas.alert import LEVELS

EVERY_S = 30
SETTLE_S = 600
BEFORE_S = 300
"""What the detector says at WARN began before it was said."""
MINUTE_S = 60
SAME_PRICE = 1e-7
"""Prices that are closer than this share are the same price in binary."""


class Gathered(msgspec.Struct):
    """What was seen of one market."""

    venue: str
    instrument: str
    figures: dict[str, Thinned] = {}
    looks: int = 0
    price: float = 0.0
    """The last one."""
    step: float = 0.0
    """The venue's price step; where it is unknown, the smallest distance between two prices seen in turn."""
    minutes: Busiest = msgspec.field(default_factory=Busiest)
    """Dollars liquidated."""


class _Row(NamedTuple):
    market: Gathered
    asset: str
    figures: dict[str, float]
    price: float
    tick: float | None
    minute_usd: float | None


class Gathering:
    """Samples of all markets over any number of stretches, each with an engine of its own."""

    def __init__(self) -> None:
        self.markets: dict[str, Gathered] = {}
        self.looks = 0
        """Half minutes that are quiet for the market as a whole."""
        self.loud: list[tuple[int, int]] = []
        """From and to second: where the market stood at WARN or above, as it was looked at."""
        self.shocked: dict[str, int] = {}
        """Half minutes that each asset spent in a shock of its own."""
        self._waiting: deque[tuple[int, list[_Row]]] = deque()
        self._first_s = self._last_s = 0

    def begin(self) -> None:
        """Another stretch, and another engine: what still waits could have been the beginning of something."""
        self._waiting.clear()
        self._first_s = self._last_s = 0

    def look(self, engine: Engine) -> None:
        """Take a sample of every market, if half a minute has passed."""
        now_s = engine.now_ns // NS
        if not now_s or now_s // EVERY_S == self._last_s // EVERY_S:
            return
        self._first_s = self._first_s or now_s
        whole_minute = now_s // MINUTE_S != self._last_s // MINUTE_S
        self._last_s = now_s
        if self._is_loud(engine):
            self._waiting.clear()
            self._note_loud(now_s)
            return
        if now_s - self._first_s < SETTLE_S:
            return
        rows: list[_Row] = []
        for asset in sorted(engine.shard.assets):
            rows += self._of_asset(asset, engine.shard.assets[asset], now_s, whole_minute)
        self._waiting.append((now_s, rows))
        while self._waiting and self._waiting[0][0] <= now_s - BEFORE_S:
            self.looks += 1
            for row in self._waiting.popleft()[1]:
                _keep(row)

    def _is_loud(self, engine: Engine) -> bool:
        state = engine.market.memory.state
        return state is not None and LEVELS.index(state.level) >= WARN

    def _note_loud(self, now_s: int) -> None:
        if self.loud and now_s - self.loud[-1][1] <= 2 * EVERY_S:
            self.loud[-1] = (self.loud[-1][0], now_s)
        else:
            self.loud.append((now_s - BEFORE_S, now_s))

    def _of_asset(self, asset: str, engine: AssetEngine, now_s: int, whole_minute: bool) -> list[_Row]:
        memory = engine.memory
        if memory.frozen_since_ns:
            self.shocked[asset] = self.shocked.get(asset, 0) + 1
            for _, rows in self._waiting:
                rows[:] = [row for row in rows if row.asset != asset]
            return []
        world = memory.world
        return [
            self._row(asset, key, world.markets[key], memory.dislocations.apart.get(key), now_s, whole_minute)
            for key in sorted(world.markets)
            if world.silent_ns(world.markets[key].venue) < LONGEST_PAUSE_S * NS
        ]

    def _row(self, asset: str, key: str, market: Market, basis: float | None, now_s: int, whole_minute: bool) -> _Row:
        name = market.instrument
        kept = self.markets.setdefault(key, Gathered(name.venue, name.instrument))
        minute_usd = _busiest_of(market, now_s) if whole_minute else None
        figures = figures_now(market) | ({BASIS: basis} if basis is not None else {})
        return _Row(kept, asset, figures, market.trading.price, name.tick_size, minute_usd)


def _busiest_of(market: Market, now_s: int) -> float | None:
    """The largest sum of sixty seconds that ended in the last minute; None where liquidations were never shown."""
    sums = [market.forced.minutes_usd.ago(now_s, back) for back in range(MINUTE_S)]
    return max(sums) if all(usd == usd for usd in sums) else None


def _keep(row: _Row) -> None:
    kept = row.market
    kept.looks += 1
    for name, value in row.figures.items():
        kept.figures.setdefault(name, Thinned()).offer(value)
    if row.minute_usd is not None:
        kept.minutes.offer(row.minute_usd)
    if row.price == row.price:
        apart = abs(row.price - kept.price) if kept.price else 0.0
        if row.tick is not None:
            kept.step = row.tick
        elif apart > SAME_PRICE * row.price:
            kept.step = min(kept.step or apart, apart)
        kept.price = row.price
