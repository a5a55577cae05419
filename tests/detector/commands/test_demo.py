"""The demo in parts; the whole of it runs in `tests/e2e/test_demo.py`."""

from __future__ import annotations

from detector.commands.demo import ASSETS, FROM, TO, WATCH, Played
from producers.bundled import CALM_SECONDS
from producers.reconstruction import labels
from schemas.alert import LEVELS, Alert, Coverage


def alert(level: str) -> Alert:
    """An alert of a level."""
    return Alert(
        alert_id="a",
        episode_id="e",
        revision=1,
        ts_ns=1,
        status="open",
        level=LEVELS[LEVELS.index(level)],  # type: ignore[arg-type]
        peak_level="WATCH",
        stages=("S1",),
        scope="market",
        direction="down",
        since_ns=1,
        headline="",
        evidence=(),
        conditions=(),
        coverage=Coverage(live=1, families=1),
    )


def test_a_part_knows_its_highest_level() -> None:
    """A false alarm in a calm part would pass unnoticed."""
    assert Played([], [], 0, 1.0, "", ()).highest == 0
    assert Played([alert("WATCH"), alert("HIGH")], [], 0, 1.0, "", ()).highest == LEVELS.index("HIGH") > WATCH


def test_the_window_holds_every_label_and_a_quarter_of_an_hour_before_the_first() -> None:
    """A stage outside the window could never be shown, and a cold baseline would see nothing."""
    minutes = [label.onset_ns // 60_000_000_000 % 1440 for label in labels()]
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in (FROM, TO))
    assert min(minutes) - start >= 15
    assert max(minutes) < end


def test_what_it_plays_is_bundled_and_watches_the_collateral() -> None:
    """Without the file or the asset, a part of the demo would be empty."""
    assert all(path.is_file() for path in CALM_SECONDS)
    assert "USDE" in ASSETS
