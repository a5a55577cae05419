"""What the detector can see: which families of evidence are live, and what is blind, in words for an alert."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from detector.catalog import RULES
from detector.conditions import Condition
from detector.signals import (
    asset_move,
    book_faults,
    deleveraging,
    depth,
    dislocation,
    dislocation_breadth,
    feed,
    liquidations,
    offbook,
    open_interest,
    pegs,
    venue_words,
)
from schemas.alert import MARKET, Coverage
from schemas.reading import AssetReading

OF_AN_ASSET = {
    "price and flow": (asset_move.RULE,),
    "book depth": (depth.DEPTH,),
    "liquidations": (liquidations.RULE,),
    "open interest": (open_interest.FLUSH,),
    "cross-venue prices": (dislocation.RULE,),
    "deleveraging prints": (deleveraging.RULE,),
}
"""Independent families of evidence about one asset, and the rules that stand for them."""

OF_THE_MARKET = OF_AN_ASSET | {
    "cross-venue prices": (dislocation.RULE, dislocation_breadth.RULE),
    "trade ids": (offbook.RULE,),
    "collateral pegs": (pegs.RULE,),
    "feed delay": (feed.DELAY,),
}
"""The same for the market as a whole."""

BOOKS = frozenset(book_faults.RULES.values())
"""These are named book by book."""

MOST_FAULTS = 12
"""Faulty books named one by one in an alert; the rest are counted."""


def coverage(
    families: Mapping[str, tuple[str, ...]],
    sighted: Collection[str],
    assets: Iterable[AssetReading],
    dark: Iterable[str] = (),
) -> Coverage:
    """What was visible in this second: `sighted` are the rules that could see somewhere, `dark` in words what of a
    whole venue could not be seen.
    """
    blind = [
        f"{family}: no source can be evaluated"
        for family, rules in families.items()
        if not any(rule in sighted for rule in rules)
    ]
    faults = sorted(
        f"{market.venue} {market.instrument} book: {market.book_fault}"
        for asset in assets
        for market in asset.markets
        if market.book_fault and market.book_fault != "no levels"
    )
    if len(faults) > MOST_FAULTS:
        faults = [*faults[:MOST_FAULTS], f"and {len(faults) - MOST_FAULTS} more books"]
    return Coverage(live=len(families) - len(blind), families=len(families), blind=(*dark, *blind, *faults))


def dark(active: Iterable[Condition]) -> list[str]:
    """In words what of whole venues cannot be seen."""
    said = {
        f"{c.venue if c.venue != MARKET else 'everywhere'}: {RULES[c.rule].told}"
        for c in active
        if c.rule not in BOOKS and (c.stage == "D" or c.rule in (feed.SILENCE, venue_words.HALTED))
    }
    return sorted(said)
