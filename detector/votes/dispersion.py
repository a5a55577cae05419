"""Prices apart between venues: arbitrage works through news, and not through a void."""

from __future__ import annotations

import msgspec

from detector.overview import NS, Overview
from detector.stats.peak import Peak
from detector.votes.ballot import peak, small_or_large
from detector.votes.move import Move
from schemas.alert import Vote

NAME = "cross_venue_dispersion"


class Dispersion(msgspec.Struct):
    """The largest deviation of any asset that has lasted."""

    seen: Peak = msgspec.field(default_factory=peak)

    def close_second(self, view: Overview, move: Move) -> None:
        """Look at one second."""
        self.seen.put(view.now_ns // NS, view.dislocations[0] if view.dislocations else None)

    def vote(self, view: Overview, move: Move) -> Vote:
        """What it says now."""
        limits = view.config.labelling
        return small_or_large(
            NAME,
            self.seen,
            move,
            microstructure=limits.dispersion_micro,
            macro=limits.dispersion_macro,
            moved=limits.moved,
            note="" if self.seen.recent is not None else "no asset has comparable prices on two markets",
        )
