"""The move that the votes are about: how far each asset has gone since before it began, and how far at most."""

from __future__ import annotations

from statistics import median

import msgspec

from detector.overview import NS, Overview
from schemas.alert import Direction
from schemas.reading import MarketReading

FRESH_S = 60
"""A market without a trade for a minute tells nothing of the move."""

LOOK_BACK_S = 300
"""So far back lie the prices before the move; while nothing moves, they are taken anew."""

JOIN_S = 60
"""What is first seen later than this after the beginning would count the rest of the move only, and stays out."""


class Move(msgspec.Struct):
    """One episode's move. Prices before it are those of five minutes earlier, as far as they are known."""

    began_s: int
    origins: dict[str, float] = {}
    """Price before the move, by `venue|instrument`."""
    assets: dict[str, float] = {}
    """Each asset's move as of the last second: the median of its markets'. Pegs are no part of it."""
    middle: float = 0.0
    """Median of these."""
    extreme: float = 0.0
    """The largest `middle` so far, with its sign."""
    extreme_s: int = 0
    at_extreme: dict[str, float] = {}
    """`assets` at the extreme."""
    middle_60s: float = 0.0
    """Median over the assets of what they did in the last minute."""

    def close_second(self, view: Overview) -> None:
        """Follow the move through one second."""
        now_s = view.now_ns // NS
        if now_s - self.began_s >= LOOK_BACK_S and abs(self.extreme) < view.config.labelling.moved:
            self.began_s, self.origins = now_s, {}  # what opened the episode was no move: one may still come
            self.extreme, self.extreme_s, self.at_extreme = 0.0, 0, {}
        self.assets = {}
        minutes: list[float] = []
        for asset in view.assets:
            if asset.asset in view.config.collateral.pegs:
                continue
            fresh = [market for market in asset.markets if view.fresh(market, FRESH_S)]
            moves = [move for market in fresh if (move := self._since(market, now_s)) is not None]
            if moves:
                self.assets[asset.asset] = median(moves)
            if known := [market.move_60s for market in fresh if market.move_60s is not None]:
                minutes.append(median(known))
        self.middle_60s = median(minutes) if minutes else 0.0
        if self.assets:
            self.middle = median(self.assets.values())
            if abs(self.middle) > abs(self.extreme):
                self.extreme, self.extreme_s, self.at_extreme = self.middle, now_s, self.assets

    @property
    def direction(self) -> Direction:
        """Which way it went farthest."""
        return "down" if self.extreme < 0 else "up" if self.extreme > 0 else "none"

    def _since(self, market: MarketReading, now_s: int) -> float | None:
        price = market.price
        if price is None:
            return None
        key = f"{market.venue}|{market.instrument}"
        origin = self.origins.get(key)
        if origin is None:
            if now_s > self.began_s + JOIN_S:
                return None
            before = market.move_300s if market.move_300s is not None else market.move_60s
            origin = self.origins[key] = price / (1.0 + before) if before is not None else price
        return price / origin - 1.0
