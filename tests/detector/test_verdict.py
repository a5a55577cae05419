import pytest

from detector.verdict import (
    CALM,
    CRITICAL,
    EMERGENCY,
    HIGH,
    WARN,
    WATCH,
    Verdict,
    calm,
    grade,
    towards,
    unknown,
)
from schemas.alert import LEVELS


def test_severities_are_positions_in_the_levels_that_are_written() -> None:
    """An alert would name another level than the one decided."""
    named = [LEVELS[severity] for severity in (CALM, WATCH, WARN, HIGH, CRITICAL, EMERGENCY)]
    assert named == ["CLEAR", "WATCH", "WARN", "HIGH", "CRITICAL", "EMERGENCY"]


@pytest.mark.parametrize(
    ("value", "severity"),
    [(0.0, CALM), (0.99, CALM), (1.0, WARN), (4.99, WARN), (5.0, HIGH), (1e9, HIGH), (float("nan"), CALM)],
)
def test_a_value_gets_the_highest_threshold_that_it_reaches(value: float, severity: int) -> None:
    """A threshold is inclusive, and what is not a number reaches none."""
    assert grade(value, (1.0, WARN), (5.0, HIGH)) == severity
    assert grade(value, (5.0, HIGH), (1.0, WARN)) == severity


def test_blind_and_calm_are_different_opinions() -> None:
    """Blindness would clear an alarm."""
    assert not unknown("S3.depth/1", "S3", "v", "BTC").known
    assert calm("S3.depth/1", "S3", "v", "BTC") == Verdict("S3.depth/1", "S3", "v", "BTC", CALM, False)
    assert calm("S3.depth/1", "S3", "v", "BTC").known


def test_each_place_has_its_own_opinion() -> None:
    """Verdicts are shared objects: one place's must never be handed to another."""
    assert unknown("r", "S1", "v", "BTC").asset == "BTC"
    assert unknown("r", "S1", "v", "ETH").asset == "ETH"
    assert unknown("r", "S1", "w", "ETH").venue == "w"
    assert calm("r", "S2", "w", "ETH").stage == "S2"


def test_a_move_points_where_it_goes() -> None:
    """Longs and shorts would be told the opposite."""
    assert [towards(move) for move in (-0.1, 0.0, 0.1, float("nan"))] == ["down", "none", "up", "none"]
