"""The largest value of the last seconds, exactly, and the largest ever."""

from __future__ import annotations

import msgspec


class Peak(msgspec.Struct):
    """Running maximum over a window of time, in amortised O(1): of the values since, only those that nothing later has
    reached can ever be the largest (the monotonic queue).

    >>> peak = Peak(window_s=3)
    >>> for second, value in enumerate([5.0, 2.0, 3.0, 1.0]):
    ...     peak.put(second, value)
    >>> peak.recent, peak.highest
    (3.0, 5.0)
    """

    window_s: int
    """A value counts for so many seconds, its own included."""
    candidates: list[tuple[int, float]] = []
    """Second and value, falling."""
    highest: float | None = None
    """The largest since the beginning."""

    def put(self, now_s: int, value: float | None) -> None:
        """Let a second pass; None is a second without a value."""
        candidates = self.candidates
        if value is not None and value == value:
            while candidates and candidates[-1][1] <= value:
                candidates.pop()
            candidates.append((now_s, value))
            self.highest = value if self.highest is None else max(self.highest, value)
        while candidates and candidates[0][0] <= now_s - self.window_s:
            del candidates[0]

    @property
    def recent(self) -> float | None:
        """The largest of the window that ended with the last `put`; None where it holds no value."""
        return self.candidates[0][1] if self.candidates else None
