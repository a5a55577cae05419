"""How many trades and sell orders fall into each ten seconds, chosen so that the branching ratio follows the table.

The pooled rate of a minute's best ten seconds is published; the other five bins and the merging of fills into orders
are ours: for each minute the draw whose trailing estimate 1 - sqrt(mean/var) comes nearest is kept.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from producers.reconstruction.facts import CALM_TRADES_PER_S, FIRST_MINUTE, LAST_MINUTE, MINUTES, THINNING, minute_of

_CALM_BRANCHING = 0.71
_LATE_BRANCHING = 0.74
_DRAWS = 160
_EVEN = ((minute_of("21:01"), minute_of("21:12")), (minute_of("21:18"), minute_of("21:35")))
_EVEN_ORDERS = 90.0
"""The estimate looks ten minutes back: to fall to 0.76 at 21:11 and 21:28 it needs an even flow before."""
_CALM_SHAPE = np.array([0.66, 0.53, 0.47, 0.40, 0.17])
_TRIGGER_SHAPE = np.array([0.5, 0.95, 1.0, 0.35, 0.22, 0.14])
"""20:50: the shock starts at 20:50:05 and its best ten seconds are the third bin."""
DRYING = (minute_of("21:17"), minute_of("21:30"))
"""Trades a second fell from 852 to 61 in these minutes, while prices fell fastest and rose again."""


class Activity(NamedTuple):
    """Per ten-second bin of the window: thinned trades of the twelve alts, sells among them, and sell orders."""

    trades: NDArray[np.int64]
    sells: NDArray[np.int64]
    orders: NDArray[np.int64]


def best_rate(minute: int, rng: np.random.Generator) -> float:
    """Real trades per second in the best ten seconds of a minute."""
    row = MINUTES.get(minute)
    if row:
        return row.trades_per_s
    if minute < min(MINUTES):
        return float(rng.uniform(12.5, 14.5))
    return float((52 + 28 * np.exp(-(minute - max(MINUTES)) / 12)) * rng.uniform(0.9, 1.1))


def _branching(history: NDArray[np.float64], minute: NDArray[np.float64]) -> NDArray[np.float64]:
    """Estimates after each of the six bins of a minute, for every draw (rows)."""
    draws = minute.shape[0]
    series = np.concatenate([np.broadcast_to(history, (draws, history.size)), minute], axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(series, min(60, history.size + 1), axis=1)[:, -6:]
    variance = windows.var(axis=2)
    return np.asarray(1 - np.sqrt(windows.mean(axis=2) / np.maximum(variance, 1e-9)))


def build_activity(seed: int) -> Activity:
    """The activity of the whole window; a function of the seed alone."""
    rng = np.random.default_rng([seed, 1])
    trades: list[NDArray[np.int64]] = []
    sells: list[NDArray[np.int64]] = []
    orders: list[NDArray[np.float64]] = [np.array([16.0, 1.0, 14.0, 1.0, 3.0, 24.0])]
    for minute in range(FIRST_MINUTE, LAST_MINUTE):
        row = MINUTES.get(minute)
        calm = minute < minute_of("20:50")
        best = best_rate(minute, rng) * 10 / THINNING
        if minute == minute_of("20:50"):
            shape = _TRIGGER_SHAPE
        elif calm:
            shape = rng.permutation(np.concatenate([[1.0], _CALM_SHAPE * rng.uniform(0.93, 1.07, 5)]))
            shape[shape < 1] *= 10 * CALM_TRADES_PER_S / THINNING / 16.25
        else:
            shape = rng.permutation(np.concatenate([[1.0], rng.uniform(0.2, 0.6, 5)]))
        counts = np.maximum(1, np.rint(shape * best)).astype(np.int64)
        target = row.branching if row else (_CALM_BRANCHING if calm else _LATE_BRANCHING)
        if calm:
            share = np.where(rng.random((_DRAWS, 6)) < 0.5, 0.95, 0.05)
            sold = np.rint(share * counts)
            merged = sold
        else:
            share = np.clip(rng.normal(0.58, 0.06, (_DRAWS, 6)), 0.35, 0.75)
            sold = np.maximum(1, np.rint(share * counts))
            level = rng.uniform(0.15, 1.1, (_DRAWS, 1))
            spread = np.exp(rng.uniform(0, 0.7, (_DRAWS, 1)) * rng.standard_normal((_DRAWS, 6)))
            merged = np.clip(np.rint(520 * (1 - np.exp(-counts * level / 520)) * spread), 1, np.minimum(sold, 560))
        if minute == minute_of("20:50"):
            merged[:, 0] = np.rint(0.98 * sold[:, 0])
        history = np.concatenate(orders[-10:])
        miss = np.abs(np.median(_branching(history, merged), axis=1) - target)
        if not calm:
            miss += 0.004 * np.abs(np.log(np.median(merged, axis=1) / np.median(counts) / 0.35))
        if any(first <= minute < last for first, last in _EVEN):
            miss += 0.012 * np.abs(np.log(merged.mean(axis=1) / _EVEN_ORDERS)) + 0.012 * np.log(merged).std(axis=1)
        chosen = int(np.argmin(miss))
        trades.append(counts)
        sells.append(sold[chosen].astype(np.int64))
        orders.append(merged[chosen])
    return Activity(np.concatenate(trades), np.concatenate(sells), np.concatenate(orders[1:]).astype(np.int64))


def unbroken(activity: Activity) -> Activity:
    """The same flow without the void: from the busiest ten seconds of the minute before it dried up, trading goes on
    as in them for as long as prices run. In a repricing volume rises with the move.
    """
    start = 6 * (DRYING[0] - FIRST_MINUTE)
    busiest = start - 6 + int(np.argmax(activity.trades[start - 6 : start]))
    columns = [column.copy() for column in activity]
    for column in columns:
        column[busiest : 6 * (DRYING[1] - FIRST_MINUTE)] = column[busiest]
    return Activity(*columns)
