"""What the detector can see: which families of evidence are live, and what is blind, in words for an alert."""

from __future__ import annotations

from detector.signals import deleveraging, depth, dislocation, feed, liquidations, open_interest, pegs
from detector.signals.asset_move import RULE as MOVE
from detector.verdict import Verdict
from detector.world import World
from schemas.alert import Coverage

FAMILIES = {
    "price and flow": (MOVE,),
    "book depth": (depth.DEPTH,),
    "liquidations": (liquidations.RULE,),
    "open interest": (open_interest.FLUSH,),
    "trade ids": (deleveraging.OFFBOOK,),
    "cross-venue prices": (dislocation.ASSET, dislocation.BREADTH),
    "collateral pegs": (pegs.RULE,),
    "deleveraging prints": (deleveraging.PRINT,),
    "feed delay": (feed.DELAY,),
}
"""Independent families of evidence and the rules that stand for them."""

MOST_FAULTS = 12
"""Faulty books named one by one in an alert; the rest are counted."""


def coverage(world: World, verdicts: list[Verdict]) -> Coverage:
    """What was visible in this second."""
    sighted = {verdict.rule for verdict in verdicts if verdict.known}
    blind = [
        f"{family}: no source can be evaluated" for family, rules in FAMILIES.items() if not sighted.intersection(rules)
    ]
    faults = [
        f"{market.venue} {market.instrument.instrument} book: {market.quotes.fault}"
        for market in world.markets.values()
        if market.quotes.book is not None and market.quotes.fault and market.quotes.fault != "no levels"
    ]
    faults.sort()
    if len(faults) > MOST_FAULTS:
        faults = [*faults[:MOST_FAULTS], f"and {len(faults) - MOST_FAULTS} more books"]
    return Coverage(live=len(FAMILIES) - len(blind), families=len(FAMILIES), blind=(*blind, *faults))
