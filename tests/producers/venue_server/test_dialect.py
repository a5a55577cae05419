"""The contract of dialects is data and methods; each dialect in the table keeps it."""

from __future__ import annotations

import pytest

from producers.venue_server.dialect import Rules
from producers.venue_server.dialects import DIALECTS
from producers.venue_server.listener import Listener


@pytest.mark.parametrize("venue_id", DIALECTS)
def test_every_dialect_has_rules_and_silence_for_strangers(venue_id: str) -> None:
    """A test that holds clients to rules needs some; a path or a question that no venue has must not end the server."""
    dialect = DIALECTS[venue_id]()
    assert isinstance(dialect.rules, Rules)
    assert dialect.rules.messages_per_s > 0
    assert dialect.listener("no/such/path", "") is None
    assert dialect.topics(b"junk") == ()
    assert dialect.opening("no-such-topic", Listener("")) == []
