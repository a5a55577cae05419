"""How far Binance COIN-M trades below the other venues: the published first times, lows and late discounts."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from producers.reconstruction.facts import FIRST_MINUTE, LAST_MINUTE, VENUE_LOWS, second_of

_LEADERS = ("AVAX", "UNI")
_LEADING = (
    ("21:13:20", 0.0), ("21:13:22", -0.0075), ("21:14:26", -0.008), ("21:14:29", -0.0135), ("21:16:55", -0.022),
    ("21:17:03", -0.036), ("21:18:20", -0.048), ("21:18:26", -0.062),
)  # fmt: skip
_FOLLOWING = (("21:13:20", 0.0), ("21:14:00", -0.003), ("21:18:20", -0.004), ("21:18:26", -0.062))
"""Log distance of the first two alts and of the rest until the void opens at 21:18:32; sustained five seconds by the fact."""
_DECOUPLED, _VOID, _TROUGH = "21:13:20", "21:18:32", "21:21:20"
_LATE = {"AVAX": -0.05, "ATOM": -0.235, "DOT": -0.26, "UNI": -0.235, "AAVE": -0.006, "TRX": -0.002, "BCH": -0.01}
"""Log distance at 22:00 (published for five); it closes slowly, as transfers are back."""
_EARLY = ("UNI", "20:56:22", "20:56:38", -0.012)
"""One alt beyond 1 % at 20:56:29, long before the others."""


def gap_path(base: str, fall: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log distance of COIN-M from elsewhere, and the share of its own noise that the other venues take part in."""
    seconds = np.arange((LAST_MINUTE - FIRST_MINUTE) * 60 + 1)
    anchors = _LEADING if base in _LEADERS else _FOLLOWING
    size = 1.0 if base not in ("TRX", "BCH") else 0.05
    gap = size * np.interp(seconds, [second_of(clock) for clock, _ in anchors], [value for _, value in anchors])
    elsewhere, here = VENUE_LOWS.get(base, (1.0, math.exp(-0.95 * size)))
    deepest, void, trough = math.log(here / elsewhere), int(second_of(_VOID)), int(second_of(_TROUGH))
    grown = np.clip((fall - fall[void]) / (fall[trough] - fall[void]), 0, 1)
    opening = slice(void, trough)
    gap[opening] = np.minimum(gap[void], gap[void] + np.maximum.accumulate(grown[opening]) * (deepest - gap[void]))
    late = _LATE.get(base, -0.15)
    clocks = (_TROUGH, "21:23", "21:30", "21:45", "22:00", "22:20")
    marks = (deepest, 0.75 * deepest, 0.45 * deepest, min(0.22 * deepest, late), late, 0.8 * late)
    gap[trough:] = np.interp(seconds[trough:], [second_of(clock) for clock in clocks], marks)
    if base == _EARLY[0]:
        gap[int(second_of(_EARLY[1])) : int(second_of(_EARLY[2]))] += _EARLY[3]
    apart = second_of(_DECOUPLED)
    return gap, np.interp(seconds, [apart - 5, apart], [1.0, 0.0])
