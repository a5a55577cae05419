"""What truly happened: conditions with onset and end, and stretches of time of which something is known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from detector.conditions import NS

EVENT, QUIET, LULL = "event", "quiet", "lull"
"""A whole cascade, whose tier says how grave it was; a time without anything; a pause within an event that is not its
end."""

CAUSES = ("macro", "microstructure", "mixed")
"""What was behind the moves of a stretch of time: what an alert's label ought to say."""

STRETCHES = frozenset({EVENT, QUIET, LULL, *CAUSES})
"""Labels of these kinds are answered by no condition."""

TIERS = ("A", "B", "C")
"""Systemic (a billion dollars an hour, or two a day); an eight-sigma bar of a major with open interest falling two
percent; one asset alone."""


class Label(NamedTuple):
    """One row: `scope` is a venue or `market`, `asset` a base asset, `*`, or `feed`."""

    stage: str
    scope: str
    asset: str
    onset_ns: int
    clear_ns: int
    tolerance_s: float
    source: str
    tier: str = ""


class TruthLabel(Protocol):
    """What a label of a condition says: the generator's own type has these fields."""

    @property
    def stage(self) -> str:
        """`S1` … `S6`, with a suffix for a partial form."""

    @property
    def scope(self) -> str:
        """A venue or `market`."""

    @property
    def asset(self) -> str:
        """A base asset, `*`, or `feed`."""

    @property
    def onset_ns(self) -> int:
        """When it truly began."""

    @property
    def clear_ns(self) -> int:
        """When it was truly over; an onset after that is another event's."""

    @property
    def tolerance_s(self) -> float:
        """How far an onset may lie from the truth."""


class Stretch(NamedTuple):
    """A time from `from_ns` to before `to_ns`."""

    from_ns: int
    to_ns: int

    @property
    def seconds(self) -> float:
        """How long it is.

        >>> Stretch(1_000_000_000, 3_500_000_000).seconds
        2.5
        """
        return (self.to_ns - self.from_ns) / NS

    def holds(self, ts_ns: int) -> bool:
        """Whether a moment lies in it."""
        return self.from_ns <= ts_ns < self.to_ns


def stretches(labels: Iterable[Label], kind: str, seen: Stretch) -> list[Stretch]:
    """The stretches of one kind, as far as they were replayed."""
    found = [
        Stretch(max(label.onset_ns, seen.from_ns), min(label.clear_ns, seen.to_ns))
        for label in labels
        if label.stage == kind
    ]
    return [stretch for stretch in found if stretch.from_ns < stretch.to_ns]
