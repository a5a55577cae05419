"""How long to wait before trying again: exponential with full jitter, or what a `Retry-After` header asks for. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable
from email.utils import parsedate_to_datetime


class Backoff:
    """Full jitter: each wait is drawn evenly from [0, ceiling), and the ceiling doubles up to `cap_s`.

    Drawing from the whole range, not around its end, is what keeps many clients that were cut at the same moment from
    coming back at the same moment.

    >>> backoff = Backoff(base_s=0.5, cap_s=30.0, draw=lambda: 0.5)
    >>> [backoff.next_s() for _ in range(8)]
    [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0]
    """

    def __init__(self, *, base_s: float = 0.5, cap_s: float = 30.0, draw: Callable[[], float] = random.random) -> None:
        self._base_s = base_s
        self._cap_s = cap_s
        self._draw = draw
        self._ceiling_s = base_s

    def next_s(self) -> float:
        """The wait before the next try; the first is shorter than `base_s`."""
        wait_s = self._draw() * self._ceiling_s
        self._ceiling_s = min(self._ceiling_s * 2, self._cap_s)
        return wait_s

    def reset(self) -> None:
        """Start over: the other side has proven healthy."""
        self._ceiling_s = self._base_s


def retry_after_s(header: str | None, *, now_ns: int) -> float | None:
    """Seconds that a `Retry-After` header asks to wait, as a number or as a date; None when it says neither.

    >>> retry_after_s("7", now_ns=0)
    7.0
    >>> retry_after_s("Thu, 01 Jan 1970 00:01:00 GMT", now_ns=15 * 10**9)
    45.0
    >>> retry_after_s("soon", now_ns=0) is None
    True
    """
    if header is None:
        return None
    text = header.strip()
    # Digits only: `float()` would take "nan" and "inf", and both would wait for ever.
    if text.replace(".", "", 1).isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now_ns / 1e9)
    except (ValueError, TypeError, OverflowError):
        return None
