"""S2: dollars liquidated a minute over the whole market.

Judged is the sum of what venues report: a lower bound where feeds are sampled, with the estimate beside it. Blind where
no connected venue shows liquidations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detector.about import About
from detector.overview import Overview, liquidated
from detector.throttle import sentence
from detector.verdict import ANY, CALM, CRITICAL, Verdict, unknown
from schemas.alert import MARKET, Evidence
from schemas.reading import MarketReading

RULE = "S2.liquidations_market/1"

ABOUT = (
    About(
        rule=RULE,
        stage="S2",
        place="market",
        told="liquidations everywhere",
        sees="fifty million reported dollars a minute over all connected venues",
        blind="no connected venue has shown a liquidation; what throttles hide",
        reads=("liquidations",),
        source="running sum of a minute",
        clears="below half of the line for a minute",
        limits=("flow.market_critical_usd_min",),
    ),
)


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
        evidence=(
            Evidence(
                signal="liquidations_60s", value=round(total, 0), threshold=threshold, unit="USD", note=_note(seen)
            ),
        )
        if severity
        else (),
    )


def _note(markets: Sequence[MarketReading]) -> str:
    """What the sum leaves out; nothing where all feeds are complete."""
    told = liquidated(markets)
    if told is None or told.methods == ("complete",):
        return ""
    if told.methods == ("partial",):
        return sentence(told.reported_usd, None, "", told.upper_usd)
    methods = "; ".join(method for method in told.methods if method != "partial")
    as_reported = f"; {told.partial} of the markets as reported" if told.partial else ""
    return sentence(told.reported_usd, told.estimate_usd, methods + as_reported, told.upper_usd)
