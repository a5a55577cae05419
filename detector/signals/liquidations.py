"""S2: dollars liquidated a minute, per market.

Judged is what the venue reports: a lower bound where the feed is sampled (`saturated` when it prints in half of all
seconds and has stopped counting), and never what we estimate, which is told beside it. Blind where a venue shows no
liquidations; blind does not mean none.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.about import About
from detector.throttle import words
from detector.verdict import CRITICAL, HIGH, WARN, Verdict, calm, grade, unknown
from detector.world import World
from schemas.alert import Direction, Evidence

RULE = "S2.liquidations/1"

ABOUT = (
    About(
        rule=RULE,
        stage="S2",
        place="venue and asset",
        told="liquidations",
        sees="reported dollars of a minute at 1, 5, 20 times the larger of a floor and the own P99.9 calm minute; "
        "a sampled feed that is saturated",
        blind="until the feed printed once; what a throttle hides (a lower bound, said so)",
        reads=("liquidations",),
        source="running sum of a minute",
        clears="below half of the line, and not saturated, for a minute",
        limits=(
            "flow.liquidation_warn",
            "flow.liquidation_high",
            "flow.liquidation_critical",
            "flow.major_floor_usd_min",
            "flow.large_floor_usd_min",
            "flow.other_floor_usd_min",
            "flow.saturated_share",
        ),
    ),
)


def evaluate(world: World) -> Iterator[Verdict]:
    """One verdict a market."""
    flow, now_ns = world.config.flow, world.now_ns
    for market in world.markets.values():
        forced = market.forced
        if not forced.seen:
            yield unknown(RULE, "S2", market.venue, market.asset)
            continue
        usd = forced.minute_usd(now_ns)
        floor = max(world.floor_usd_min(market.asset), forced.busy.value, forced.least_usd_min)
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
        direction: Direction = "down" if forced.direction(now_ns) == "down" else "up"
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
                    signal="liquidations_60s",
                    value=round(usd, 0),
                    baseline=round(forced.busy.value, 0),
                    threshold=round(floor, 0),
                    unit="USD",
                    note=note,
                ),
            ),
        )
