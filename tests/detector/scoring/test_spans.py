"""Conditions as stretches of time and their agreement, worked out by hand."""

from __future__ import annotations

import pytest

from detector.scoring.labels import Stretch
from detector.scoring.spans import agreement, condition_spans, union
from tests.kit.told import at, condition, stretch, told


def test_a_condition_lasts_from_its_onset_to_its_clear() -> None:
    """A change of severity would count as a second condition, or as the end of the first."""
    (span,) = condition_spans(
        [
            told("S1.breadth/1", 10, 12, severity="WATCH"),
            told("S1.breadth/1", 10, 20, severity="HIGH"),
            told("S1.breadth/1", 10, 25, severity="WARN"),
            told("S1.breadth/1", 10, 90, active=False),
        ],
        at(1_000),
    )
    assert (span.since_ns, span.until_ns, span.peak) == (at(10), at(90), 3)


def test_what_never_clears_lasts_to_the_end() -> None:
    """The crash itself would be missing from the time that was detected."""
    spans = condition_spans([*condition("S2.x/1", 5, 9, venue="a"), told("S2.x/1", 6, venue="b")], at(50))
    assert [(span.venue, span.until_ns) for span in spans] == [("a", at(9)), ("b", at(50))]


def test_a_union_has_no_overlaps_and_ends_with_the_replay() -> None:
    """Two rules that see the same would count twice."""
    pieces = [(at(50), at(70)), (at(0), at(10)), (at(5), at(20)), (at(20), at(25)), (at(90), at(95))]
    assert union(pieces, stretch(2, 60)) == [stretch(2, 25), stretch(50, 60)]
    assert union([], stretch(0, 1)) == []


@pytest.mark.parametrize(
    ("true", "found", "expected"),
    [
        ([(0, 10)], [(0, 10)], (1.0, 1.0, 1.0)),
        ([(0, 10), (20, 30)], [(5, 25)], (0.5, 0.5, 1 / 3)),
        ([(0, 10)], [(20, 30)], (0.0, 0.0, 0.0)),
        ([(0, 10)], [], (0.0, None, 0.0)),
        ([], [(0, 10)], (None, 0.0, 0.0)),
        ([], [], (None, None, None)),
    ],
)
def test_agreement_is_of_time(
    true: list[tuple[int, int]], found: list[tuple[int, int]], expected: tuple[float | None, ...]
) -> None:
    """A stage that is on all day would be as good as one that is on when it should be."""
    assert agreement([Stretch(*s) for s in true], [Stretch(*s) for s in found]) == pytest.approx(expected)
