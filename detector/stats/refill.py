"""Resiliency: how much of the depth that a hit took comes back, and how fast (Large 2007)."""

from __future__ import annotations

from math import exp

import msgspec

from detector.bars import Ring

HIT = 0.10
"""A fall by a tenth within `FALL_S` is a hit. Six calm minutes have none to three of them on a side, counted on five
recorded markets (`tests/detector/test_makers.py`)."""

FALL_S = 5
SOON_S = 10
LATER_S = 30
"""What is not back after half a minute was not waiting behind the touch."""

MEMORY_S = 300.0
"""An older hit counts a third for every five minutes."""

FORGET_S = 900
"""After a quarter of an hour without a hit nothing is known of how the book takes one."""


class Refill(msgspec.Struct):
    """Share of fallen dollars that were there again 10 s and 30 s after the hit, over the hits of some minutes.

    A hit is a fall by a tenth within five seconds; from its lowest depth in the five seconds after it, what is there
    10 s and 30 s after it counts, between none and all. Hits weigh by their dollars and fade with time; the next one
    is looked for when the last was judged. The depth is that around the price of the moment: orders that rest where the
    price went count as come back, as they do for whoever trades there.

    >>> side = Refill()
    >>> for second, depth_usd in enumerate([100.0] * 10 + [50.0] * 10 + [90.0] * 30):
    ...     side.close_second(second, depth_usd)
    >>> side.soon, side.later
    (0.8, 0.8)
    """

    recent: Ring = msgspec.field(default_factory=lambda: Ring.of(FALL_S + 1))
    hit_s: int = 0
    """When the hit happened that is being watched; 0 while none is."""
    before_usd: float = 0.0
    lowest_usd: float = 0.0
    back_usd: float = 0.0
    """What was back after `SOON_S` of it."""
    fallen: float = 0.0
    soon_usd: float = 0.0
    later_usd: float = 0.0
    judged_s: int = 0
    """When the last hit was judged."""
    soon: float | None = None
    """Share that is back after ten seconds; None before the first hit, and a quarter of an hour after the last."""
    later: float | None = None
    """The same after half a minute."""

    def close_second(self, now_s: int, depth_usd: float) -> None:
        """Account for the depth at the end of a second; NaN where it is unknown, which ends a watch unjudged."""
        earlier = self.recent.push(now_s, depth_usd)
        if self.hit_s:
            self._watch(now_s, depth_usd)
        elif depth_usd < earlier * (1.0 - HIT):
            self.hit_s, self.before_usd, self.lowest_usd = now_s, earlier, depth_usd
        if self.judged_s and now_s - self.judged_s > FORGET_S:
            self.soon = self.later = None
            self.judged_s = 0

    def _watch(self, now_s: int, depth_usd: float) -> None:
        age_s = now_s - self.hit_s
        if depth_usd != depth_usd:
            self.hit_s = 0
            return
        if age_s <= FALL_S:
            self.lowest_usd = min(self.lowest_usd, depth_usd)
        fallen = self.before_usd - self.lowest_usd
        back = min(max(depth_usd - self.lowest_usd, 0.0), fallen)
        if age_s == SOON_S:
            self.back_usd = back
        if age_s < LATER_S:
            return
        keep = exp((self.judged_s - now_s) / MEMORY_S) if self.judged_s else 0.0
        self.fallen = self.fallen * keep + fallen
        self.soon_usd = self.soon_usd * keep + self.back_usd
        self.later_usd = self.later_usd * keep + back
        self.soon, self.later = self.soon_usd / self.fallen, self.later_usd / self.fallen
        self.hit_s, self.judged_s = 0, now_s
