"""Frames of every venue, damaged: whatever the damage, `DecodeError` or events that hold sane numbers."""

from __future__ import annotations

import pytest

from producers.venues.registry import VENUES
from tests.kit.fuzz import fuzz, main

SMOKE = 3_000
"""Frames of each venue; a million by `make fuzz`. The seeds are fixed, so a failure repeats."""


@pytest.mark.parametrize("venue_id", VENUES)
def test_damaged_frames_never_raise_anything_else(venue_id: str) -> None:
    """One frame that escapes ends a session with all of its markets; one NaN ends every sum that it enters."""
    outcome = fuzz(venue_id, frames=SMOKE)
    assert outcome.total() == SMOKE
    assert outcome["events"], "some damage leaves a frame readable"
    assert outcome["bad_json"]


def test_the_long_run_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    """What was found must be repeatable by whoever mends it."""
    assert main(["--frames", "100", "--seed", "3", next(iter(VENUES))]) == 0
    assert ": 100 frames in" in capsys.readouterr().out
