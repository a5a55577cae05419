"""How far a book is known: the state of a band, and when the sum of an accrued one may be believed.

After a REST snapshot only its own range is certain (*proven*). Farther levels are learnt as they change, so a band's
sum
grows for minutes at a flat price: 72.6 to 201.9 million dollars within 2 % of BTC in 315 s. A band that grows says
nothing about withdrawal, and its growth must not become a baseline. It is *accrued*, and evaluable, once its sum has
stopped growing: no higher than `GROWTH` above what it was a minute ago, for `SETTLED_S` seconds on end.
"""

from __future__ import annotations

from math import nan
from typing import Literal, get_args

import msgspec

from detector.bars import Ring

BandState = Literal["proven", "accrued", "unwarmed", "unknown"]

GROWTH = 1.10
"""Walls of tens of millions wander in and out of a band within a minute; a snapshot-fed book that is still being learnt
grows by more than this a minute for its first minutes (2024-08-08 recordings, `docs/books.md`)."""

SETTLED_S = 60
LOOKBACK_S = 60


class BandCoverage(msgspec.Struct):
    """Coverage of one band on one side."""

    sums: Ring = msgspec.field(default_factory=lambda: Ring.of(LOOKBACK_S + 1))
    settled_s: int = 0
    accrued: bool = False
    """Once it is, it stays so, and neither `sums` nor `settled_s` is kept any longer."""
    state: BandState = "unwarmed"
    past: dict[BandState, int] = {}
    """Seconds in states that have ended."""
    lasts_s: int = 0
    """Seconds in `state` since it began."""

    def close_second(self, now_s: int, *, known: bool, proven: bool, depth: float, learns: bool = True) -> bool:
        """Refresh `state` from this second's sum; return whether the sum may be compared with its baseline.

        `known` is False while the book is crossed, in a gap or absent; `learns` is False where every
        message is a whole book: what lies beyond such a book never becomes known.
        """
        known = known and depth == depth
        if not self.accrued:
            before = self.sums.ago(now_s, LOOKBACK_S)
            self.sums.put(now_s, depth if known else nan)
            if known and before > 0:
                self.settled_s = self.settled_s + 1 if depth <= before * GROWTH else 0
                self.accrued = self.settled_s >= SETTLED_S
        state: BandState = "unknown"
        if known:
            state = "proven" if proven else "accrued" if self.accrued and learns else "unwarmed"
        if state != self.state:
            self.past[self.state] = self.past.get(self.state, 0) + self.lasts_s
            self.state, self.lasts_s = state, 0
        self.lasts_s += 1
        return state == "proven" or state == "accrued"

    @property
    def seconds(self) -> dict[BandState, int]:
        """How long the band has been in each state."""
        found = {state: self.past.get(state, 0) for state in get_args(BandState)}
        found[self.state] += self.lasts_s
        return found

    @property
    def evaluable(self) -> bool:
        """Whether the band's sum may be compared with its baseline."""
        return self.state == "proven" or self.state == "accrued"
