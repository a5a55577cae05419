"""Every fault by its name."""

from __future__ import annotations

from producers.injection.option import parse_fault
from producers.injection.registry import FAULTS, at_work, described


def test_each_fault_is_made_from_its_name() -> None:
    """An option would be understood and then fail."""
    for kind, fault in FAULTS.items():
        made = at_work(parse_fault(f"{kind}@21:00"))
        assert type(made) is fault
        assert made.kind == kind


def test_each_fault_is_told_in_one_line_with_how_long_it_lasts() -> None:
    """Help would leave a fault out, or people wait for the end of one that has none."""
    lines = list(described())
    assert len(lines) == len(FAULTS) == 10
    assert lines[1] == (
        "freeze (60 s): the book stands still while trades go on; withhold=1: its messages do not come at all"
    )
    assert next(line for line in lines if line.startswith("drop")).startswith("drop (to the end): ")
    assert all(len(line) < 130 for line in lines)
