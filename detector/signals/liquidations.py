"""S2: dollars liquidated a minute, per market.

Judged is what the venue reports: a lower bound where the feed is sampled (`saturated` when it prints in half of all
seconds and has stopped counting), and never what we estimate, which is told beside it. Blind where a venue shows no
liquidations; blind does not mean none.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.throttle import words
from detector.verdict import CRITICAL, HIGH, WARN, Verdict, calm, grade, unknown
from detector.world import World
from schemas.alert import Direction, Evidence

RULE = "S2.liquidations/1"


def evaluate(world: World) -> Iterator[Verdict]:
    """One verdict a market."""
    flow, now_ns = world.config.flow, world.now_ns
    for market in world.markets.values():
        forced = market.forced
        if not forced.seen:
            yield unknown(RULE, "S2", market.venue, market.asset)
            continue
        usd = forced.minute_usd(now_ns)
        direction: Direction = "down" if forced.direction(now_ns) == "down" else "up"
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
        told = words(forced.estimate) if forced.estimate is not None else ""
        note = "; ".join(filter(None, (told, "saturated" if saturated else "")))
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
