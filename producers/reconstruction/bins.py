"""Where the orders of the twelve alts fall within ten seconds: 12 alts x 100 slots of a tenth of a second.

A slot is `alt * 100 + tenth`; fills of one alt and side in one slot are one order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CELL = 10
"""Slots of a second."""
_SPARE = 3


def _top(scores: Floats, count: int) -> Ints:
    count = min(count, scores.size)
    return np.argpartition(-scores, count - 1)[:count] if count else np.zeros(0, np.int64)


def _repeat(slots: Ints, total: int, rng: np.random.Generator) -> Ints:
    """`total` fills over these order slots, each at least once."""
    extra = total - slots.size
    if extra <= 0 or not slots.size:
        return slots
    weights = rng.exponential(1.0, slots.size)
    return np.repeat(slots, 1 + rng.multinomial(extra, weights / weights.sum()))


def calm_bin(count: int, sells: int, drift: Floats, rng: np.random.Generator) -> list[tuple[Ints, bool]]:
    """In the calm the alts trade together: one arbitrageur touches all of them within a tenth of a second.

    A burst that sells comes when prices have just fallen, or the price impact would have no sign.
    """
    bursts = max(1, round(count / 12))
    sign = -1.0 if sells > count / 2 else 1.0
    moments = _top(1.5 * sign * np.repeat(drift.mean(axis=0), 5) + rng.gumbel(size=50), bursts) * 2
    slots = np.concatenate([rng.permutation(12) * 100 + moment for moment in moments])
    extra = count - slots.size
    slots = np.concatenate([slots, slots[:extra] + 1]) if extra > 0 else slots[:count]
    scores = rng.gumbel(size=slots.size) - 1.5 * drift[slots // 100, slots % 100 // 10]
    down = np.zeros(slots.size, np.bool_)
    down[_top(scores, sells)] = True
    return [(slots[down], True), (slots[~down], False)]


def busy_bin(
    counts: list[int], shares: Floats, direction: Floats, first: int, rng: np.random.Generator
) -> list[tuple[Ints, bool]]:
    """Orders of a busy ten seconds: sells where the price falls, buys where it rises, each order one or more fills."""
    total, sells, orders = counts
    allowed = np.where(np.tile(np.arange(100), 12) >= first, 0.0, -np.inf) + np.repeat(shares, 100)
    buys = total - sells
    sold = _top(allowed - 0.8 * direction + rng.gumbel(size=1200), orders)
    bought = _top(allowed + 0.8 * direction + rng.gumbel(size=1200), min(buys, max(1, round(orders * buys / sells))))
    bought = _repeat(bought, buys, rng)
    if not first:
        bought = _fill_silences(sold, bought, rng)
    return [(_repeat(sold, sells, rng), True), (bought, False)]


def _fill_silences(sold: Ints, bought: Ints, rng: np.random.Generator) -> Ints:
    """Move buys to where an alt would not trade for longer than thinning explains: its book must not look abandoned."""
    used = np.bincount(np.concatenate([sold, bought]) // _CELL, minlength=1200 // _CELL)
    silent, spare = np.flatnonzero(used == 0), np.flatnonzero(used[bought // _CELL] > _SPARE)
    moved = rng.permutation(spare)[: silent.size]
    bought = bought.copy()
    bought[moved] = rng.permutation(silent)[: moved.size] * _CELL + rng.integers(0, _CELL, moved.size)
    return bought
