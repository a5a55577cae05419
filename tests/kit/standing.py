"""The market's standing where the number of watched assets does not matter."""

from __future__ import annotations

from collections.abc import Sequence

from detector.conditions import Condition
from detector.config import Config
from detector.rollup import Standing, Watched, market_standing


def market_of(active: Sequence[Condition]) -> Standing:
    """The standing with many assets on every venue and the usual majors."""
    return market_standing(active, Watched({}, 0), Config())
