"""The stream as a whole: order, size, determinism, and the twin that differs in nothing but the cascade."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import orjson
import pytest

from producers.reconstruction import frames
from producers.reconstruction.facts import FIRST_MINUTE, minute_of
from producers.reconstruction.markets import BASE_PRICE


def _digest(**arguments: Any) -> str:
    whole = hashlib.sha256()
    for recv_ns, venue, raw in frames(**arguments):
        whole.update(b"%d %s %s\n" % (recv_ns, venue.encode(), raw))
    return whole.hexdigest()


@pytest.mark.slow
def test_frames_come_in_receive_order_and_within_the_budget(observed: Any) -> None:
    """A reader merges by receive time; the demo must stay short."""
    assert observed.order_faults == 0
    assert 250_000 <= observed.frames <= 400_000
    assert observed.depth_frames <= 85_000


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    """Alerts of a replay can be compared only if its input is the same."""
    window = {"start": "21:15", "end": "21:17"}
    assert _digest(**window) == _digest(**window)
    assert _digest(seed=7, **window) != _digest(**window)


def test_market_lists_come_first_and_books_within_seconds() -> None:
    """A client needs the instruments before it can read anything else."""
    head = [(venue, orjson.loads(raw)) for _, venue, raw in frames(start="20:20", end="20:21")]
    first = [(venue, frame.get("rest")) for venue, frame in head[:4]]
    venues = ("binance-coinm", "binance-spot", "binance-usdm", "hyperliquid")
    assert sorted(first) == [(venue, "markets") for venue in venues]
    assert sum(frame.get("rest") == "book" for _, frame in head) == 26


@pytest.mark.slow
def test_the_twin_trades_as_much_at_the_same_times(observed: Any, twin: Any) -> None:
    """Volume alone must not look like a cascade."""
    first, last = (minute_of(clock) - FIRST_MINUTE for clock in ("20:46", "21:22"))
    for key in twin.trades:
        real, calm = (
            np.array([row[0] for row in run.trades[key] if row[5] == "MARKET" and first * 60 <= row[0] < last * 60])
            for run in (observed, twin)
        )
        assert np.array_equal(real, calm), key


@pytest.mark.slow
def test_the_twin_has_no_cascade(twin: Any) -> None:
    """Calm prices, whole books, no forced fills, no holes in the ids, no delay."""
    for (venue, symbol), rows in twin.trades.items():
        prices = np.array([row[1] for row in rows])
        assert prices.max() / prices.min() < 1.01, (venue, symbol, prices.min(), prices.max())
        if venue == "binance-coinm":
            assert np.all(np.diff([row[4] for row in rows]) == 1), symbol
            assert {row[5] for row in rows} == {"MARKET"}
    assert not twin.fills[False]
    assert not twin.fills[True]
    assert sum(len(times) for times in twin.liquidation_orders.values()) < 200
    for venue, minutes in twin.delays.items():
        assert max(max(delays) for delays in minutes.values()) < 0.1, venue
    for key, book in twin.books.items():
        assert not book.faults
        if key[0] == "binance-usdm":
            depth = np.array([row[1] for row in book.depth])
            assert depth.min() > 0.7 * np.median(depth), key


@pytest.mark.slow
def test_the_macro_twin_is_a_crash_in_which_nothing_broke(macro: Any) -> None:
    """A label of news would be tried on a market that was broken after all."""
    for base in ("AVAX", "DOT"):
        assert macro.columns("binance-coinm", f"{base}USD_PERP")[1][-1] < 0.8 * BASE_PRICE[base]
    assert not macro.fills[False]
    assert not macro.fills[True]
    assert sum(len(times) for times in macro.liquidation_orders.values()) < 30
    for (venue, symbol), rows in macro.trades.items():
        if venue == "binance-coinm":
            assert np.all(np.diff([row[4] for row in rows]) == 1), symbol
    for venue, minutes in macro.delays.items():
        assert max(max(delays) for delays in minutes.values()) < 0.1, venue
    for key, book in macro.books.items():
        assert not book.faults
        depth = np.array([row[1] for row in book.depth])
        assert depth.min() > 0.7 * np.median(depth), key
