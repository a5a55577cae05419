"""V/D: forced flow beyond what the books of the hour before could take.

The third largest of the assets: one thin alt whose book was run over is its own story. Reports are a lower bound, as
for the share of the volume.
"""

from __future__ import annotations

import msgspec

from detector.overview import NS, Overview
from detector.stats.peak import Peak
from detector.votes.ballot import peak, small_or_large
from detector.votes.forced_share import liquidated_at_most
from detector.votes.move import Move
from schemas.alert import Vote
from schemas.reading import MarketReading

NAME = "forced_over_depth"
MANY_ASSETS = 3


class ForcedOverDepth(msgspec.Struct):
    """Each asset's largest V/D of any market, and of these the third largest (the smallest of fewer)."""

    seen: Peak = msgspec.field(default_factory=peak)
    at_most: Peak = msgspec.field(default_factory=peak)

    def close_second(self, view: Overview, move: Move) -> None:
        """Look at one second."""
        now_s = view.now_ns // NS
        reported: dict[str, float] = {}
        at_most: dict[str, float] = {}
        for asset, market in view.markets:
            ratio = market.forced_over_depth
            if ratio is not None:
                reported[asset] = max(ratio, reported.get(asset, 0.0))
                at_most[asset] = max(ratio * _hidden_factor(market), at_most.get(asset, 0.0))
        self.seen.put(now_s, _of_many(reported))
        self.at_most.put(now_s, _of_many(at_most))

    def vote(self, view: Overview, move: Move) -> Vote:
        """What it says now."""
        limits = view.config.labelling
        return small_or_large(
            NAME,
            self.seen,
            move,
            microstructure=limits.pressure_micro,
            macro=limits.pressure_macro,
            moved=limits.moved,
            at_most=self.at_most.recent,
            unit="ratio",
            note="" if self.seen.recent is not None else "no market shows both liquidations and a warm book",
        )


def _hidden_factor(market: MarketReading) -> float:
    """By how much the reported sum may have to be multiplied: as in the last minute, if anything was reported in it."""
    reported = market.liquidated_longs_usd + market.liquidated_shorts_usd
    return liquidated_at_most(market) / reported if reported > 0 else 1.0


def _of_many(assets: dict[str, float]) -> float | None:
    ranked = sorted(assets.values(), reverse=True)
    return ranked[min(MANY_ASSETS, len(ranked)) - 1] if ranked else None
