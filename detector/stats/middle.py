"""The median of a few numbers: `statistics.median` without its care for other kinds of data, at a third of its cost."""

from __future__ import annotations

from collections.abc import Iterable


def middle(values: Iterable[float]) -> float:
    """The median; raises `IndexError` where there is no value.

    >>> middle([3.0, 1.0, 2.0]), middle([4.0, 1.0])
    (2.0, 2.5)
    """
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
