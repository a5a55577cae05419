"""S4: price falls through a book that is gone. In the void activity *falls* while each dollar moves the price more.

Three looks: the fast twin (a tenth in a minute while trading halves from its five-minute peak), Kyle's λ many times
its usual with a 2 % minute behind it, and a book whose 1 % depth is all but gone with a spread many times its usual.
Blind for the first ten minutes; λ lags the twin by minutes because it needs flow.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.about import About
from detector.beside import beside
from detector.makers import thinner_side
from detector.market import Market
from detector.quotes import BID
from detector.verdict import CALM, HIGH, WARN, Verdict, calm, towards, unknown
from detector.world import NS, World
from schemas.alert import Direction, Evidence

TWIN = "S4.fall_without_trades/1"
IMPACT = "S4.impact/1"
EMPTY = "S4.empty_book/1"

ABOUT = (
    About(
        rule=TWIN,
        stage="S4",
        place="venue and asset",
        told="liquidity void",
        sees="one market down (or up) a tenth in a minute while its trading halves from the peak of five minutes",
        blind="its first ten minutes; a venue without any trade for three seconds, or just after",
        reads=("trades",),
        source="in a void activity falls: measured on twelve markets of 10 October 2025",
        clears="the move of a minute below 5 %, for a minute",
        limits=("void.fall", "void.rate_share", "void.alive_s"),
    ),
    About(
        rule=IMPACT,
        stage="S4",
        place="venue and asset",
        told="impact per dollar up",
        sees="Kyle's λ at five times its usual with a move of 2 % in the minute",
        blind="notional unknown; no flow; lags the fall without trades by minutes",
        reads=("trades",),
        source="Kyle 1985: cov(Δm, Q) / var(Q), one-minute memory",
        clears="λ below 2.5 times its usual, or the move below 1 %, for a minute",
        limits=("void.impact_on", "void.impact_move"),
    ),
    About(
        rule=EMPTY,
        stage="S4",
        place="venue and asset",
        told="liquidity void",
        sees="depth within 1 %, confirmed by a neighbour, below 0.05 of usual, or 0.15 with twenty times the spread",
        blind="no warm book",
        reads=("book",),
        source="two of three: depth gone, spread gone, impact up",
        clears="depth above 0.3 of its hour for a minute",
        limits=("withdrawal.depth_void", "withdrawal.depth_critical", "withdrawal.spread_high"),
    ),
)


def evaluate(world: World) -> Iterator[Verdict]:
    """Three verdicts a market."""
    for market in world.markets.values():
        yield _twin(world, market)
        yield _impact(world, market)
        if market.quotes.book is not None:
            yield _empty(world, market)


def _twin(world: World, market: Market) -> Verdict:
    limits, trading = world.config.void, market.trading
    move = trading.move_60s
    if move is None or trading.rate_ratio is None or world.silent_ns(market.venue) > limits.alive_s * NS:
        return unknown(TWIN, "S4", market.venue, market.asset)
    if abs(move) < limits.fall / 2:
        return calm(TWIN, "S4", market.venue, market.asset)
    if not world.flows(market.venue):
        return unknown(TWIN, "S4", market.venue, market.asset)  # a hole in the feed halves the rate as well
    slow = trading.rate / max(trading.rate_peak, 1e-9)
    on = abs(move) >= limits.fall and slow < limits.rate_share
    evidence = (
        ()
        if not on
        else (
            beside(
                trading.usual_move,
                signal="move_60s_size",
                value=abs(move),
                digits=4,
                threshold=limits.fall,
                unit="fraction",
            ),
            Evidence(signal="trade_rate_over_peak", value=round(slow, 2), threshold=limits.rate_share, unit="ratio"),
        )
    )
    return Verdict(
        TWIN,
        "S4",
        market.venue,
        market.asset,
        HIGH if on else CALM,
        True,
        direction=towards(move),
        evidence=evidence,
    )


def _impact(world: World, market: Market) -> Verdict:
    limits, trading = world.config.void, market.trading
    if trading.impact_ratio is None or trading.move_60s is None:
        return unknown(IMPACT, "S4", market.venue, market.asset)
    holds = trading.impact_ratio > limits.impact_on / 2 and abs(trading.move_60s) >= limits.impact_move / 2
    if not holds:
        return calm(IMPACT, "S4", market.venue, market.asset)
    on = trading.impact_ratio > limits.impact_on and abs(trading.move_60s) >= limits.impact_move
    evidence = (
        ()
        if not on
        else (
            beside(
                trading.usual_impact,
                signal="impact",
                value=trading.kyle.value,
                digits=3,
                threshold=limits.impact_on * (trading.usual_impact.value or 0.0),
                unit="bp per 100 k$",
            ),
            beside(
                trading.usual_move,
                signal="move_60s_size",
                value=abs(trading.move_60s),
                digits=4,
                threshold=limits.impact_move,
                unit="fraction",
            ),
        )
    )
    return Verdict(
        IMPACT,
        "S4",
        market.venue,
        market.asset,
        WARN if on else CALM,
        True,
        direction=towards(trading.move_60s),
        evidence=evidence,
    )


def _empty(world: World, market: Market) -> Verdict:
    limits, quotes = world.config.withdrawal, market.quotes
    thinner = thinner_side(quotes)
    if thinner is None or quotes.spread_ratio is None:
        return unknown(EMPTY, "S4", market.venue, market.asset)
    depth, side = thinner
    direction: Direction = "down" if side == BID else "up"
    if depth >= 2 * limits.depth_critical:
        return calm(EMPTY, "S4", market.venue, market.asset)
    thin_and_wide = depth < limits.depth_critical and quotes.spread_ratio > limits.spread_high
    on = thin_and_wide or depth < limits.depth_void
    evidence: tuple[Evidence, ...] = (
        Evidence(signal="depth_ratio", value=round(depth, 4), baseline=1.0, threshold=limits.depth_void, unit="ratio"),
        Evidence(
            signal="spread_ratio",
            value=round(quotes.spread_ratio, 1),
            baseline=1.0,
            threshold=limits.spread_high,
            unit="x usual",
        ),
    )
    severity = HIGH if on else CALM
    if not on:
        evidence = ()
    return Verdict(
        EMPTY,
        "S4",
        market.venue,
        market.asset,
        severity,
        True,
        direction=direction,
        confirm=limits.depth_confirm_s,
        evidence=evidence,
    )
