"""What pictures share: labels that can be read, stretches, and one line where the library is missing."""

from __future__ import annotations

import sys
from itertools import pairwise

import numpy as np
import pytest

from detector.console.canvas import COLOURS, LONGEST_NAME, NoPicturesError, apart, matplotlib, plain, runs
from schemas.alert import LEVELS


def test_every_level_that_is_told_has_its_colour() -> None:
    """A band of a new level would end the drawing."""
    assert tuple(COLOURS) == LEVELS[1:]


def test_without_the_library_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message would be lost to a traceback."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(NoPicturesError, match=r"pip install 'cascade-detector\[pictures\]'"):
        matplotlib()


@pytest.mark.parametrize("places", [[], [0.5], [0.1, 0.1, 0.1], [0.95, 0.97, 1.0], [-0.2, 0.99]])
def test_labels_never_hide_each_other(places: list[float]) -> None:
    """The name of the worst asset would lie under another."""
    moved = apart(places, least=0.12)
    assert len(moved) == len(places)
    assert all(second - first > 0.1199 for first, second in pairwise(moved))
    assert not moved or moved[-1] <= 1.0


@pytest.mark.parametrize(
    ("name", "told"), [("", "?"), ("\u202eBTC\n", "BTC"), ("🚨 HIGH · x", "HIGH · x"), ("A" * 10_000, "A" * 8 + "…")]
)
def test_names_are_what_the_font_has(name: str, told: str) -> None:
    """A venue's symbol would be a row of boxes, or as long as it likes."""
    assert plain(name) == told
    assert len(plain(name)) <= LONGEST_NAME


def test_stretches_reach_from_their_first_step_to_after_their_last() -> None:
    """A condition that still holds would not be drawn to the edge."""
    assert runs(np.array([False, True, True, False, True])) == [(1, 3), (4, 5)]
    assert runs(np.zeros(3, dtype=bool)) == []
