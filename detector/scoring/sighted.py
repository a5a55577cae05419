"""What has to be seen before a level without alarms is worth a figure: who could not raise it was not calm."""

from __future__ import annotations

from detector.scoring.labels import Stretch
from detector.scoring.run import Run
from detector.signals import (
    adl_hazard,
    asset_move,
    branching,
    breadth,
    depth,
    dislocation_breadth,
    liquidations,
    liquidations_market,
    offbook,
    pegs,
)
from schemas.alert import LEVELS, Level

SHOCK_AND_FLOW = (branching.RULE, breadth.SHOCK, breadth.FLOW)
"""All of them make the market's levels up to HIGH."""

SECOND_KEYS = (
    depth.DEPTH,
    offbook.RULE,
    dislocation_breadth.RULE,
    liquidations.RULE,
    liquidations_market.RULE,
    adl_hazard.RULE,
)
"""One of them has to join for more than HIGH."""

OF_AN_ASSET = (asset_move.RULE, liquidations.RULE, pegs.RULE)
"""One of them has to begin for an alert of a single asset."""


def market_seen(run: Run, level: Level, during: Stretch) -> bool:
    """Whether an alert of the market could have reached a level within a stretch."""
    if not all(run.sight.sees(rule, during) for rule in SHOCK_AND_FLOW):
        return False
    return LEVELS.index(level) <= LEVELS.index("HIGH") or any(run.sight.sees(rule, during) for rule in SECOND_KEYS)


def assets_seen(run: Run, during: Stretch) -> bool:
    """Whether any single asset could have raised an alert within a stretch."""
    return any(run.sight.sees(rule, during) for rule in OF_AN_ASSET)
