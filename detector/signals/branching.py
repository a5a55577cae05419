"""S1: the order flow excites itself. Branching ratio of the pooled orders (Hawkes 1971; Hardiman & Bouchaud 2014).

Sees a shock within ten seconds. Blind for its first ten minutes, and holds over for ten minutes after one burst.
Level alone
is no alarm (markets are near-critical in any busy hour), hence the second condition on the rate.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.about import About
from detector.overview import Overview
from detector.verdict import ANY, CALM, WATCH, Verdict, towards, unknown
from schemas.alert import MARKET, Evidence

RULE = "S1.branching/1"

ABOUT = (
    About(
        rule=RULE,
        stage="S1",
        place="market",
        told="the order flow excites itself",
        sees="branching ratio of the pooled orders above 0.85 while they come at three times their usual rate",
        blind="its first ten minutes; fewer than 0.2 orders a second; holds over for ten minutes after one burst",
        reads=("trades",),
        source="Hawkes 1971; variance estimator of Hardiman and Bouchaud 2014",
        clears="branching ratio below 0.80, or orders below 1.5 times their usual rate",
        limits=("shock.branching_on", "shock.branching_off", "shock.rate_on"),
    ),
)


def evaluate(view: Overview) -> Iterator[Verdict]:
    """One verdict for the market."""
    pool, shock = view.pool, view.config.shock
    if pool.sells.value is None or pool.buys.value is None or pool.rate_ratio_60s is None:
        yield unknown(RULE, "S1")
        return
    value = max(pool.sells.value, pool.buys.value)
    rate = max(pool.rate_ratio_60s, pool.rate_ratio_10s or 0.0)
    on = value > shock.branching_on and rate > shock.rate_on
    yield Verdict(
        RULE,
        "S1",
        MARKET,
        ANY,
        WATCH if on else CALM,
        value > shock.branching_off and rate > shock.rate_on * 0.5,
        direction=towards(view.middle_move),
        evidence=(
            Evidence(signal="branching_ratio", value=round(value, 3), threshold=shock.branching_on, unit="ratio"),
            Evidence(signal="order_rate", value=round(rate, 1), baseline=1.0, threshold=shock.rate_on, unit="x usual"),
        )
        if on
        else (),
    )
