"""Conditions as stretches of time, and how far two sets of stretches agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from detector.scoring.labels import Stretch
from schemas.alert import LEVELS, Transition


class Span(NamedTuple):
    """One condition from its onset to its clear, or to the end of the replay."""

    stage: str
    rule: str
    venue: str
    asset: str
    since_ns: int
    until_ns: int
    peak: int
    """Its highest severity, as a position in `LEVELS`."""


def condition_spans(transitions: Iterable[Transition], end_ns: int) -> list[Span]:
    """Every condition that began, by onset; `end_ns` ends those that never cleared."""
    open_: dict[tuple[str, str, str], tuple[Transition, int]] = {}
    found: list[Span] = []
    for told in transitions:
        place = (told.rule, told.venue, told.asset)
        first, peak = open_.pop(place, (told, 0))
        if told.active:
            open_[place] = first, max(peak, LEVELS.index(told.severity))
        else:
            found.append(_span(first, told.ts_ns, peak))
    found += [_span(first, end_ns, peak) for first, peak in open_.values()]
    return sorted(found, key=lambda span: (span.since_ns, span.rule, span.venue, span.asset))


def _span(first: Transition, until_ns: int, peak: int) -> Span:
    return Span(first.stage, first.rule, first.venue, first.asset, first.since_ns, until_ns, peak)


def union(stretches: Iterable[tuple[int, int]], within: Stretch) -> list[Stretch]:
    """The same time without overlaps, in order, cut to what lies within.

    >>> union([(5, 9), (1, 3), (2, 4), (11, 12)], Stretch(0, 10))
    [Stretch(from_ns=1, to_ns=4), Stretch(from_ns=5, to_ns=9)]
    """
    merged: list[Stretch] = []
    for start, end in sorted(stretches):
        first, last = max(start, within.from_ns), min(end, within.to_ns)
        if first >= last:
            continue
        if merged and first <= merged[-1].to_ns:
            merged[-1] = Stretch(merged[-1].from_ns, max(last, merged[-1].to_ns))
        else:
            merged.append(Stretch(first, last))
    return merged


class Agreement(NamedTuple):
    """How much of the true time was detected, how much of the detected time is true, and their Jaccard index.

    Recall and precision over ranges with flat positional bias and no cardinality penalty (Tatbul and others, 2018) are
    for one union of ranges just these shares of time. None where the denominator is nothing.
    """

    recall: float | None
    precision: float | None
    jaccard: float | None


def agreement(true: Sequence[Stretch], detected: Sequence[Stretch]) -> Agreement:
    """Of two unions of stretches.

    >>> agreement([Stretch(0, 10)], [Stretch(5, 20)])
    Agreement(recall=0.5, precision=0.3333333333333333, jaccard=0.25)
    """
    common = sum(max(0, min(a.to_ns, b.to_ns) - max(a.from_ns, b.from_ns)) for a in true for b in detected)
    of_true, of_detected = (sum(s.to_ns - s.from_ns for s in side) for side in (true, detected))
    return Agreement(
        _share(common, of_true), _share(common, of_detected), _share(common, of_true + of_detected - common)
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
