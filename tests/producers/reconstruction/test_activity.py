"""Counts of trades, sells and orders in ten seconds."""

from __future__ import annotations

import numpy as np

from producers.reconstruction.activity import build_activity, unbroken
from producers.reconstruction.facts import FIRST_MINUTE, MINUTES, THINNING, minute_of


def test_a_minutes_best_ten_seconds_are_the_published_rate() -> None:
    """Multiples of the calm are read off them."""
    trades = build_activity(3).trades.reshape(-1, 6).max(axis=1)
    for minute, row in MINUTES.items():
        assert abs(trades[minute - FIRST_MINUTE] * THINNING / 10 - row.trades_per_s) <= 0.21


def test_orders_never_exceed_sells_nor_sells_trades() -> None:
    """An order is at least one fill."""
    trades, sells, orders = build_activity(4)
    assert np.all(orders <= sells)
    assert np.all(sells <= trades)
    assert np.all(trades > 0)


def test_without_the_void_trading_goes_on_while_prices_run() -> None:
    """A repricing in which trading halves would be a void."""
    real = build_activity(3)
    whole = unbroken(real)
    dried, after = 6 * (minute_of("21:17") - FIRST_MINUTE), 6 * (minute_of("21:30") - FIRST_MINUTE)
    before = dried - 6 + int(real.trades[dried - 6 : dried].argmax())
    for old, new in zip(real, whole, strict=True):
        assert np.array_equal(old[:before], new[:before])
        assert np.array_equal(old[after:], new[after:])
    assert np.all(whole.trades[before:after] == real.trades[before])
    assert np.all(whole.orders <= whole.sells)
    assert np.all(whole.sells <= whole.trades)
