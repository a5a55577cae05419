"""S2: open interest flushed, and forced notional against the depth that was there before (V/D).

Open interest also falls when people close by choice: an upper bound of what was forced. V/D divides by the *usual* 1 %
depth (the hour's median), never by the collapsed one. Blind between the venue's updates, and without a warm book.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.about import About
from detector.market import Market
from detector.pressure import pressure
from detector.verdict import CALM, CRITICAL, HIGH, WARN, WATCH, Verdict, calm, grade, towards, unknown
from detector.world import World
from schemas.alert import Evidence

FLUSH = "S2.open_interest/1"
PRESSURE = "S2.forced_over_depth/1"

ABOUT = (
    About(
        rule=FLUSH,
        stage="S2",
        place="venue and asset",
        told="open interest flushed",
        sees="open interest down 2, 5, 10 % in five minutes with a move of 8 σ",
        blind="no open interest on the wire; between the venue's updates; closing by choice looks alike",
        reads=("open interest", "trades"),
        source="relative change of five minutes",
        clears="down less than 1 % in five minutes, for a minute",
        limits=("flow.oi_warn", "flow.oi_high", "flow.oi_critical", "flow.asset_sigma"),
    ),
    About(
        rule=PRESSURE,
        stage="S2",
        place="venue and asset",
        told="forced flow beyond the book",
        sees="liquidations of five minutes at 0.66, 1.4, 4.55 times the usual depth within 1 %",
        blind="no liquidations or no warm book",
        reads=("liquidations", "book"),
        source="V/D with the depth of the hour before: p99 of the normal, median and p90 of 636 liquidation events",
        clears="below 0.33 of the usual depth for a minute",
        limits=("flow.vd_watch", "flow.vd_warn", "flow.vd_critical"),
    ),
)


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
    flow = world.config.flow
    found = pressure(market, world.now_ns)
    if found is None:
        return unknown(PRESSURE, "S2", market.venue, market.asset)
    ratio, forced, depth, direction = found
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
