"""Lengths of time as people write them."""

from __future__ import annotations

import re

_UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(?:[0-9]{1,6}[smhdw])+", re.ASCII)
_PART = re.compile(r"([0-9]+)([smhdw])", re.ASCII)


def parse_duration(text: str) -> int:
    """Seconds; raises ValueError where it is no length of time.

    >>> parse_duration("90m"), parse_duration("1d12h"), parse_duration(" 2H ")
    (5400, 129600, 7200)
    """
    plain = text.strip().lower()
    if len(plain) <= 32 and _DURATION.fullmatch(plain):
        seconds = sum(int(number) * _UNITS_S[unit] for number, unit in _PART.findall(plain))
        if seconds:
            return seconds
    raise ValueError(f"{text[:32]!r} is no length of time: write 90m, 2h or 1d")
