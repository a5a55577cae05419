"""S1 and S2: most assets move the same way at once, far beyond their own σ and an absolute floor.

Breadth alone is a shock (S1); breadth with ten times the usual order rate is a move with flow behind it (S2). Blind
until
enough assets have ten minutes of history; a cascade of one asset is another rule's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from detector.about import About
from detector.overview import Overview
from detector.stats.middle import middle
from detector.verdict import ANY, CALM, WARN, WATCH, Verdict, unknown
from schemas.alert import MARKET, Direction, Evidence

SHOCK = "S1.breadth/1"
FLOW = "S2.breadth/1"

ABOUT = (
    About(
        rule=SHOCK,
        stage="S1",
        place="market",
        told="most assets move at once",
        sees="three quarters of at least six assets (all of three to five) beyond 5 σ and 0.6 % in a minute, one way",
        blind="fewer than three assets with ten minutes of history",
        reads=("trades",),
        source="share of assets beyond a robust z and an absolute floor",
        clears="fewer than half of the assets needed are beyond the lines",
        limits=(
            "shock.breadth_share",
            "shock.breadth_assets",
            "shock.few_assets",
            "shock.breadth_sigma",
            "shock.breadth_move",
            "shock.sigma_floor",
        ),
    ),
    About(
        rule=FLOW,
        stage="S2",
        place="market",
        told="one-sided flow behind it",
        sees="the same breadth with more than ten times the usual orders",
        blind="as the shock by breadth; usual orders below 0.2 a second",
        reads=("trades",),
        source="as the shock by breadth, gated by the pooled order rate",
        clears="breadth below half, and no self-excited flow at five times the usual rate",
        limits=("shock.breadth_share", "shock.breadth_sigma", "shock.breadth_move", "flow.market_rate_on"),
    ),
)


def asset_moves(view: Overview) -> dict[str, tuple[float, float]]:
    """For each asset with fresh prices the median over its markets of (60-s move, move in σ)."""
    floor, stale = view.config.shock.sigma_floor, 6 * view.config.timing.price_stale_s
    moves: dict[str, tuple[float, float]] = {}
    for asset in view.assets:
        if asset.asset in view.config.collateral.pegs:
            continue
        found = [
            (market.move_60s, market.move_60s / max(market.sigma, floor))
            for market in asset.markets
            if market.move_60s is not None and market.sigma is not None and view.fresh(market, stale)
        ]
        if found:
            moves[asset.asset] = (middle(m for m, _ in found), middle(z for _, z in found))
    return moves


def evaluate(view: Overview) -> Iterator[Verdict]:
    """One verdict for the shock and one for the flow behind it."""
    shock, flow = view.config.shock, view.config.flow
    moves = asset_moves(view)
    rate = view.pool.rate_ratio_10s
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
    excited = max(view.pool.sells.value or 0.0, view.pool.buys.value or 0.0) > shock.branching_off
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
