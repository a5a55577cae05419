"""S4: price falls through a book that is gone. In the void activity *falls* while each dollar moves the price more.

Three looks: the fast twin (a tenth in a minute while trading halves from its five-minute peak), Kyle's λ many times
its usual with a 2 % minute behind it, and a book whose 1 % depth is all but gone with a spread many times its usual.
Blind for the first ten minutes; λ lags the twin by minutes because it needs flow.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.market import Market
from detector.quotes import ASK, BID
from detector.verdict import CALM, HIGH, WARN, Verdict, calm, towards, unknown
from detector.world import NS, World
from schemas.alert import Direction, Evidence

TWIN = "S4.fall_without_trades/1"
IMPACT = "S4.impact/1"
EMPTY = "S4.empty_book/1"


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
    slow = trading.rate / max(trading.rate_peak, 1e-9)
    on = abs(move) >= limits.fall and slow < limits.rate_share
    evidence = (
        Evidence(signal="move_60s", value=round(move, 4), threshold=limits.fall, unit="fraction"),
        Evidence(signal="trade_rate_over_peak", value=round(slow, 2), threshold=limits.rate_share, unit="ratio"),
    )
    return Verdict(
        TWIN,
        "S4",
        market.venue,
        market.asset,
        HIGH if on else CALM,
        True,
        direction=towards(move),
        evidence=evidence if on else (),
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
        Evidence(
            signal="impact",
            value=round(trading.impact_ratio, 1),
            baseline=1.0,
            threshold=limits.impact_on,
            unit="x usual",
        ),
        Evidence(signal="move_60s", value=round(trading.move_60s, 4), threshold=limits.impact_move, unit="fraction"),
    )
    return Verdict(
        IMPACT,
        "S4",
        market.venue,
        market.asset,
        WARN if on else CALM,
        True,
        direction=towards(trading.move_60s),
        evidence=evidence if on else (),
    )


def _empty(world: World, market: Market) -> Verdict:
    limits, quotes = world.config.withdrawal, market.quotes
    sides: tuple[tuple[int, Direction], ...] = ((BID, "down"), (ASK, "up"))
    ratios = [(ratio, way) for side, way in sides if (ratio := quotes.confirmed_ratio(side)) is not None]
    if not ratios or quotes.spread_ratio is None:
        return unknown(EMPTY, "S4", market.venue, market.asset)
    depth, direction = min(ratios)
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
