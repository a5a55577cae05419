"""Stretches of time of which something is known."""

from __future__ import annotations

from detector.scoring.labels import QUIET, stretches
from tests.kit.told import label, stretch


def test_stretches_are_cut_to_what_was_replayed() -> None:
    """Quiet hours that nobody looked at would lower the rate of false alarms."""
    labels = [label(QUIET, -50, 100), label("lull", 0, 100), label(QUIET, 200, 300), label(QUIET, 900, 950)]
    assert stretches(labels, QUIET, stretch(0, 250)) == [stretch(0, 100), stretch(200, 250)]


def test_a_stretch_ends_before_its_end() -> None:
    """An alert at the very moment in which the quiet ends would be a false one."""
    quiet = stretch(0, 100)
    assert quiet.seconds == 100.0
    assert quiet.holds(quiet.from_ns)
    assert not quiet.holds(quiet.to_ns)
