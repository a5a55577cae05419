"""S4: several assets have different prices in different places at once.

The second largest lasting deviation of all assets: one asset apart is its own story, two are the market's. Blind while
no asset has two comparable markets.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.overview import Overview
from detector.verdict import ANY, CRITICAL, EMERGENCY, HIGH, WATCH, Verdict, grade, towards, unknown
from schemas.alert import MARKET, Evidence

RULE = "S4.dislocation_breadth/1"


def evaluate(view: Overview) -> Iterator[Verdict]:
    """One verdict for the market."""
    limits = view.config.void
    sizes = sorted((a.dislocation for a in view.assets if a.dislocation is not None), reverse=True)
    if not sizes:
        yield unknown(RULE, "S4")
        return
    second = sizes[1] if len(sizes) > 1 else 0.0
    third = sizes[2] if len(sizes) > 2 else 0.0
    severity = grade(
        second,
        (limits.dislocation_watch, WATCH),
        (limits.dislocation_warn, HIGH),
        (limits.dislocation_critical, CRITICAL),
    )
    if third >= limits.dislocation_void:
        severity = EMERGENCY
    evidence = (
        Evidence(
            signal="second_largest_deviation",
            value=round(second, 5),
            threshold=limits.dislocation_watch,
            unit="fraction",
        ),
        Evidence(
            signal="assets_beyond_half_percent",
            value=float(sum(s >= limits.dislocation_watch for s in sizes)),
            unit="assets",
        ),
    )
    yield Verdict(
        RULE,
        "S4",
        MARKET,
        ANY,
        severity,
        second >= limits.dislocation_watch / 2,
        direction=towards(view.median_move()),
        evidence=evidence if severity else (),
    )
