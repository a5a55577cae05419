"""Moments, figures and their absence in words: the same on every machine."""

from __future__ import annotations

from datetime import UTC, datetime

from detector.conditions import NS


def at(ts_ns: int) -> str:
    """UTC time of day.

    >>> at(1_760_129_410_000_000_000)
    '20:50:10'
    """
    return datetime.fromtimestamp(ts_ns // NS, UTC).strftime("%H:%M:%S")


def day_and_time(ts_ns: int) -> str:
    """UTC date and minute.

    >>> day_and_time(1_760_129_410_000_000_000)
    '2025-10-10 20:50'
    """
    return datetime.fromtimestamp(ts_ns // NS, UTC).strftime("%Y-%m-%d %H:%M")


def share(value: float | None) -> str:
    """A share in percent.

    >>> share(0.256), share(None)
    ('26 %', '-')
    """
    return "-" if value is None else f"{value * 100:.0f} %"


def seconds(value: float | None) -> str:
    """A signed number of seconds.

    >>> seconds(4.0), seconds(-61.5), seconds(-0.2), seconds(None)
    ('+4 s', '-62 s', '+0 s', '-')
    """
    return "-" if value is None else f"{round(value):+d} s"


def minutes(value: float | None) -> str:
    """Seconds as signed minutes.

    >>> minutes(1554.0), minutes(-0.2), minutes(None)
    ('+25.9 min', '+0.0 min', '-')
    """
    # Adding nothing takes the sign from what rounds to nothing.
    return "-" if value is None else f"{round(value / 60, 1) + 0.0:+.1f} min"


def rate(value: float | None, at_most: float | None) -> str:
    """Events a week with the upper bound.

    >>> rate(0.0, 13.2), rate(2.0, 6.3), rate(None, None)
    ('0 (at most 13.2)', '2 (at most 6.3)', '-')
    """
    return "-" if value is None or at_most is None else f"{value:.3g} (at most {at_most:.3g})"


def count(value: int | None) -> str:
    """How many, or that nobody knows.

    >>> count(3), count(None)
    ('3', '-')
    """
    return "-" if value is None else str(value)
