"""COIN-M alts part from the other venues when, and as far as, they did."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from producers.reconstruction.facts import DISLOCATION, VENUE_LOWS, second_of
from producers.reconstruction.markets import REFERENCE_ALTS


def _apart(observed: Any) -> Any:
    rows = []
    for base in REFERENCE_ALTS:
        here, there = (
            observed.by_second("binance-coinm", f"{base}USD_PERP"),
            observed.by_second("binance-spot", f"{base}USDT"),
        )
        gap = np.log(here / there)
        rows.append(gap - np.median(gap[600:1680]))
    return np.array(rows)


@pytest.mark.slow
def test_dislocation_is_first_seen_at_the_published_times(observed: Any) -> None:
    """It is the earliest specific sign of the void: an early one would be a false alarm, a late one no lead."""
    apart = np.abs(_apart(observed))
    for clock, threshold, assets in DISLOCATION:
        beyond = apart > threshold
        held = np.array([np.convolve(row, np.ones(5), "full")[: row.size] >= 5 for row in beyond])
        first = int(np.argmax(held.sum(axis=0) >= assets))
        assert abs(first - second_of(clock)) <= 5, (clock, threshold, first - second_of(clock))


@pytest.mark.slow
def test_the_calm_shows_no_dislocation(observed: Any) -> None:
    """Calm p99.9 was 0.14 %."""
    assert np.abs(_apart(observed)[:, : int(second_of("20:50"))]).max() < 0.002


@pytest.mark.slow
def test_lows_and_late_discounts_are_the_published_ones(observed: Any) -> None:
    """COIN-M fell two to three times as far as elsewhere, and thin alts stayed a fifth below at 22:00."""
    for base in REFERENCE_ALTS:
        elsewhere, here = VENUE_LOWS[base]
        assert abs(observed.by_second("binance-coinm", f"{base}USD_PERP").min() / here - 1) < 0.08, base
        assert abs(observed.by_second("binance-spot", f"{base}USDT").min() / elsewhere - 1) < 0.20, base
    at_ten = _apart(observed)[:, int(second_of("22:00"))]
    assert np.all(np.abs(at_ten - np.array([-0.235, -0.05, -0.26, -0.235])) < 0.05), at_ten
