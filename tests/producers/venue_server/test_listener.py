"""What a connection has asked for."""

from __future__ import annotations

from producers.venue_server.listener import Listener, ViolationError, loads


def test_a_listener_begins_with_nothing() -> None:
    """A socket that has not subscribed gets nothing."""
    listener = Listener("public")
    assert (listener.path, listener.names, listener.topics, listener.combined) == ("public", {}, {}, True)


def test_a_violation_carries_the_last_words_of_the_venue() -> None:
    """Some venues say why before they close."""
    assert ViolationError("too many", b"{}").answer == b"{}"


def test_json_that_is_none_is_none() -> None:
    """Junk from a client or in a recording does not stop the server."""
    assert loads('{"a":1}') == {"a": 1}
    assert loads(b"{") is None
