"""Clients are held to the rules, and what they did is counted."""

from __future__ import annotations

import pytest

from producers.venue_server.dialect import Rules
from producers.venue_server.listener import Listener, ViolationError
from producers.venue_server.rulebook import Rulebook


def test_connections_are_admitted_up_to_the_limit_and_by_the_minute() -> None:
    """A reconnect storm earns bans."""
    rulebook = Rulebook(Rules(messages_per_s=1, connections=2, connects_per_min=3))
    assert [rulebook.admit(second, connected=0) for second in (0.0, 1.0, 2.0, 3.0)] == [True, True, True, False]
    assert rulebook.admit(70.0, connected=1)
    assert not rulebook.admit(71.0, connected=2)
    assert (rulebook.counts.connections, rulebook.counts.connects_within_a_minute) == (3, 4)
    assert rulebook.counts.violations == ["too many connections"] * 2


def test_messages_are_judged_by_rate_and_size() -> None:
    """Lumps are tolerated, floods are not."""
    rulebook = Rulebook(Rules(messages_per_s=5, frame_bytes=10))
    rulebook.heard("short", within_a_second=10, now_s=0.0)
    with pytest.raises(ViolationError, match="Too many requests"):
        rulebook.heard("short", within_a_second=11, now_s=0.0)
    with pytest.raises(ViolationError, match="too long"):
        rulebook.heard("much too long", within_a_second=1, now_s=0.0)


def test_subscriptions_are_judged_by_number_and_by_how_often_they_change() -> None:
    """Some venues count operations by the hour."""
    rulebook, listener = Rulebook(Rules(messages_per_s=5, topics=2, operations_per_h=3)), Listener("")
    listener.names = {"a": None, "b": None}
    for changed in (True, False, True, True):
        rulebook.subscribed(listener, changed=changed)
    with pytest.raises(ViolationError, match="operations"):
        rulebook.subscribed(listener, changed=True)
    listener.names["c"] = None
    with pytest.raises(ViolationError, match="subscriptions"):
        rulebook.subscribed(listener, changed=False)
    assert rulebook.counts.topics == 3


def test_what_an_address_says_over_all_its_connections_is_judged_together() -> None:
    """Ten connections of a client that each keep to the limit break one that counts by address."""
    rulebook = Rulebook(Rules(messages_per_s=9, address_messages_per_s=2, address_messages_per_min=6))
    for at_s in (0.0, 0.1, 0.2, 0.3):
        rulebook.heard("x", within_a_second=1, now_s=at_s)
    with pytest.raises(ViolationError, match="this address"):
        rulebook.heard("x", within_a_second=1, now_s=0.4)
    rulebook.heard("x", within_a_second=1, now_s=50.0)
    with pytest.raises(ViolationError, match="this address"):
        rulebook.heard("x", within_a_second=1, now_s=59.0)
    rulebook.heard("x", within_a_second=1, now_s=70.0)
    assert rulebook.counts.address_messages_within_a_second == 5
    assert rulebook.counts.address_messages_within_a_minute == 7


def test_what_an_address_subscribes_over_all_its_connections_is_counted_together() -> None:
    """Some venues count subscriptions by address; what a lost connection had does not count."""
    rulebook = Rulebook(Rules(messages_per_s=9, address_topics=3))
    first, second = Listener(""), Listener("")
    first.names = {"a": None, "b": None}
    second.names = {"c": None, "d": None}
    rulebook.subscribed(first, changed=True)
    with pytest.raises(ViolationError, match="this address"):
        rulebook.subscribed(second, changed=True)
    rulebook.left(first)
    rulebook.subscribed(second, changed=False)
    assert rulebook.counts.address_topics == 4


def test_what_a_client_was_cut_for_is_noted() -> None:
    """A test reads what was broken, whoever found it: the rules or the venue's dialect."""
    rulebook = Rulebook(Rules(messages_per_s=1))
    rulebook.broken(ViolationError("too many subscriptions"))
    assert rulebook.counts.violations == ["too many subscriptions"]
