"""What our own venues declare, for the exchanges of Tardis files."""

from __future__ import annotations

import pytest

from producers.tables.tardis_venues import SAME, declared_by
from producers.venues.registry import VENUES


@pytest.mark.parametrize(("exchange", "venue_id"), SAME.items())
def test_another_name_leads_to_a_venue_that_exists(exchange: str, venue_id: str) -> None:
    """A renamed venue would silently lose what it declares of its liquidations."""
    found = declared_by(exchange)
    assert venue_id in VENUES
    assert found is not None
    assert found.id == venue_id


def test_an_exchange_that_we_do_not_read_declares_nothing() -> None:
    """A guess would call a sampled feed complete."""
    assert declared_by("upbit") is None
