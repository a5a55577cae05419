"""What venue files declare of liquidations, at the time of an event."""

from __future__ import annotations

import pytest

from detector.declared import liquidation_coverage
from producers.completeness import since_ns
from producers.venues.registry import VENUES


@pytest.mark.parametrize("venue_id", VENUES)
def test_every_venue_speaks_for_itself(venue_id: str) -> None:
    """A venue that declares a throttle would be believed to be complete."""
    now_ns = since_ns("2026-10-10")
    assert liquidation_coverage(venue_id, now_ns) == VENUES[venue_id]().completeness["liquidations"].at(now_ns)


@pytest.mark.parametrize(("day", "kind"), [("2025-02-19", "sampled"), ("2025-02-20", "all")])
def test_replays_of_old_years_are_judged_by_what_held_then(day: str, kind: str) -> None:
    """The sampled feed of an old recording would be the truth because today's is."""
    for second_ns in (0, 86_399 * 10**9):
        found = liquidation_coverage("bybit", since_ns(day) + second_ns)
        assert found is not None
        assert found.kind == kind


def test_of_a_venue_without_a_file_nothing_is_declared() -> None:
    """Somebody's recording would end the detector, or be taken for complete."""
    assert liquidation_coverage("somebody", since_ns("2026-10-10")) is None
