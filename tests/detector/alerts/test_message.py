"""What one message says."""

from __future__ import annotations

import msgspec

from detector.alerts.markup import Markup, render
from detector.alerts.message import Message


def test_a_title_and_what_holds_are_enough() -> None:
    """A story of which little is known could not be told at all."""
    message = Message(level="WARN", peak="WARN", title="WARN · BTC falling", what="forced flow")
    for markup in Markup:
        assert "forced flow" in render(message, markup, limit=200)
    assert msgspec.json.decode(msgspec.json.encode(message), type=Message) == message
