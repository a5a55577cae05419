"""What went right and wrong on the way in, counted by venue and reason: for metrics, summaries and tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal

CounterName = Literal[
    "frames",
    "events",
    "ignored_frames",
    "decode_errors",
    "refusals",
    "connects",
    "connect_failures",
    "disconnects",
    "rotations",
    "duplicates",
    "snapshots",
    "snapshot_failures",
    "rest_failures",
    "resubscriptions",
    "lost_messages",
    "silent_books",
    "polls",
    "poll_failures",
]


class Health:
    """Counters that only grow. A label is one of a small set (a reason), never a symbol or an address.

    >>> health = Health()
    >>> health.add("binance-usdm", "decode_errors", "json")
    >>> health.total("decode_errors")
    1
    """

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, CounterName, str]] = Counter()

    def add(self, venue: str, name: CounterName, label: str = "", count: int = 1) -> None:
        """Count `count` more."""
        self._counts[venue, name, label] += count

    def total(self, name: CounterName, *, venue: str | None = None, label: str | None = None) -> int:
        """The sum over every venue and label, or over those given."""
        return sum(
            count
            for (at, what, why), count in self._counts.items()
            if what == name and venue in (None, at) and label in (None, why)
        )

    def rows(self) -> Iterator[tuple[str, CounterName, str, int]]:
        """Every counter as (venue, name, label, count), sorted."""
        for (venue, name, label), count in sorted(self._counts.items()):
            yield venue, name, label, count
