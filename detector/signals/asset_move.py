"""S2 on one market: its own move beyond 8 σ and a floor, with ten times its usual orders.

Sees a cascade of a single asset. Blind to who traded: without a liquidation feed a listing or a piece of news looks
alike,
so this never pages for the market alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.about import About
from detector.beside import beside
from detector.verdict import CALM, WARN, Verdict, calm, towards, unknown
from detector.world import World

RULE = "S2.asset_move/1"

ABOUT = (
    About(
        rule=RULE,
        stage="S2",
        place="venue and asset",
        told="one asset moves alone",
        sees="one market's move of a minute beyond 8 σ and 1.5 %, with ten times its usual orders",
        blind="its first ten minutes; who traded: a listing or news looks alike",
        reads=("trades",),
        source="robust z of returns against the own hour, with an absolute floor",
        clears="the move of a minute is below half of both lines",
        limits=("flow.asset_sigma", "flow.asset_move", "flow.asset_rate_on", "shock.sigma_floor"),
    ),
)


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
            evidence=()
            if not on
            else (
                beside(
                    trading.usual_move,
                    signal="move_60s_size",
                    value=size,
                    digits=5,
                    threshold=max(flow.asset_move, flow.asset_sigma * max(trading.sigma, floor)),
                    unit="fraction",
                ),
                beside(
                    trading.usual_rate,
                    signal="orders",
                    value=trading.orders_60s.total / 60.0,
                    digits=2,
                    threshold=flow.asset_rate_on * max(trading.usual_rate.value or 0.0, 1 / 60.0),
                    unit="1/s",
                ),
            ),
        )
