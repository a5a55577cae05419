"""Where open positions would be liquidated: a model from what open interest gained, and at which prices."""

from __future__ import annotations

from math import floor, log

import msgspec

STEP = 0.0025
"""A rung: a quarter of a percent of price."""

LEVERAGES: tuple[tuple[float, float], ...] = ((5.0, 0.10), (10.0, 0.30), (25.0, 0.30), (50.0, 0.20), (100.0, 0.10))
"""Assumed leverage and its share of new positions. Nobody publishes the truth: mixes like this one overestimated what
was liquidated by up to seventeen times in one author's comparison, so a reader takes the result within a factor of ten.
"""

MAINTENANCE = 0.005
"""Maintenance margin of small positions on the large venues, as a share of the notional."""

ENOUGH = 0.2
"""Share of the open interest that must have been seen to open before the ladder says anything."""

LONG, SHORT = 0, 1


class Ladder(msgspec.Struct):
    """Dollars that would be liquidated at each rung of log price, longs below and shorts above.

    A position opened at p with leverage ℓ is liquidated at p·(1 ∓ (1/ℓ - m)), m the maintenance margin. What open
    interest loses is taken from all rungs alike; rungs that the price has swept are gone. Cost: one update for each
    leverage a change of open interest, and the rungs swept a second.

    >>> ladder = Ladder()
    >>> for total in (1e6, 3e6):
    ...     ladder.on_open_interest(price=100.0, usd=total)
    >>> [round(ladder.within(price=100.0, share=share, side=LONG)) for share in (0.02, 0.05)]
    [600000, 1200000]
    """

    rungs: tuple[dict[int, float], dict[int, float]] = msgspec.field(default_factory=lambda: ({}, {}))
    scale: float = 1.0
    """What is stored times this is what is there: a loss touches one number and not every rung."""
    here: int | None = None
    """The rung of the last price that swept."""
    open_interest_usd: float = 0.0
    opened_usd: float = 0.0

    def on_open_interest(self, *, price: float, usd: float) -> None:
        """Take a new figure of open interest in dollars, with the price now."""
        before, self.open_interest_usd = self.open_interest_usd, usd
        if not before > 0 or not usd > 0 or not price > 0:
            return
        gained = usd - before
        if gained < 0:
            self.scale *= usd / before
            self.opened_usd *= usd / before
            self._settle()
            return
        self.opened_usd += gained
        for leverage, share in LEVERAGES:
            away = 1.0 / leverage - MAINTENANCE
            for side, at in ((LONG, price * (1.0 - away)), (SHORT, price * (1.0 + away))):
                rung = _rung(at)
                self.rungs[side][rung] = self.rungs[side].get(rung, 0.0) + gained * share / self.scale

    def sweep(self, price: float) -> None:
        """The price has been here: whoever was to be liquidated on the way is gone."""
        here = _rung(price)
        if here == self.here:
            return
        self.here = here
        longs, shorts = self.rungs
        for rung in [rung for rung in longs if rung >= here]:
            del longs[rung]
        for rung in [rung for rung in shorts if rung <= here]:
            del shorts[rung]

    def within(self, *, price: float, share: float, side: int) -> float | None:
        """Dollars of a side that a move of `share` against it would liquidate; None while too little was seen."""
        if not self.opened_usd > ENOUGH * self.open_interest_usd or not price > 0:
            return None
        first, last = sorted((_rung(price), _rung(price * (1.0 - share if side == LONG else 1.0 + share))))
        found = self.rungs[side]
        return self.scale * sum(found.get(rung, 0.0) for rung in range(first, last + 1))

    def _settle(self) -> None:
        # A scale that shrinks for months would lose the digits of what is added.
        if self.scale < 1e-6:
            for side in self.rungs:
                for rung in side:
                    side[rung] *= self.scale
            self.scale = 1.0


def _rung(price: float) -> int:
    return floor(log(price) / STEP)
