"""What a rule says of itself: for the documents, for alerts, and for whoever reads the tree."""

from __future__ import annotations

from typing import Literal, NamedTuple

from schemas.alert import Stage

Input = Literal[
    "trades",
    "trade ids",
    "book",
    "liquidations",
    "deleveraging fills",
    "deleveraging warnings",
    "insurance funds",
    "open interest",
    "mark and index",
    "receive times",
    "gaps",
    "venue states",
]
Place = Literal["market", "venue", "asset", "venue and asset"]


class About(NamedTuple):
    """One rule.

    Attributes
    ----------
    rule
        Its name and version, `S4.impact/1`; the version grows with every change of what it sees.
    place
        What one condition of it is about.
    told
        What a headline says when it holds.
    sees, blind
        What it looks at, and when it cannot see.
    reads
        The kinds of events that it needs; without any of them it says UNKNOWN.
    source
        Where the formula comes from.
    clears
        What ends it, in words.
    limits
        Its thresholds, as fields of `detector.config.Config`.
    """

    rule: str
    stage: Stage
    place: Place
    told: str
    sees: str
    blind: str
    reads: tuple[Input, ...]
    source: str
    clears: str
    limits: tuple[str, ...]
