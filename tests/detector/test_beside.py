"""A number beside its own normal."""

from __future__ import annotations

from detector.beside import beside
from detector.stats.rolling_median import RollingMedian


def test_without_history_the_number_stands_alone() -> None:
    """A percentile of three samples would be read as one of an hour."""
    found = beside(RollingMedian(), signal="spread", value=3.14159, digits=2, unit="bp", threshold=5.0)
    assert (found.value, found.baseline, found.percentile, found.sigma) == (3.14, None, None, None)


def test_an_unknown_number_says_why() -> None:
    """Missing is never calm."""
    found = beside(RollingMedian(), signal="spread", value=None, digits=2, unit="bp", note="book in a gap")
    assert (found.value, found.note) == (None, "book in a gap")


def test_a_history_of_equal_samples_has_no_sigma() -> None:
    """A division by nothing would make every tick infinite."""
    usual = RollingMedian(warm=3)
    for second in range(3):
        usual.offer(30 * second, 1.0)
    found = beside(usual, signal="spread", value=2.0, digits=1, unit="bp")
    assert (found.baseline, found.percentile, found.sigma) == (1.0, 100.0, None)
