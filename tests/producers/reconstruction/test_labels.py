"""Ground truth stays inside the window and in order."""

from __future__ import annotations

from producers.reconstruction import labels
from producers.reconstruction.facts import DAY_S, FIRST_MINUTE, LAST_MINUTE


def test_labels_are_sorted_and_inside_the_window() -> None:
    """A label outside could never be met."""
    found = labels()
    begin, end = ((DAY_S + minute * 60) * 1_000_000_000 for minute in (FIRST_MINUTE, LAST_MINUTE))
    assert [label.onset_ns for label in found] == sorted(label.onset_ns for label in found)
    assert all(begin <= label.onset_ns < label.clear_ns <= end for label in found)
    assert all(label.tolerance_s > 0 and label.note for label in found)


def test_all_six_stages_are_labelled_in_the_order_of_the_day() -> None:
    """S3 and S6 came before S4, S5 last: a ladder would not fit."""
    first: dict[str, int] = {}
    for label in labels():
        first.setdefault(label.stage, label.onset_ns)
    assert [stage for stage in first if len(stage) == 2] == ["S1", "S2", "S3", "S6", "S4", "S5"]
