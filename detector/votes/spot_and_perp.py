"""Perpetuals against spot: forced flow drags perpetuals beyond spot, news moves spot first or both."""

from __future__ import annotations

from statistics import median

import msgspec

from detector.overview import NS, Overview
from detector.stats.peak import Peak
from detector.votes.ballot import peak, small_or_large
from detector.votes.move import Move
from schemas.alert import Vote

NAME = "spot_and_perp"


class SpotAndPerp(msgspec.Struct):
    """How far perpetuals are beyond spot in the direction of the move: the median of the assets that have both."""

    seen: Peak = msgspec.field(default_factory=peak)

    def close_second(self, view: Overview, move: Move) -> None:
        """Look at one second."""
        pegs = view.config.collateral.pegs
        known = [a.perp_discount for a in view.assets if a.perp_discount is not None and a.asset not in pegs]
        sign = -1.0 if move.extreme < 0 else 1.0
        self.seen.put(view.now_ns // NS, sign * median(known) if known else None)

    def vote(self, view: Overview, move: Move) -> Vote:
        """What it says now."""
        limits = view.config.labelling
        return small_or_large(
            NAME,
            self.seen,
            move,
            microstructure=limits.discount_micro,
            macro=limits.discount_macro,
            moved=limits.discount_move,
            note="" if self.seen.recent is not None else "no asset has both spot and perpetual prices",
        )
