"""S2: dollars liquidated a minute, per market and over the market.

The figure is what the venue reports: a lower bound where the feed is sampled (`saturated` when it prints in half of all
seconds and has stopped counting). Blind where a venue shows no liquidations; blind does not mean none.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.verdict import ANY, CALM, CRITICAL, HIGH, WARN, Verdict, calm, grade, unknown
from detector.world import World
from schemas.alert import MARKET, Direction, Evidence

RULE = "S2.liquidations/1"
MARKET_RULE = "S2.liquidations_market/1"


def evaluate(world: World) -> Iterator[Verdict]:
    """One verdict a market, and one for all of them."""
    flow, now_ns = world.config.flow, world.now_ns
    total, net, anyone = 0.0, 0.0, False
    for market in world.markets.values():
        forced = market.forced
        if not forced.seen:
            yield unknown(RULE, "S2", market.venue, market.asset)
            continue
        anyone = True
        usd = forced.minute_usd(now_ns)
        total += usd
        direction: Direction = "down" if forced.direction(now_ns) == "down" else "up"
        net += usd if direction == "down" else -usd
        floor = max(world.floor_usd_min(market.asset), forced.busiest_minute_usd)
        ratio = usd / floor
        severity = grade(
            ratio, (flow.liquidation_warn, WARN), (flow.liquidation_high, HIGH), (flow.liquidation_critical, CRITICAL)
        )
        saturated = forced.sampled and forced.saturation >= flow.saturated_share
        if saturated:
            severity = max(severity, WARN)
        holds = ratio >= flow.liquidation_warn / 2 or saturated
        if not (severity or holds):
            yield calm(RULE, "S2", market.venue, market.asset)
            continue
        note = "lower bound: the feed is sampled" + (", saturated" if saturated else "") if forced.sampled else ""
        yield Verdict(
            RULE,
            "S2",
            market.venue,
            market.asset,
            severity,
            holds,
            direction=direction,
            confirm=1 if ratio >= 2 * flow.liquidation_warn else 2,
            evidence=(
                Evidence(
                    signal="liquidations_60s", value=round(usd, 0), threshold=round(floor, 0), unit="USD", note=note
                ),
            ),
        )
    if not anyone:
        yield unknown(MARKET_RULE, "S2")
        return
    severity = CRITICAL if total >= flow.market_critical_usd_min else CALM
    yield Verdict(
        MARKET_RULE,
        "S2",
        MARKET,
        ANY,
        severity,
        total >= flow.market_critical_usd_min / 2,
        direction="down" if net >= 0 else "up",
        evidence=(
            Evidence(
                signal="liquidations_60s", value=round(total, 0), threshold=flow.market_critical_usd_min, unit="USD"
            ),
        )
        if severity
        else (),
    )
