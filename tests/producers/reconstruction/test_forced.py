"""Liquidation orders as Binance prints them."""

from __future__ import annotations

import numpy as np

from producers.reconstruction.facts import minute_of
from producers.reconstruction.forced import liquidation_orders
from producers.reconstruction.markets import MARKETS

BTC = next(market for market in MARKETS if market.symbol == "BTCUSDT" and market.venue == "binance-usdm")


def test_at_most_one_is_printed_a_second() -> None:
    """The venue's throttle: more would make the feed look complete."""
    at_s, _, dollars = liquidation_orders(BTC, minute_of("21:15"), twin=False, seed=1, index=0)
    assert np.unique(at_s.astype(int)).size == at_s.size
    assert at_s.size > 40
    assert dollars.min() > 0


def test_longs_are_liquidated_in_the_fall_and_almost_nobody_in_the_twin() -> None:
    """93.5 % of the peak minute's were longs."""
    _, sold, _ = liquidation_orders(BTC, minute_of("21:15"), twin=False, seed=1, index=0)
    assert sold.mean() > 0.8
    assert liquidation_orders(BTC, minute_of("21:15"), twin=True, seed=1, index=0)[0].size < 3
