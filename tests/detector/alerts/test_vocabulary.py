"""Names of numbers."""

from __future__ import annotations

import re
from pathlib import Path

import detector
from detector.alerts.figures import ASKED
from detector.alerts.vocabulary import NUMBERS, known
from schemas.alert import Evidence

SOURCE = Path(detector.__file__).parent
NAMED = re.compile(r'signal="(\w+)"')


def test_every_number_of_the_detector_has_a_name() -> None:
    """A person would read `depth_ratio`."""
    files = [*SOURCE.glob("*.py"), *(SOURCE / "signals").glob("*.py")]
    found = {signal for file in files for signal in NAMED.findall(file.read_text(encoding="utf-8"))}
    found -= {"spread", "book_", "sides_agree"} - set(NUMBERS)
    assert len(found) > 40
    assert found <= set(NUMBERS)


def test_no_name_is_an_identifier() -> None:
    """People read words."""
    assert not [number.words for number in NUMBERS.values() if "_" in number.words]


def test_every_family_but_those_of_the_context_has_its_turn() -> None:
    """A number would always come last."""
    assert {number.family for number in NUMBERS.values()} - set(ASKED) == {"funding", "fragile"}


def test_a_number_of_a_newer_version_is_told_by_its_own_name() -> None:
    """A plugin's evidence would be lost."""
    assert known(Evidence(signal="new_thing\n", value=1.0)).words == "new thing"
