"""Numbers as people say them on a phone: no more digits than tell something."""

from __future__ import annotations

from math import isfinite

from detector.alerts.clean import name

MILLION = 1e6
MOST_S = 120.0
MOST_MIN = 180.0

MEASURED = frozenset({"USD", "$", "bp", "s", "fraction", "ratio", "x usual", "1/s"})

UNKNOWN = "unknown"


def amount(value: float | None, unit: str, *, signed: bool = False) -> str:
    """A value in a unit of `schemas.alert.Evidence.unit`, or in one of `% of …` and `× …`.

    >>> amount(84_210_345.0, "USD"), amount(0.0152, "fraction"), amount(-0.0152, "fraction", signed=True)
    ('84.2 m$', '1.5 %', '-1.5 %')
    >>> amount(2.74, "bp"), amount(380.0, "s"), amount(None, "s")
    ('2.7 bp', '6.3 min', 'unknown')
    """
    if value is None or not isfinite(value):
        return UNKNOWN
    if unit == "USD":
        return dollars(value)
    if unit == "bp":
        return f"{_digits(value)} bp"
    if unit == "s":
        return seconds(value)
    if unit == "$":
        return f"{round(value, 3) + 0.0:.3f} $"
    if unit in ("fraction", "ratio") or unit.startswith("% "):
        return f"{_percent(value, signed=signed)}{unit[1:] if unit.startswith('% ') else ''}"
    if unit == "x usual":
        return f"{_digits(value)} × normal"
    if unit == "1/s":
        return f"{_digits(value)}/s"
    return f"{_digits(value)} {name(unit)}".rstrip()


def is_counted(unit: str) -> bool:
    """Whether the unit names what is counted.

    >>> is_counted("books"), is_counted("bp")
    (True, False)
    """
    return unit not in MEASURED and not unit.startswith("% ")


def dollars(value: float) -> str:
    """Dollars at a glance, in millions where there are any to speak of.

    >>> dollars(353_919_551.0), dollars(66_592.0), dollars(0.0), dollars(1_433_052_736.0), dollars(4e5)
    ('354 m$', '67 k$', '0 $', '1.4 bn$', '0.4 m$')
    """
    size = abs(value)
    if size >= 999.5 * MILLION:
        return f"{_digits(value / 1e9)} bn$"
    if size >= 0.1 * MILLION:
        digits = ".2g" if size < 0.995 * MILLION else ".1f" if size < 99.95 * MILLION else ".0f"
        return f"{value / MILLION:{digits}} m$"
    return f"{_digits(value / 1e3)} k$" if size >= 999.5 else f"{round(value)} $"


def seconds(value: float) -> str:
    """A length of time.

    >>> seconds(0.123), seconds(11.4), seconds(1320.0), seconds(14_400.0)
    ('0.12 s', '11 s', '22 min', '4 h')
    """
    if abs(value) < MOST_S:
        return f"{_digits(value)} s"
    if abs(value) < MOST_MIN * 60:
        return f"{_digits(value / 60)} min"
    return f"{_digits(value / 3600)} h"


def _percent(value: float, *, signed: bool) -> str:
    said = _digits(value * 100)
    return f"{'+' if signed and value > 0 and said != '0' else ''}{said} %"


def _digits(value: float) -> str:
    """Two digits that count, and whole numbers whole."""
    size = abs(value)
    if size >= 1e9:
        return f"{value:.1e}"
    if value == round(value) or size >= 9.95:
        # What is below nothing by less than can be said is nothing.
        return f"{value + 0.0:.0f}"
    if size < 0.0005:
        return "0"
    return f"{value:.1f}" if size >= 0.995 else f"{value:{'.2f' if size >= 0.0095 else '.3f'}}".rstrip("0")
