"""What lies between the percent lines of a depth figure, and the levels that stand for it. Pure.

An order that nobody removed shows in the averages: they are not between their lines. Then the levels are given out at
the averages themselves, which cross where it outweighs the orders that are real.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from producers.venues import events
from schemas.instrument import Instrument

Figures = dict[float, tuple[float, float]]
"""Sums of depth and notional from mid to a line, by the line's percentage; bids are negative."""

LINES = (1, 2, 3, 4, 5)
"""Percent of mid. Newer files have one at 0.2 as well: no band of ours ends there."""
NEAR_THE_LINE = 0.9
"""Where between two lines a level stands: within the band that ends at the outer one, and beyond the half percent."""
TOLERANCE = 0.001
"""By how much averages may contradict each other about where mid is."""
DIGITS = 5
"""Of a level's price: more would make the book's grid finer than anything that is known here."""
A_MILLIONTH = 1e-6


class Slice(NamedTuple):
    """What lies between two lines of one side."""

    line: int
    """The outer one, in percent; bids are negative."""
    average: float
    lots: float
    usd: float | None
    """What it is worth where lots are coin; None where a lot is worth the same at any price."""

    @property
    def nearer(self) -> int:
        """The inner line."""
        return self.line - 1 if self.line > 0 else self.line + 1

    def times(self, factor: float) -> Slice:
        """So much more of the same."""
        return self._replace(lots=self.lots * factor, usd=None if self.usd is None else self.usd * factor)


Sides = tuple[list[Slice], list[Slice]]
"""Bids and asks, best first, without slices in which nothing lies."""


def slices(figures: Figures, market: Instrument) -> Sides | None:
    """What lies between the lines.

    None where the figures cannot be: a line is missing, a sum falls with the distance, averages do not follow each
    other outwards (as in other units), or only one side has anything within the first line: mid would not be in the
    middle.
    """
    bids, asks = _side(figures, market, -1), _side(figures, market, 1)
    if not bids or not asks or (bids[0].line == -1) != (asks[0].line == 1):
        return None
    return bids, asks


def _side(figures: Figures, market: Instrument, sign: int) -> list[Slice] | None:
    inverse, found = market.contract == "inverse", list[Slice]()
    depth = notional = 0.0
    for line in LINES:
        if sign * line not in figures:
            return None
        depth_before, notional_before = depth, notional
        depth, notional = figures[sign * line]
        lots, worth = depth - depth_before, notional - notional_before
        if lots == worth == 0.0:
            continue
        # Not a number fails as well.
        if not (lots > 0.0 < worth):
            return None
        average = lots * (market.contract_value or 1.0) / worth if inverse else worth / lots
        if found and not (average - found[-1].average) * sign > 0.0:
            return None
        found.append(Slice(sign * line, average, lots, None if inverse else worth))
    return found


def mid_of(bids: Sequence[Slice], asks: Sequence[Slice]) -> float | None:
    """Where mid is if each average lies between its lines; None where they contradict each other.

    >>> bid, ask = Slice(-1, 99.5, 1.0, 99.5), Slice(1, 100.5, 1.0, 100.5)
    >>> round(mid_of([bid], [ask]), 2), mid_of([bid._replace(average=103.0)], [ask])
    (100.0, None)
    """
    edges = [
        sorted((one.average / (1 + one.line / 100), one.average / (1 + one.nearer / 100))) for one in (*bids, *asks)
    ]
    lowest, highest = max(edge[0] for edge in edges), min(edge[1] for edge in edges)
    return (lowest + highest) / 2 if lowest <= highest * (1 + TOLERANCE) else None


def levels(bids: Sequence[Slice], asks: Sequence[Slice], turn: int = 0) -> tuple[msgspec.Raw, msgspec.Raw]:
    """Levels of the same worth: near their lines, or at their averages where these contradict each other.

    With each `turn` the farthest bid is a millionth more: a book in which nothing changes is taken for dead.
    """
    mid = mid_of(bids, asks)
    turned = [*bids[:-1], bids[-1].times(1 + turn * A_MILLIONTH)]
    return events.levels(_level(one, mid) for one in turned), events.levels(_level(one, mid) for one in asks)


def _level(one: Slice, mid: float | None) -> tuple[str, str]:
    place = one.nearer + NEAR_THE_LINE * (one.line - one.nearer)
    price = Decimal(f"{one.average if mid is None else mid * (1 + place / 100):.{DIGITS - 1}e}")
    lots = one.lots if one.usd is None else one.usd / float(price)
    return f"{price:f}", f"{Decimal(repr(lots)):f}"
