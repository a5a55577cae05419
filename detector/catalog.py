"""Every signal in the order of the stages, and what its rules say of themselves. To add one is a file and a line."""

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


def rules_named(names: tuple[str, ...]) -> frozenset[str]:
    """Rules by their names, with or without a version; raises `ValueError` for one that does not exist.

    >>> sorted(rules_named(("S4.impact", "S3.depth/1")))
    ['S3.depth/1', 'S4.impact/1']
    """
    found = set()
    for name in names:
        matching = [rule for rule in RULES if name in (rule, rule.partition("/")[0])]
        if not matching:
            raise ValueError(f"no rule {name!r}; there are {', '.join(rule.partition('/')[0] for rule in RULES)}")
        found.update(matching)
    return frozenset(found)
