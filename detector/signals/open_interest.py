"""S2: open interest flushed, and forced notional against the depth that was there before (V/D).

Open interest also falls when people close by choice: an upper bound of what was forced. V/D divides by the *usual* 1 %
depth (the hour's median), never by the collapsed one. Blind between the venue's updates, and without a warm book.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.market import Market
from detector.quotes import ASK, BID, ONE_PERCENT, cell
from detector.verdict import CALM, CRITICAL, HIGH, WARN, WATCH, Verdict, calm, grade, towards, unknown
from detector.world import World
from schemas.alert import Direction, Evidence

FLUSH = "S2.open_interest/1"
PRESSURE = "S2.forced_over_depth/1"


def evaluate(world: World) -> Iterator[Verdict]:
    """Two verdicts a market."""
    for market in world.markets.values():
        if market.instrument.market != "spot":
            yield _flush(world, market)
            yield _pressure(world, market)


def _flush(world: World, market: Market) -> Verdict:
    flow, trading = world.config.flow, market.trading
    change = market.forced.oi_change_300s
    if change is None or trading.move_300s is None or trading.sigma is None:
        return unknown(FLUSH, "S2", market.venue, market.asset)
    if -change < flow.oi_warn / 2:
        return calm(FLUSH, "S2", market.venue, market.asset)
    sigma = max(trading.sigma, world.config.shock.sigma_floor) * 5**0.5
    moved = abs(trading.move_300s) >= flow.asset_sigma * sigma
    lost = -change
    severity = grade(lost, (flow.oi_warn, WARN), (flow.oi_high, HIGH), (flow.oi_critical, CRITICAL)) if moved else CALM
    evidence = (
        Evidence(signal="open_interest_300s", value=round(change, 4), threshold=-flow.oi_warn, unit="fraction"),
        Evidence(signal="move_300s", value=round(trading.move_300s, 5), baseline=round(sigma, 5), unit="fraction"),
    )
    direction = towards(trading.move_300s)
    return Verdict(
        FLUSH,
        "S2",
        market.venue,
        market.asset,
        severity,
        True,
        direction=direction,
        evidence=evidence if severity else (),
    )


def _pressure(world: World, market: Market) -> Verdict:
    flow, quotes = world.config.flow, market.quotes
    usual = (quotes.usual_depth[cell(BID, ONE_PERCENT)].value, quotes.usual_depth[cell(ASK, ONE_PERCENT)].value)
    if not market.forced.seen or not usual[0] or not usual[1]:
        return unknown(PRESSURE, "S2", market.venue, market.asset)
    forced = market.forced.five_minutes_usd(world.now_ns)
    direction: Direction = "down" if market.forced.direction(world.now_ns) == "down" else "up"
    depth = usual[0] if direction == "down" else usual[1]
    ratio = forced / depth
    if ratio < flow.vd_watch / 2 or forced < world.floor_usd_min(market.asset) / 2:
        return calm(PRESSURE, "S2", market.venue, market.asset)
    severity = grade(ratio, (flow.vd_watch, WATCH), (flow.vd_warn, WARN), (flow.vd_critical, CRITICAL))
    if forced < world.floor_usd_min(market.asset):
        severity = CALM  # a few dollars against the depth of a dead market
    evidence = (
        Evidence(signal="forced_over_depth", value=round(ratio, 2), threshold=flow.vd_watch, unit="ratio"),
        Evidence(signal="liquidations_300s", value=round(forced, 0), baseline=round(depth, 0), unit="USD"),
    )
    return Verdict(
        PRESSURE,
        "S2",
        market.venue,
        market.asset,
        severity,
        True,
        direction=direction,
        evidence=evidence if severity else (),
    )
