"""S6: winners are closed against the bankrupt, by direct prints.

A print is a fact: one is enough. Blind on venues that do not show it; `offbook` infers what it can there.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.about import About
from detector.market import Market
from detector.verdict import CALM, EMERGENCY, Verdict, calm, unknown
from detector.world import NS, World
from schemas.alert import Evidence

RULE = "S6.print/1"

ABOUT = (
    About(
        rule=RULE,
        stage="S6",
        place="venue and asset",
        told="auto-deleveraging",
        sees="any fill that the venue itself calls auto-deleveraging",
        blind="until the feed showed one: most venues publish none",
        reads=("deleveraging fills",),
        source="the venue's own record",
        clears="no such fill for a minute",
        limits=(),
    ),
)


def evaluate(world: World) -> Iterator[Verdict]:
    """One verdict a market of derivatives."""
    for market in world.markets.values():
        if market.instrument.market != "spot":
            yield _print(world, market)


def _print(world: World, market: Market) -> Verdict:
    forced, now_ns = market.forced, world.now_ns
    if not forced.adl_count:
        # No print was ever seen: whether this feed would show one is not known.
        return unknown(RULE, "S6", market.venue, market.asset)
    recent = now_ns - forced.last_adl_ns
    if recent > 60 * NS:
        return calm(RULE, "S6", market.venue, market.asset)
    on = recent <= 2 * NS
    worth = now_ns - forced.adl_worth_ns <= 60 * NS
    evidence = (
        Evidence(
            signal="adl_60s",
            value=round(forced.deleveraged.sum(0, now_ns), 0) if worth else None,
            baseline=0.0,
            unit="USD",
            note="" if worth else "the feed does not say what they were worth",
        ),
        Evidence(signal="adl_fills", value=float(forced.adl_count), baseline=0.0, unit="fills"),
    )
    return Verdict(
        RULE,
        "S6",
        market.venue,
        market.asset,
        EMERGENCY if on else CALM,
        True,
        direction=forced.adl_direction,
        confirm=1,
        evidence=evidence if on else (),
    )
