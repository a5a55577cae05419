"""Whether alerts said rightly what was behind the moves."""

from __future__ import annotations

from detector.scoring.causes import cause_cards
from tests.kit.told import alert, label


def test_the_last_label_within_a_stretch_is_the_answer() -> None:
    """A first guess that was mended would count as wrong."""
    truths = [
        label("macro", 0, 100),
        label("mixed", 100, 300),
        label("microstructure", 400, 500),
        label("macro", 600, 700),
    ]
    told = [
        alert(10, "WATCH", cause="undecided"),
        alert(20, "WARN", cause="macro"),
        alert(30, "HIGH", scope="SOL", cause="microstructure"),
        alert(90, "HIGH", cause="undecided"),
        alert(200, "HIGH", cause="macro"),
        alert(210, "HIGH"),
        alert(650, "HIGH", cause="undecided"),
    ]
    cards = cause_cards(truths, told)
    assert [(card.true, card.told, card.right) for card in cards] == [
        ("macro", "macro", True),
        ("mixed", "macro", False),
        ("microstructure", "", None),
        ("macro", "undecided", False),
    ]
