"""What a careful bot does now."""

from __future__ import annotations

import itertools

import pytest

from detector.posture import STRICTER, is_stricter, posture
from detector.verdict import CALM, CRITICAL, EMERGENCY, HIGH, WARN, WATCH
from schemas.alert import Posture


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (CALM, "normal"),
        (WATCH, "normal"),
        (WARN, "reduce"),
        (HIGH, "reduce"),
        (CRITICAL, "halt_new"),
        (EMERGENCY, "halt_new"),
    ],
)
def test_the_level_says_how_much_risk(level: int, expected: Posture) -> None:
    """A bot that acts on words must find the same ones at the same levels."""
    assert posture(level) == expected


@pytest.mark.parametrize("level", [HIGH, CRITICAL, EMERGENCY])
def test_in_a_void_nobody_should_sell_at_any_price(level: int) -> None:
    """A stop that becomes a market order in an empty book filled at 0.001."""
    assert posture(level, void=True) == "no_market_orders"


def test_a_void_in_a_calm_market_changes_nothing() -> None:
    """A thin coin would stop bots while nothing else happens."""
    assert posture(WARN, void=True) == "reduce"


def test_the_end_is_told_as_such() -> None:
    """A bot that waits for `normal` would wait for a message that never comes."""
    assert posture(CALM, void=True, resolved=True) == "resume"


def test_what_asks_more_of_a_bot_is_stricter() -> None:
    """It would be told of the void when something else happens, or of each relief at once."""
    for weak, strict in itertools.pairwise(STRICTER):
        assert is_stricter(strict, weak)
        assert not is_stricter(weak, strict)
        assert not is_stricter(weak, weak)
