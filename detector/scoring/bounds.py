"""How sure a count makes us: Wilson's bounds of a share, the upper bound of a rate, nearest-rank percentiles."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, exp, lgamma, log, sqrt

Z_95 = 1.959964
"""Two-sided 95 %."""
RULE_OF_THREE = 3.0
"""Upper 95 % bound of a Poisson mean of which nothing was seen: -ln 0.05 = 2.996 (Hanley and Lippman-Hand 1983)."""
SURE = 0.05


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Lower and upper 95 % bound of a share (Wilson 1927); (0, 1) of no trials.

    >>> low, high = wilson(10, 10)
    >>> round(low, 2), round(high, 2)
    (0.72, 1.0)
    """
    if not trials:
        return 0.0, 1.0
    share, z2 = hits / trials, Z_95 * Z_95
    middle = share + z2 / (2 * trials)
    half = Z_95 * sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    scale = 1 + z2 / trials
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def upper_count(seen: int) -> float:
    """The largest Poisson mean that 95 times of 100 would have given more than was seen; the rule of three for none.

    >>> upper_count(0), round(upper_count(2), 2)
    (3.0, 6.3)
    """
    if not seen:
        return RULE_OF_THREE
    low, high = float(seen), 10.0 * seen + 10.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(seen, middle) > SURE else (low, middle)
    return high


def _at_most(seen: int, mean: float) -> float:
    """Probability of at most so many events of a Poisson mean."""
    # In logarithms: beyond a mean of 745, exp(-mean) is nothing.
    return sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(seen + 1))


def percentile(values: Sequence[float], percent: float) -> float | None:
    """By nearest rank; None of nothing.

    >>> percentile([30.0, 10.0, 20.0], 50), percentile([30.0, 10.0, 20.0], 95), percentile([], 50)
    (20.0, 30.0, None)
    """
    if not values:
        return None
    return sorted(values)[max(0, ceil(percent / 100 * len(values)) - 1)]
