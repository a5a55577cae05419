"""Books and price impact while prices move: depth that is gone while trading dries up, or depth that refills.

Judged are only seconds of a move: medians over the assets, each the median of its markets. Without any book the price
impact of a dollar (Kyle's λ) speaks alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

import msgspec

from detector.config import Labelling
from detector.overview import NS, Overview
from detector.stats.peak import Peak
from detector.votes.ballot import peak, unseen
from detector.votes.move import Move
from schemas.alert import Vote

NAME = "depth_and_impact"


class DepthAndImpact(msgspec.Struct):
    """The verdicts of the seconds in which prices moved: 1, 0 or -1."""

    seen: Peak = msgspec.field(default_factory=peak)
    volume: Peak = msgspec.field(default_factory=peak)
    """Dollars a minute over all markets."""
    depth: float | None = None
    """Median depth ratio in the last second of the move; None without books."""
    impact: float | None = None
    """Median impact ratio in it."""

    def close_second(self, view: Overview, move: Move) -> None:
        """Look at one second."""
        limits, now_s = view.config.labelling, view.now_ns // NS
        known = [market.traded_usd_60s for _, market in view.markets if market.traded_usd_60s is not None]
        volume = sum(known) if known else None
        self.volume.put(now_s, volume)
        if abs(move.middle_60s) < limits.moved:
            self.seen.put(now_s, None)
            return
        moving = [asset.markets for asset in view.assets if asset.asset in move.assets]
        self.depth = _middle(_middle(market.depth_ratio for market in markets) for markets in moving)
        self.impact = _middle(_middle(market.impact_ratio for market in markets) for markets in moving)
        self.seen.put(now_s, self._judge(view, move, volume, limits))

    def vote(self, view: Overview, move: Move) -> Vote:
        """What it says now."""
        limits, seen = view.config.labelling, self.seen
        if seen.recent is None:
            return unseen(
                NAME, limits.depth_micro, limits.depth_macro, "no move with a warm book or a known λ", "ratio"
            )
        vote = int(seen.recent)
        if vote < 0 and seen.highest is not None and seen.highest > 0:
            vote = 0  # what came back had been gone
        books = self.depth is not None
        impact = "λ unknown" if self.impact is None else f"λ {self.impact:.2g} times its usual"
        return Vote(
            name=NAME,
            vote=vote,
            value=_rounded(self.depth if books else self.impact),
            microstructure=limits.depth_micro if books else limits.impact_micro,
            macro=limits.depth_macro if books else limits.impact_macro,
            unit="ratio",
            note=f"depth over its usual; {impact}" if books else "no books: price impact over its usual",
        )

    def _judge(self, view: Overview, move: Move, volume: float | None, limits: Labelling) -> float | None:
        depth, impact = self.depth, self.impact
        if depth is None and impact is None:
            return None
        highest = self.volume.recent
        dried = volume is not None and highest is not None and volume < limits.volume_falls * highest
        steep = impact is not None and impact > limits.impact_micro and abs(move.middle_60s) >= limits.impact_move
        if steep or (depth is not None and depth < limits.depth_micro and dried):
            return 1.0
        busy = (view.pool.rate_ratio_60s or 0.0) > 1.0 and not dried
        if busy and (depth is None or depth > limits.depth_macro) and (impact is None or impact < limits.impact_macro):
            return -1.0
        return 0.0


def _middle(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
