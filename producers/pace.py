"""A rate that is never exceeded: how long to wait before the next one of something that a venue counts. Pure."""

from __future__ import annotations

from collections.abc import Callable


class Pace:
    """A token bucket that hands out waits instead of tokens, so that callers queue in the order in which they asked.

    In any `per_s`-long window at most `limit` turns begin: the bucket holds `burst` of them and refills with the rest.

    >>> pace = Pace(limit=4, per_s=60.0, burst=1, now_s=lambda: 0.0)
    >>> [pace.reserve_s() for _ in range(3)]
    [0.0, 15.0, 30.0]
    """

    def __init__(self, *, limit: float, per_s: float, burst: int, now_s: Callable[[], float]) -> None:
        burst = max(1, min(burst, int(limit)))
        # A window may hold a full bucket and what is refilled during it; the sum must stay within the limit.
        self._interval_s = per_s / (limit - burst + 1)
        self._slack_s = (burst - 1) * self._interval_s
        self._now_s = now_s
        self._next_s = float("-inf")

    def reserve_s(self) -> float:
        """Take the next turn; the seconds to wait until it begins."""
        now_s = self._now_s()
        begins_s = max(now_s, self._next_s - self._slack_s)
        self._next_s = max(now_s, self._next_s) + self._interval_s
        return begins_s - now_s
