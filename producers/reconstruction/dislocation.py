"""How far Binance COIN-M trades below the other venues: the published first times, lows and late discounts."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from producers.reconstruction.facts import VENUE_LOWS, second_of
from producers.reconstruction.markets import BASE_PRICE
from producers.reconstruction.timeline import WINDOW, along

_LEADERS = ("AVAX", "UNI")
_LEADING = (
    ("21:13:20", 0.0), ("21:13:22", -0.0075), ("21:14:26", -0.008), ("21:14:29", -0.0135), ("21:16:55", -0.022),
    ("21:17:03", -0.036), ("21:18:26", -0.044), ("21:18:28", -0.062),
)  # fmt: skip
_FOLLOWING = (("21:13:20", 0.0), ("21:14:00", -0.003), ("21:18:26", -0.004), ("21:18:28", -0.062))
"""Log distance of the first two alts, and of the rest, until the void opens; each step five seconds before its fact."""
_DECOUPLED, _VOID, _TROUGH = "21:18:27", "21:18:32", "21:21:20"
_LATE = {"AVAX": -0.05, "ATOM": -0.235, "DOT": -0.26, "UNI": -0.235, "AAVE": -0.006, "TRX": -0.002, "BCH": -0.01}
"""Log distance at 22:00 (published for five); it closes slowly, as transfers are back."""
_HELD = "21:17:15"
"""From here DOT, ATOM and WLD stay up elsewhere; the third alt beyond 5 % is one of the first two, at 21:18:32."""
_LOW_ELSEWHERE, _RECOVERY = "21:20:30", 0.12
"""Elsewhere no alt fell below its published low; about so much was regained (and lost) in ten minutes around it."""
_EARLY = ("UNI", "20:56:22", "20:56:38", -0.012)
"""One alt beyond 1 % at 20:56:29, long before the others."""


def gap_path(base: str, fall: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log distance of COIN-M from elsewhere, and the share of its own noise that the other venues take part in."""
    anchors = _LEADING if base in _LEADERS else _FOLLOWING
    size = 1.0 if base not in ("TRX", "BCH") else 0.05
    gap = size * along(anchors)
    elsewhere, here = VENUE_LOWS.get(base, (1.0, math.exp(-0.95 * size)))
    deepest, void, trough = math.log(here / elsewhere), int(second_of(_VOID)), int(second_of(_TROUGH))
    grown = np.clip((fall - fall[void]) / (fall[trough] - fall[void]), 0, 1)
    opening = slice(void, trough)
    gap[opening] = np.minimum(gap[void], gap[void] + np.maximum.accumulate(grown[opening]) * (deepest - gap[void]))
    late = _LATE.get(base, -0.15)
    clocks = (_TROUGH, "21:23", "21:30", "21:45", "22:00", "22:20")
    marks = (deepest, 0.75 * deepest, 0.45 * deepest, min(0.22 * deepest, late), late, 0.8 * late)
    gap[trough:] = along(tuple(zip(clocks, marks, strict=True)))[trough:]
    if base in VENUE_LOWS:
        recovery = _RECOVERY * np.minimum(np.abs(WINDOW - second_of(_LOW_ELSEWHERE)) / 600, 1)
        lowest = math.log(elsewhere / BASE_PRICE[base]) + recovery
        held = void if base in _LEADERS else int(second_of(_HELD))
        gap[held:] = np.minimum(gap[held:], (fall - lowest)[held:])
    if base == _EARLY[0]:
        gap[int(second_of(_EARLY[1])) : int(second_of(_EARLY[2]))] += _EARLY[3]
    apart = second_of(_DECOUPLED)
    return gap, np.interp(WINDOW, [apart - 5, apart], [1.0, 0.0])
