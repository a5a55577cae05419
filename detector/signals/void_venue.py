"""S4: a whole venue falls through its books: the median of its assets drops a tenth while trading there halves.

The fast twin of `void`, over a venue. Blind with fewer than four assets that traded lately, and while the feed is cut:
that halves the rate too.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from detector.about import About
from detector.overview import NS, Listed, Overview
from detector.verdict import ANY, CALM, EMERGENCY, Verdict, calm, towards, unknown
from schemas.alert import Evidence

RULE = "S4.venue_fall_without_trades/1"

ABOUT = (
    About(
        rule=RULE,
        stage="S4",
        place="venue",
        told="liquidity void",
        sees="the median of at least four assets down (or up) a tenth in a minute while trading there halves",
        blind="fewer than four assets that traded lately; a venue without any trade for three seconds, or just after",
        reads=("trades",),
        source="in a void activity falls: measured on twelve markets of 10 October 2025",
        clears="the median moves less than 5 % in a minute, for a minute",
        limits=("void.fall", "void.rate_share", "void.median_assets", "void.alive_s"),
    ),
)


def evaluate(view: Overview) -> Iterator[Verdict]:
    """One verdict a venue."""
    for venue, markets in view.venues():
        yield _venue(view, venue, markets)


def _venue(view: Overview, venue: str, markets: list[Listed]) -> Verdict:
    limits, stale_s = view.config.void, view.config.timing.price_stale_s
    known = [
        (market.move_60s, market)
        for _, market in markets
        if market.move_60s is not None and market.order_rate_ratio is not None and view.fresh(market, stale_s)
    ]
    if len(known) < limits.median_assets or view.silent_ns(venue) > limits.alive_s * NS:
        return unknown(RULE, "S4", venue, ANY)
    move = median(move for move, _ in known)
    if abs(move) < limits.fall / 2:
        return calm(RULE, "S4", venue, ANY)
    if not view.flows(venue):
        return unknown(RULE, "S4", venue, ANY)  # a hole in the feed halves the rate as well
    peak = sum(market.trades_peak_per_s for _, market in known)
    slow = sum(market.trades_per_s for _, market in known) / max(peak, 1e-9)
    on = abs(move) >= limits.fall and slow < limits.rate_share
    evidence = (
        Evidence(signal="median_move_60s", value=round(move, 4), threshold=limits.fall, unit="fraction"),
        Evidence(signal="trade_rate_over_peak", value=round(slow, 2), threshold=limits.rate_share, unit="ratio"),
    )
    severity = EMERGENCY if on else CALM
    return Verdict(RULE, "S4", venue, ANY, severity, True, direction=towards(move), evidence=evidence if on else ())
