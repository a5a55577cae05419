"""Long lists in portions."""

from __future__ import annotations

from producers.venues.splitting import portions


def test_nothing_is_lost_and_no_portion_is_too_large() -> None:
    """The last few markets of a list are the first that nobody misses."""
    found = list(portions(list(range(7)), 3))
    assert found == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(portions([], 3)) == []
