"""Receive times."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from producers.reconstruction.facts import FIRST_MINUTE, minute_of
from producers.reconstruction.feed import Feed


def _delays(venue: str, clock: str, *, twin: bool = False) -> NDArray[np.float64]:
    start_s = (minute_of(clock) - FIRST_MINUTE) * 60.0
    event_s = start_s + np.sort(np.random.default_rng(1).uniform(0, 60, 5_000))
    received = Feed(venue, seed=1, twin=twin).receive(minute_of(clock), start_s, event_s, np.ones(5_000, np.bool_))
    assert np.all(np.diff(received) >= 0)
    return np.asarray(received - event_s)


@pytest.mark.parametrize(("venue", "clock", "p99"), [("binance-spot", "20:53", 0.30), ("binance-coinm", "21:17", 6.68)])
def test_the_99th_percentile_is_the_published_one(venue: str, clock: str, p99: float) -> None:
    """Feed delay is the venue's own sign of distress."""
    assert np.percentile(_delays(venue, clock), 99) == pytest.approx(p99, rel=0.15)


def test_usdm_does_not_stall_and_the_twin_is_prompt() -> None:
    """What is not published is not invented."""
    assert _delays("binance-usdm", "21:17").max() < 1.0
    assert _delays("binance-spot", "21:17", twin=True).max() < 0.1
