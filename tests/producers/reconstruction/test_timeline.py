"""Anchors in clock time."""

from __future__ import annotations

import numpy as np

from producers.reconstruction.facts import second_of
from producers.reconstruction.timeline import WINDOW, along


def test_anchors_are_met_and_level_outside() -> None:
    """An anchor that is missed would move a fact to another second."""
    line = along((("20:30", 1.0), ("20:40", 3.0)))
    assert line.size == WINDOW.size
    assert line[int(second_of("20:25"))] == 1.0
    assert line[int(second_of("20:35"))] == 2.0
    assert line[-1] == 3.0
    assert np.isclose(np.exp(along((("20:30", 1.0), ("20:40", 4.0)), logarithmic=True))[int(second_of("20:35"))], 2.0)
