"""Pictures: what is said without matplotlib, and the same bytes with it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from detector.console.canvas import NoPicturesError
from detector.console.picture import check_picture, draw
from detector.signals import branching
from producers.errors import UsageError
from tests.kit.told import alert, condition, label, run, stretch

PRICES = {"coinbase AVAX-USD": [None, 20.0], "binance-coinm AVAX-USD-PERP": [25.0, None], "nowhere X": [None, None]}


def test_a_missing_library_is_one_line_that_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten minutes of replay would end in a traceback."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(NoPicturesError, match=r"pip install 'cascade-detector\[pictures\]'"):
        check_picture(tmp_path / "a.png")


def test_another_ending_is_refused(tmp_path: Path) -> None:
    """A file would be written that nothing can show."""
    with pytest.raises(UsageError, match=r"a picture ends in \.png or \.svg"):
        check_picture(tmp_path / "a.jpeg")


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_same_replay_gives_the_same_picture(tmp_path: Path, ending: str) -> None:
    """The picture that is checked in would change with every run."""
    pytest.importorskip("matplotlib", reason="pictures are an extra")
    replay = run(
        condition(branching.RULE, 104, 200),
        condition("D.crossed/1", 10, 20),
        alert(110, "WATCH"),
        alert(120, "CRITICAL", "escalated"),
        sample_s=3_600,
        prices=PRICES,
    )
    labels = [label("S1", 100, 300), label("quiet", 0, 50)]
    for name in ("a", "b"):
        draw(tmp_path / f"{name}.{ending}", "a crash", replay, labels, stretch(0, 600))
    first, second = ((tmp_path / f"{name}.{ending}").read_bytes() for name in ("a", "b"))
    assert first == second
    assert len(first) > 5_000
    if ending == "svg":
        assert b"CRITICAL" in first
