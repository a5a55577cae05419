"""Withdrawn or consumed: of the depth that is gone, the share that nobody traded."""

from __future__ import annotations

from math import exp, nan

import msgspec

DECAY = exp(-1.0 / 60.0)
"""One-minute memory at one update a second."""

MOST_MOVE = 0.002
"""In a second in which mid moves by more than a fifth of the band, what its edges did hides what makers did."""

LEAST_GONE = 0.01
"""Less than a hundredth of the depth is nothing that could be shared out."""

LEAST_SEEN = 1.0 / 3.0
"""Share of the last minute that must have been seen."""


class Leaving(msgspec.Struct):
    """One side's band: ΔD = added - cancelled - traded + what its edge gained as mid moved.

    A book of levels shows only the net of added and cancelled. Summed over a minute (not second by second: orders come
    and go all the time, and on a calm market that churn alone is more than what is traded) the net that left and was
    not traded was cancelled: cancelled = max(0, fall - traded), share = cancelled / (cancelled + traded). What makers
    put back counts against what they took away, and hidden orders that were hit count as put back.

    >>> side = Leaving()
    >>> for second in range(60):
    ...     side.close_second(1_000.0 - 10.0 * second, 1.0, move=0.0, edge_usd=0.0)
    >>> round(side.share, 2)
    0.9
    """

    depth_usd: float = nan
    fallen_usd: float = 0.0
    traded_usd: float = 0.0
    seen_s: float = 0.0
    share: float | None = None
    """None while next to nothing is gone, the depth is unknown, or too little of the last minute was seen."""

    def close_second(self, depth_usd: float, traded_usd: float, *, move: float, edge_usd: float) -> None:
        """Account for the depth at a second's end and what takers took from this side in it.

        `move` is mid's as a fraction, `edge_usd` what the band's far edge gained by it. A second with a NaN in it, or
        with a larger move than `MOST_MOVE`, is not counted.
        """
        fall_usd = self.depth_usd - depth_usd + edge_usd
        self.depth_usd = depth_usd
        self.fallen_usd *= DECAY
        self.traded_usd *= DECAY
        self.seen_s *= DECAY
        if abs(move) <= MOST_MOVE and fall_usd - traded_usd == fall_usd - traded_usd:
            self.fallen_usd += fall_usd
            self.traded_usd += traded_usd
            self.seen_s += 1.0
        cancelled_usd = max(self.fallen_usd - self.traded_usd, 0.0)
        gone_usd = cancelled_usd + self.traded_usd
        told = self.seen_s * (1.0 - DECAY) >= LEAST_SEEN and gone_usd > LEAST_GONE * depth_usd
        self.share = cancelled_usd / gone_usd if told else None
