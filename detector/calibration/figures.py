"""The figures of a market that a calibration knows: their names, where their baselines live, what they are now."""

from __future__ import annotations

from detector.calibration.calibrated import Calibrated
from detector.makers import WINDOW_S
from detector.market import Market
from detector.quotes import ASK, BID, HALF_PERCENT, ONE_PERCENT, TWO_PERCENT, cell
from detector.stats.rolling_median import RollingMedian

DEPTHS = {
    "bid_half_percent_usd": cell(BID, HALF_PERCENT),
    "bid_one_percent_usd": cell(BID, ONE_PERCENT),
    "bid_two_percent_usd": cell(BID, TWO_PERCENT),
    "ask_half_percent_usd": cell(ASK, HALF_PERCENT),
    "ask_one_percent_usd": cell(ASK, ONE_PERCENT),
    "ask_two_percent_usd": cell(ASK, TWO_PERCENT),
}
BASIS = "basis"
"""Of a market among the others of its asset: kept by the signal that compares them."""
FIGURES = (
    "move_60s",
    "orders_per_s",
    "impact",
    "spread",
    *DEPTHS,
    "book_changes_per_s",
    "book_messages_per_s",
    "delay_s",
    BASIS,
)
"""Fields of `Calibrated` that are a `Usual`."""
FLOORS = ("least_sigma", "least_spread", "least_liquidated_usd_min")
"""Those that are a `Floor`."""


def seed(market: Market, known: Calibrated) -> None:
    """Give a market that awakes the usual values of its calibration, and its floors."""
    for name, baseline in _baselines(market).items():
        usual = getattr(known, name)
        if usual is not None:
            baseline.seed(usual.quantiles)
    if known.least_sigma is not None:
        market.trading.least_sigma = known.least_sigma.value
    if known.least_spread is not None:
        market.quotes.least_spread = known.least_spread.value
    if known.least_liquidated_usd_min is not None:
        market.forced.least_usd_min = known.least_liquidated_usd_min.value


def figures_now(market: Market) -> dict[str, float]:
    """What a baseline would learn from in the second that was just closed; what is unknown is left out."""
    trading, quotes, makers = market.trading, market.quotes, market.makers
    quoting = makers.whole_s >= WINDOW_S and makers.messages_10s.total > 0
    impact = trading.kyle.value if trading.notional_known else None
    found = {
        "move_60s": abs(trading.move_60s) if trading.move_60s is not None else None,
        "orders_per_s": trading.orders_60s.total / 60.0,
        "impact": impact if impact is not None and impact > 0 else None,
        "spread": quotes.spread,
        "book_changes_per_s": makers.changes_10s.total / WINDOW_S if quoting else None,
        "book_messages_per_s": makers.messages_10s.total / WINDOW_S if quoting else None,
        "delay_s": market.delay.delay_s,
    } | {name: quotes.depth_usd[where] for name, where in DEPTHS.items()}
    return {name: value for name, value in found.items() if value is not None and value == value}


def _baselines(market: Market) -> dict[str, RollingMedian]:
    trading, quotes = market.trading, market.quotes
    return {
        "move_60s": trading.usual_move,
        "orders_per_s": trading.usual_rate,
        "impact": trading.usual_impact,
        "spread": quotes.usual_spread,
        "book_changes_per_s": market.makers.usual_changes,
        "book_messages_per_s": market.makers.usual_messages,
        "delay_s": market.delay.usual,
    } | {name: quotes.usual_depth[where] for name, where in DEPTHS.items()}
