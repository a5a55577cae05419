"""S2 on one market: its own move beyond 8 σ and a floor, with ten times its usual orders.

Sees a cascade of a single asset. Blind to who traded: without a liquidation feed a listing or a piece of news looks
alike,
so this never pages for the market alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.verdict import CALM, WARN, Verdict, calm, towards, unknown
from detector.world import World
from schemas.alert import Evidence

RULE = "S2.asset_move/1"


def evaluate(world: World) -> Iterator[Verdict]:
    """One verdict a market."""
    flow, floor = world.config.flow, world.config.shock.sigma_floor
    for market in world.markets.values():
        trading = market.trading
        if trading.move_60s is None or trading.sigma is None or trading.rate_ratio is None:
            yield unknown(RULE, "S2", market.venue, market.asset)
            continue
        size = abs(trading.move_60s)
        z = size / max(trading.sigma, floor)
        on = z >= flow.asset_sigma and size >= flow.asset_move and trading.rate_ratio >= flow.asset_rate_on
        holds = z >= flow.asset_sigma / 2 and size >= flow.asset_move / 2
        if not (on or holds):
            yield calm(RULE, "S2", market.venue, market.asset)
            continue
        yield Verdict(
            RULE,
            "S2",
            market.venue,
            market.asset,
            WARN if on else CALM,
            holds,
            direction=towards(trading.move_60s),
            evidence=(
                Evidence(
                    signal="move_60s",
                    value=round(trading.move_60s, 5),
                    baseline=round(trading.sigma, 5),
                    unit="fraction",
                ),
                Evidence(signal="move_sigma", value=round(z, 1), threshold=flow.asset_sigma, unit="sigma"),
                Evidence(signal="order_rate", value=round(trading.rate_ratio, 1), baseline=1.0, unit="x usual"),
            ),
        )
