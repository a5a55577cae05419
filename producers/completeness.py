"""How complete a public channel is: declared once in a venue's file, read by whoever must not take silence for calm.

The table of `cascade venues`, the `sampled` flag of liquidations and the estimates of what a throttle hides all follow
from these declarations.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

import msgspec

ChannelName = Literal["trades", "book", "liquidations", "mark", "open_interest", "insurance", "adl", "status"]
Kind = Literal["all", "sampled", "periodic", "poll", "partial", "none"]


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """One channel of one venue.

    >>> str(Coverage(kind="sampled", rows=1, every_s=1.0)), str(Coverage(kind="poll", every_s=30.0)), str(NONE)
    ('1/s sampled', 'poll 30 s', 'none')
    """

    kind: Kind
    """`all`: every fact; `sampled`: at most `rows` a symbol in `every_s`, and the rest is never told; `periodic`: the
    state, pushed every `every_s`; `poll`: the state, when asked; `partial`: what some of the participants show; `none`.
    """
    rows: int | None = None
    """Of `sampled`: rows that one symbol can have in `every_s`."""
    every_s: float | None = None
    """Of `sampled`, `periodic` and `poll`."""
    note: str = ""
    """What a reader must know beyond that: what is left out, and how a loss would show."""
    since: str = ""
    """The day (UTC, `2026-08-20`) from which this holds; empty: as long as is known."""
    earlier: Coverage | None = None
    """What held before `since`, for recordings of that time."""

    def at(self, ts_ns: int) -> Coverage:
        """What held at a moment.

        >>> now = Coverage(kind="all", since="2026-08-20", earlier=Coverage(kind="sampled", rows=1, every_s=1.0))
        >>> now.at(since_ns("2026-08-19")).kind, now.at(since_ns("2026-08-20")).kind
        ('sampled', 'all')
        """
        if self.earlier is None or not self.since or ts_ns >= since_ns(self.since):
            return self
        return self.earlier.at(ts_ns)

    def __str__(self) -> str:
        if self.kind == "sampled":
            return f"{self.rows}/{_seconds(self.every_s)} sampled"
        if self.kind == "periodic":
            return f"every {_seconds(self.every_s, one='1 s')}"
        if self.kind == "poll":
            return f"poll {_seconds(self.every_s, one='1 s')}"
        return self.kind


Completeness = Mapping[ChannelName, Coverage]
"""Every channel of a venue."""

ALL = Coverage(kind="all")
NONE = Coverage(kind="none")


def since_ns(day: str) -> int:
    """The first moment of a day, in ns UTC."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 10**9


def _seconds(every_s: float | None, *, one: str = "s") -> str:
    if every_s is None:
        return "?"
    if every_s == 1:
        return one
    for unit, length_s in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if every_s >= 2 * length_s or every_s == length_s:
            return f"{every_s / length_s:g} {unit}"
    return f"{every_s:g} s" if every_s > 1 else f"{every_s * 1000:g} ms"
