"""What a sink is, and what some can do beside."""

from __future__ import annotations

from detector.sinks.discord import DiscordSink
from detector.sinks.sink import Beating, Chatting
from detector.sinks.telegram import TelegramSink
from detector.sinks.webhook import WebhookSink
from tests.kit.channels import RememberingSink


def test_who_beats_and_who_listens_is_known_by_what_they_can() -> None:
    """A receiver would never hear that somebody watches, or a chat would never be answered."""
    assert issubclass(TelegramSink, Chatting)
    assert not issubclass(DiscordSink, Chatting)
    assert hasattr(WebhookSink, "heartbeat")
    assert not isinstance(RememberingSink(), Beating)
