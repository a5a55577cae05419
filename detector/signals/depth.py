"""S3: makers take their orders away. Depth within 0.5, 1 and 2 % of mid against its hour's median, and the spread.

Both the 1 % band and a neighbour must fall: one order moves one band, makers move all. Blind while the book is crossed,
frozen, ghosted, in a gap, or its bands are still being learnt; says so instead of zero.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.market import Market
from detector.quotes import ASK, BID, ONE_PERCENT, cell
from detector.verdict import CALM, CRITICAL, HIGH, WARN, Verdict, calm, grade, unknown
from detector.world import World
from schemas.alert import Direction, Evidence

DEPTH = "S3.depth/1"
SPREAD = "S3.spread/1"


def evaluate(world: World) -> Iterator[Verdict]:
    """Two verdicts a market that has a book."""
    for market in world.markets.values():
        if market.quotes.book is None:
            continue
        yield _depth(world, market)
        yield _spread(world, market)


def _depth(world: World, market: Market) -> Verdict:
    limits = world.config.withdrawal
    bid, ask = market.quotes.confirmed_ratio(BID), market.quotes.confirmed_ratio(ASK)
    if bid is None and ask is None:
        return unknown(DEPTH, "S3", market.venue, market.asset)
    known = [(ratio, side) for ratio, side in ((bid, BID), (ask, ASK)) if ratio is not None]
    ratio, side = min(known)
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
    usual = quotes.usual_depth[where].value
    evidence = (
        Evidence(
            signal=f"{'bid' if side == BID else 'ask'}_depth_1pct",
            value=round(quotes.depth_usd[where], 0),
            baseline=round(usual, 0) if usual else None,
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
    if quotes.spread * 1e4 < limits.spread_floor_bp or quotes.spread_ratio < limits.spread_warn / 2:
        return calm(SPREAD, "S3", market.venue, market.asset)
    severity = grade(quotes.spread_ratio, (limits.spread_warn, WARN), (limits.spread_high, HIGH))
    if not severity:
        return Verdict(SPREAD, "S3", market.venue, market.asset, CALM, True)
    evidence = (
        Evidence(signal="spread", value=round(quotes.spread * 1e4, 2), threshold=limits.spread_floor_bp, unit="bp"),
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
