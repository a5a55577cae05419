"""S1 and S2: most assets move the same way at once, far beyond their own σ and an absolute floor.

Breadth alone is a shock (S1); breadth with ten times the usual order rate is a move with flow behind it (S2). Blind
until
enough assets have ten minutes of history; a cascade of one asset is another rule's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from detector.verdict import ANY, CALM, WARN, WATCH, Verdict, unknown
from detector.world import World
from schemas.alert import MARKET, Direction, Evidence

SHOCK = "S1.breadth/1"
FLOW = "S2.breadth/1"


def asset_moves(world: World) -> dict[str, tuple[float, float]]:
    """For each asset with fresh prices the median over its markets of (60-s move, move in σ)."""
    floor, stale = world.config.shock.sigma_floor, 6 * world.config.timing.price_stale_s
    moves: dict[str, tuple[float, float]] = {}
    for asset, markets in world.assets():
        if asset in world.config.collateral.pegs:
            continue
        found = [
            (trading.move_60s, trading.move_60s / max(trading.sigma, floor))
            for market in markets
            if (trading := market.trading).move_60s is not None
            and trading.sigma is not None
            and trading.fresh(world.now_ns, stale)
        ]
        if found:
            moves[asset] = (median(m for m, _ in found), median(z for _, z in found))
    return moves


def evaluate(world: World) -> Iterator[Verdict]:
    """One verdict for the shock and one for the flow behind it."""
    shock, flow = world.config.shock, world.config.flow
    moves = asset_moves(world)
    rate = world.pool.rate_ratio_10s
    if len(moves) < shock.few_assets:
        yield unknown(SHOCK, "S1")
        yield unknown(FLOW, "S2")
        return
    needed = shock.breadth_share if len(moves) >= shock.breadth_assets else 1.0
    shares = {
        sign: sum(
            1 for move, z in moves.values() if sign * z > shock.breadth_sigma and sign * move >= shock.breadth_move
        )
        / len(moves)
        for sign in (-1, 1)
    }
    sign = -1 if shares[-1] >= shares[1] else 1
    share = shares[sign]
    middle = median(move for move, _ in moves.values())
    evidence = (
        Evidence(signal="breadth", value=round(share, 2), threshold=needed, unit="share of assets"),
        Evidence(
            signal="median_move_60s", value=round(middle, 5), threshold=sign * shock.breadth_move, unit="fraction"
        ),
        Evidence(signal="order_rate_10s", value=None if rate is None else round(rate, 1), baseline=1.0, unit="x usual"),
    )
    on = share >= needed
    holds = share >= needed * 0.5
    direction: Direction = "down" if sign < 0 else "up"
    yield Verdict(
        SHOCK, "S1", MARKET, ANY, WATCH if on else CALM, holds, direction=direction, evidence=evidence if on else ()
    )
    if rate is None:
        yield unknown(FLOW, "S2")
        return
    forced = on and rate > flow.market_rate_on
    # Between two waves prices pause while the flow goes on exciting itself: that is not the end of it.
    excited = max(world.pool.sells.value or 0.0, world.pool.buys.value or 0.0) > shock.branching_off
    still = holds or (excited and rate > flow.market_rate_on * 0.5)
    yield Verdict(
        FLOW,
        "S2",
        MARKET,
        ANY,
        WARN if forced else CALM,
        still,
        direction=direction,
        evidence=evidence if forced else (),
    )
