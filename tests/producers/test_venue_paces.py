"""How fast a venue is spoken to."""

from __future__ import annotations

import msgspec
import pytest

from producers.venue_paces import message_pace, operation_pace
from tests.kit.toy_venue import ToyVenue


def limited(*, messages_per_s: float = 1000, operations_per_h: float | None = None) -> ToyVenue:
    """A venue with these limits."""
    venue = ToyVenue()
    venue.limits = msgspec.structs.replace(
        venue.limits, messages_per_s=messages_per_s, operations_per_h=operations_per_h
    )
    return venue


def test_messages_stay_a_fifth_below_the_venues_limit() -> None:
    """Pongs count on some venues, and lumps of messages on all."""
    pace = message_pace(limited(messages_per_s=10))
    assert [pace.reserve_s() for _ in range(9)][-1] == pytest.approx(1.0, abs=0.05)


def test_a_long_list_may_be_said_at_once_and_single_books_later() -> None:
    """A start that is spread over an hour is none."""
    pace = operation_pace(limited(operations_per_h=100))
    assert pace is not None
    waits_s = [pace.reserve_s() for _ in range(61)]
    assert max(waits_s[:60]) == 0.0
    assert waits_s[60] > 100.0


def test_a_venue_that_does_not_count_operations_waits_for_none() -> None:
    """Most do not."""
    assert operation_pace(limited()) is None
