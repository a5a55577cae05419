"""What dialects share."""

from __future__ import annotations

import pytest

from producers.venue_server.dialect import Rules
from producers.venue_server.listener import Listener, ViolationError
from producers.venue_server.talker import Talker, text, texts


class Terse(Talker):
    """A venue with one path and room for two subscriptions."""

    venue_id = "terse"
    rules = Rules(messages_per_s=1, topics=2)
    paths = ("ws",)


def test_only_its_paths_have_listeners() -> None:
    """A wrong path is a 404, as it is at the venue."""
    talker = Terse()
    assert talker.listener("/ws", "") is not None
    assert talker.listener("/other", "") is None
    assert talker.listener("/ws", "btc@trade") is None


def test_subscriptions_come_and_go_within_the_limit() -> None:
    """The name by which a client asked is kept for the answers."""
    talker, listener = Terse(), Listener("ws")
    talker.subscribe(listener, "book:BTC", "BTC book")
    talker.subscribe(listener, "trade:BTC")
    assert listener.topics == {"book:BTC": "BTC book", "trade:BTC": "trade:BTC"}
    talker.unsubscribe(listener, "book:BTC", "BTC book")
    talker.subscribe(listener, "mark:BTC")
    with pytest.raises(ViolationError):
        talker.subscribe(listener, "one:more")


def test_numbers_count_up_by_counter() -> None:
    """Each market has ids of its own."""
    talker = Terse()
    assert [talker.next_number("a"), talker.next_number("a"), talker.next_number("b")] == [1, 2, 1]


def test_numbers_are_written_without_exponent() -> None:
    """No venue writes 1e-07."""
    assert [text(1e-7), text(123.456), text(0.0)] == ["0.0000001", "123.456", "0"]
    assert texts([(60_000.0, 5.0)], lot=0.01) == [["60000", "500"]]
