"""S2: dollars liquidated a minute over the whole market.

The sum of what venues report: a lower bound where feeds are sampled. Blind where no connected venue shows liquidations.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.overview import Overview
from detector.verdict import ANY, CALM, CRITICAL, Verdict, unknown
from schemas.alert import MARKET, Evidence

RULE = "S2.liquidations_market/1"


def evaluate(view: Overview) -> Iterator[Verdict]:
    """One verdict for the market."""
    threshold = view.config.flow.market_critical_usd_min
    seen = [market for _, market in view.markets if market.liquidations_seen]
    if not seen:
        yield unknown(RULE, "S2")
        return
    longs = sum(market.liquidated_longs_usd for market in seen)
    shorts = sum(market.liquidated_shorts_usd for market in seen)
    total = longs + shorts
    severity = CRITICAL if total >= threshold else CALM
    yield Verdict(
        RULE,
        "S2",
        MARKET,
        ANY,
        severity,
        total >= threshold / 2,
        direction="down" if longs >= shorts else "up",
        evidence=(Evidence(signal="liquidations_60s", value=round(total, 0), threshold=threshold, unit="USD"),)
        if severity
        else (),
    )
