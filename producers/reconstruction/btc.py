"""BTC second by second: a bridge through each minute's published close, low and range."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from producers.reconstruction.facts import FIRST_MINUTE, LAST_MINUTE, MINUTES, minute_of
from producers.reconstruction.timeline import along

Path = NDArray[np.float64]

_LATER = (("21:41", 111_441.0), ("21:50", 112_600.0), ("22:00", 113_793.0), ("22:20", 113_400.0))
_LATER_SPAN = (("21:41", 50e-4), ("22:20", 20e-4))
"""After the table: 113,793 at 22:00 is published, the rest is chosen."""
TRIGGER_SECOND = 5
"""The tariff news reaches the market at 20:50:05."""


def _targets(minute: int, opened: float, rng: np.random.Generator) -> tuple[float, float, float]:
    """Close, low and high of a minute."""
    row = MINUTES.get(minute)
    if row:
        high = max(row.btc_low * (1 + row.range_bp / 1e4), row.btc_close)
        return row.btc_close, row.btc_low, high
    if minute < min(MINUTES):
        close = 116_868.0 + 0.6 * (opened - 116_868.0) + float(rng.normal(0, 22.0))
        span = 10e-4
    else:
        end_s = np.array([(minute + 1 - FIRST_MINUTE) * 60.0])
        close = float(along(_LATER, end_s)[0]) + float(rng.normal(0, 40.0))
        span = float(along(_LATER_SPAN, end_s)[0])
    low = min(opened, close) * (1 - span * float(rng.uniform(0.1, 0.4)))
    return close, low, max(low * (1 + span), opened, close)


def btc_path(seed: int) -> Path:
    """Log price at each second of the window, both ends included; the last second of a minute holds its close."""
    rng = np.random.default_rng([seed, 2])
    price = 116_880.0
    seconds: list[Path] = [np.array([np.log(price)])]
    for minute in range(FIRST_MINUTE, LAST_MINUTE):
        close, low, high = _targets(minute, price, rng)
        first, second = sorted(rng.choice(np.arange(12, 50), 2, replace=False))
        falling = close < price
        at_high, at_low = (first, second) if falling else (second, first)
        knots_at_close = {58: close, 59: close, 60: close}
        knots = {0: price, int(at_high): high, int(at_low): low, **knots_at_close}
        if low == close:
            knots[57] = (low + high) / 2 if at_low < at_high else low
            knots.pop(int(at_low))
        if minute == minute_of("20:50"):
            knots = {0: price, TRIGGER_SECOND - 1: price, 14: (price + low) / 2, 40: low, **knots_at_close}
        marks = sorted(knots)
        line = np.interp(np.arange(61), marks, [knots[mark] for mark in marks])
        noise = np.cumsum(rng.standard_normal(61))
        for left, right in itertools.pairwise(marks):
            part = slice(left, right + 1)
            ramp = np.linspace(0, 1, right - left + 1)
            bridge = noise[part] - noise[left] - ramp * (noise[right] - noise[left])
            before_trigger = minute == minute_of("20:50") and right < TRIGGER_SECOND
            scale = 0.0 if before_trigger else 0.05
            line[part] += bridge * scale * (high - low)
        inside = np.clip(line[1:], low, high)
        inside[-3:] = close
        seconds.append(np.log(inside))
        price = close
    return np.concatenate(seconds)
