"""What others wrote, as one line of what can be seen."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detector.alerts.clean import CUT, MOST_MARKS, clean, cut, graphemes, name, width

ASTRONAUT = "👩\u200d🚀"
FAMILY = "👨\u200d👩\u200d👧\u200d👦"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("BTC", "BTC"),
        ("  a \r\n\t b  ", "a b"),
        ("\x00\x07BTC\x1b[31m", "BTC [31m"),
        ("\u202eCTB\u202c\u2066x\u2069\u200f", "CTBx"),
        ("BT\u200bC\u2060\ufeff\u00ad", "BTC"),
        ("\ud83dBTC\udc00", "BTC"),
        ("a\u200db", "ab"),
        (ASTRONAUT, ASTRONAUT),
        ("👩\u200d", "👩"),
        ("👩\u200d 🚀", "👩 🚀"),
        ("שלום", "שלום"),
        ("\u3164\u2800", ""),
        ("\U000e0041", ""),
    ],
)
def test_only_what_can_be_seen_stays_and_stands_on_one_line(text: str, seen: str) -> None:
    """A listed symbol could turn a message around, break its lines, or hide in it."""
    assert clean(text) == seen


def test_marks_do_not_pile_up() -> None:
    """A name would grow over the lines around it."""
    assert clean("Z" + "\u0301\u0302\u0303\u0304" * 50 + "A") == "Z" + "\u0301\u0302\u0303\u0304"[:MOST_MARKS] + "A"


def test_names_are_short() -> None:
    """One coin's name would fill the screen."""
    assert width(name("A" * 10_000)) == 40


@pytest.mark.parametrize("most", range(1, 14))
def test_a_cut_goes_through_no_picture_and_no_letter(most: int) -> None:
    """Half a surrogate pair makes a message that channels refuse."""
    text = f"a{FAMILY}e\u0301🇩🇪"
    whole = list(graphemes(text))
    said = cut(text, most)
    assert width(said) <= most
    assert said == text or (
        said.endswith(CUT) and list(graphemes(said[:-1])) == whole[: len(list(graphemes(said))) - 1]
    )


def test_a_picture_that_never_ends_is_cut_all_the_same() -> None:
    """A thousand joined pictures would count as one letter that fits nowhere."""
    assert 1 < width(clean("👩\u200d" * 1_000 + "👩", 100)) <= 100


@settings(max_examples=60)
@given(st.text(), st.integers(1, 60))
@example("\ud800" * 20, 10)
@example("\n" * 10_000 + "x", 10)
def test_whatever_is_cleaned_is_clean_and_stays_as_it_is(text: str, most: int) -> None:
    """What was cleaned once would look different when it is edited."""
    said = clean(text, most)
    assert width(said) <= most
    assert all(c == "\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp") for c in said)
    assert clean(said, most) == said == said.strip()
