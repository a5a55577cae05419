"""S3: makers take their orders away. Depth within 0.5, 1 and 2 % of mid against its hour's median, and the spread.

Both the 1 % band and a neighbour must fall: one order moves one band, makers move all. Blind while the book is crossed,
frozen, ghosted, in a gap, or its bands are still being learnt; says so instead of zero.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.about import About
from detector.beside import beside
from detector.makers import thinner_side
from detector.market import Market
from detector.quotes import BID, ONE_PERCENT, cell
from detector.verdict import CALM, CRITICAL, HIGH, WARN, Verdict, calm, grade, unknown
from detector.world import World
from schemas.alert import Direction, Evidence

DEPTH = "S3.depth/1"
SPREAD = "S3.spread/1"

ABOUT = (
    About(
        rule=DEPTH,
        stage="S3",
        place="venue and asset",
        told="liquidity withdrawn",
        sees="depth within 1 % and a neighbouring band below 0.6, 0.33, 0.15 of the own hour, for ten seconds",
        blind="a book that is crossed, frozen, ghosted, in a gap, or not known far enough",
        reads=("book",),
        source="resting notional within x of mid over its median of an hour, per side",
        clears="depth above 0.8 of its hour for a minute",
        limits=(
            "withdrawal.depth_warn",
            "withdrawal.depth_high",
            "withdrawal.depth_critical",
            "withdrawal.depth_confirm_s",
        ),
    ),
    About(
        rule=SPREAD,
        stage="S3",
        place="venue and asset",
        told="liquidity withdrawn",
        sees="spread at five or twenty times its usual and at least 2 bp, for ten seconds",
        blind="no warm book",
        reads=("book",),
        source="(ask - bid) / mid over its median of an hour",
        clears="spread below 2.5 times its usual for a minute",
        limits=("withdrawal.spread_warn", "withdrawal.spread_high", "withdrawal.spread_floor_bp"),
    ),
)


def evaluate(world: World) -> Iterator[Verdict]:
    """Two verdicts a market that has a book."""
    for market in world.markets.values():
        if market.quotes.book is None:
            continue
        yield _depth(world, market)
        yield _spread(world, market)


def _depth(world: World, market: Market) -> Verdict:
    limits = world.config.withdrawal
    thinner = thinner_side(market.quotes)
    if thinner is None:
        return unknown(DEPTH, "S3", market.venue, market.asset)
    ratio, side = thinner
    if ratio >= (1 + limits.depth_warn) / 2:
        return calm(DEPTH, "S3", market.venue, market.asset)
    thin = 1.0 / max(ratio, 1e-6)
    severity = grade(
        thin, (1 / limits.depth_warn, WARN), (1 / limits.depth_high, HIGH), (1 / limits.depth_critical, CRITICAL)
    )
    quotes = market.quotes
    where = cell(side, ONE_PERCENT)
    direction: Direction = "down" if side == BID else "up"
    if not severity:
        return Verdict(DEPTH, "S3", market.venue, market.asset, CALM, True)
    evidence = (
        beside(
            quotes.usual_depth[where],
            signal=f"{'bid' if side == BID else 'ask'}_depth_1pct",
            value=quotes.depth_usd[where],
            digits=0,
            unit="USD",
            note=quotes.bands[where].state,
        ),
        Evidence(signal="depth_ratio", value=round(ratio, 3), baseline=1.0, threshold=limits.depth_warn, unit="ratio"),
    )
    return Verdict(
        DEPTH,
        "S3",
        market.venue,
        market.asset,
        severity,
        True,
        direction=direction,
        confirm=limits.depth_confirm_s,
        evidence=evidence,
    )


def _spread(world: World, market: Market) -> Verdict:
    limits, quotes = world.config.withdrawal, market.quotes
    if quotes.spread is None or quotes.spread_ratio is None:
        return unknown(SPREAD, "S3", market.venue, market.asset)
    floor = max(limits.spread_floor_bp / 1e4, quotes.least_spread)
    if quotes.spread < floor or quotes.spread_ratio < limits.spread_warn / 2:
        return calm(SPREAD, "S3", market.venue, market.asset)
    severity = grade(quotes.spread_ratio, (limits.spread_warn, WARN), (limits.spread_high, HIGH))
    if not severity:
        return Verdict(SPREAD, "S3", market.venue, market.asset, CALM, True)
    evidence = (
        beside(
            quotes.usual_spread,
            signal="spread_share",
            value=quotes.spread,
            digits=6,
            threshold=floor,
            unit="fraction",
        ),
        Evidence(
            signal="spread_ratio",
            value=round(quotes.spread_ratio, 1),
            baseline=1.0,
            threshold=limits.spread_warn,
            unit="x usual",
        ),
    )
    return Verdict(
        SPREAD, "S3", market.venue, market.asset, severity, True, confirm=limits.depth_confirm_s, evidence=evidence
    )
