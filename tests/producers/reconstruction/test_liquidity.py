"""Depth and spread over the window."""

from __future__ import annotations

import numpy as np

from producers.reconstruction.facts import DEPTH_FLOOR, second_of
from producers.reconstruction.liquidity import WITHDRAWAL, ask_share, depth_share, half_spread
from producers.reconstruction.markets import MARKETS

BTC = next(market for market in MARKETS if market.symbol == "BTCUSDT" and market.venue == "binance-usdm")


def test_the_withdrawal_is_where_the_label_says() -> None:
    """The onset of S3 by depth is the first second below 0.6 of the calm."""
    below = np.flatnonzero(depth_share(BTC, twin=False) < 0.6)
    assert 0 <= below[0] - second_of(WITHDRAWAL) <= 1


def test_bids_thin_more_than_asks_and_reach_the_published_floor() -> None:
    """Imbalance went from +0.06 to -0.22."""
    bids = depth_share(BTC, twin=False)
    assert np.isclose(bids.min(), DEPTH_FLOOR)
    assert np.all(ask_share(bids) >= bids)


def test_the_twin_keeps_its_depth_and_spread() -> None:
    """Nothing is withdrawn there."""
    share = depth_share(BTC, twin=True)
    assert np.all(share == 1)
    assert np.ptp(half_spread(BTC, share)) == 0
