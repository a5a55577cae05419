"""Every signal in the order of the stages, and what its rules say of themselves.

Who asks them each second: `detector/asset.py` those of one asset, `detector/market_engine.py` those of the market.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from detector.about import About
from detector.signals import (
    absorption,
    adl_hazard,
    asset_move,
    book_faults,
    branching,
    breadth,
    clocks,
    deleveraging,
    depth,
    dislocation,
    dislocation_breadth,
    feed,
    liquidations,
    liquidations_market,
    makers,
    offbook,
    open_interest,
    ourselves,
    pegs,
    recovery,
    staked,
    venue_words,
    void,
    void_venue,
)

SIGNALS: tuple[ModuleType, ...] = (
    branching,
    breadth,
    absorption,
    asset_move,
    liquidations,
    liquidations_market,
    open_interest,
    depth,
    makers,
    feed,
    venue_words,
    void,
    void_venue,
    dislocation,
    dislocation_breadth,
    pegs,
    staked,
    deleveraging,
    adl_hazard,
    offbook,
    recovery,
    book_faults,
    clocks,
    ourselves,
)


def _told() -> Iterator[About]:
    for signal in SIGNALS:
        yield from signal.ABOUT


RULES: dict[str, About] = {about.rule: about for about in _told()}
"""By rule, in the order of the stages."""
