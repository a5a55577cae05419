"""Orders of the alts within ten seconds."""

from __future__ import annotations

import numpy as np

from producers.reconstruction.bins import busy_bin, calm_bin


def test_a_busy_bin_holds_exactly_its_trades_sells_and_orders() -> None:
    """The branching ratio is computed from these orders."""
    rng = np.random.default_rng(1)
    (sold, _), (bought, _) = busy_bin([300, 180, 90], np.zeros(12), rng.normal(size=1200), 0, rng)
    assert (sold.size, bought.size) == (180, 120)
    assert np.unique(sold).size == 90


def test_nothing_trades_before_the_trigger() -> None:
    """The shock starts at 20:50:05, not with its ten seconds."""
    rng = np.random.default_rng(2)
    groups = busy_bin([300, 180, 90], np.zeros(12), rng.normal(size=1200), 50, rng)
    assert all((slots % 100 >= 50).all() for slots, _ in groups)


def test_no_alt_is_silent_for_long_where_the_bin_is_busy() -> None:
    """A book that moves without trades looks like a ghost."""
    rng = np.random.default_rng(3)
    groups = busy_bin([800, 400, 200], np.zeros(12), rng.normal(size=1200), 0, rng)
    seconds = np.unique(np.concatenate([slots for slots, _ in groups]) // 10)
    assert seconds.size == 120


def test_calm_bursts_touch_the_alts_together() -> None:
    """Correlation in the calm is measured on few trades: they must be at the same moments."""
    rng = np.random.default_rng(4)
    groups = calm_bin(24, 23, rng.normal(size=(12, 10)), rng)
    slots = np.concatenate([slots for slots, _ in groups])
    assert slots.size == 24
    assert np.unique(slots % 100).size == 2
