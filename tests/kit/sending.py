"""What a sink is given, made up: a client that answers by script, a memory, deliveries, and files with secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from detector.alerts.message import Figure, Message
from detector.sinks.http import Answer, Http, SendError
from detector.sinks.registry import SINKS, open_sink
from detector.sinks.sink import Delivery, Sink
from tests.kit.alerts import an_alert
from tests.kit.collector.seen import Book, Heard

PICTURE = b"\x89PNG\r\n\x1a\nmade up"


class Asked(NamedTuple):
    """One request."""

    method: str
    url: str
    body: bytes | None
    form: Any
    headers: Mapping[str, str]

    @property
    def fields(self) -> Any:
        """The JSON that it brought."""
        return msgspec.json.decode(self.body or b"null")

    def heard(self) -> Heard:
        """As a played channel hears it."""
        path = urlsplit(self.url).path
        return Heard(0.0, "played", self.method, path, {}, self.headers, self.body or b"")


class FakeHttp(Http):
    """Answers by script, the last one for ever; an error is raised."""

    def __init__(self, *answers: Answer | SendError) -> None:
        super().__init__()
        self.answers: Sequence[Answer | SendError] = answers or (Answer(200),)
        self.asked: list[Asked] = []

    async def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        form: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        answer = self.answers[min(len(self.asked), len(self.answers) - 1)]
        self.asked.append(Asked(method, url, body, form, dict(headers or {})))
        if isinstance(answer, SendError):
            raise answer
        return answer


class Remembered(dict[str, str]):
    """A memory that ends with the test."""

    def set(self, key: str, value: str) -> None:
        """Keep it."""
        self[key] = value


def a_book() -> Book:
    """For one played channel."""
    return Book("played", lambda _channel, _shown: None)


def a_message(**changes: Any) -> Message:
    """What a person would read of a falling market, with these parts changed."""
    parts: dict[str, Any] = {
        "level": "HIGH",
        "peak": "HIGH",
        "title": "HIGH · market falling",
        "what": "Forced selling, and the books are thin",
        "stages": "S2 forced flow · S3 deleveraging",
        "where": "binance-usdm, bybit",
        "since": "since 20:50:00 UTC",
        "figures": (Figure(name="liquidated in a minute", value="84.2 m$", normal="normal 0.3 m$"),),
        "do": "Close risk in your own time",
        "reference": "abc123",
    }
    return Message(**parts | changes)


def a_delivery(**changes: Any) -> Delivery:
    """A new message about the market, with these fields changed."""
    fields: dict[str, Any] = {
        "delivery_id": "d1",
        "message_id": "m1",
        "thread_id": "t1",
        "act": "new",
        "revision": 1,
        "message": a_message(),
        "alerts": (an_alert(),),
        "ended": False,
    }
    return Delivery(**fields | changes)


HTTP_SINKS: dict[str, dict[str, Any]] = {
    "alertmanager": {"url": "https://am.example", "username": "us", "password_env": "CANARY_PASSWORD"},
    "discord": {"url_env": "CANARY_DISCORD"},
    "pagerduty": {"routing_key_env": "CANARY_KEY"},
    "slack_bot": {"token_env": "CANARY_TOKEN", "channel": "C1"},
    "slack_webhook": {"url_env": "CANARY_SLACK"},
    "telegram": {"token_env": "CANARY_TOKEN", "chat_id": "-100"},
    "webhook": {"url_env": "CANARY_URL", "secret_env": "CANARY_SECRET"},
}
"""How each sink that speaks HTTP is made, by its type."""

CANARIES = {
    "CANARY_PASSWORD": "canary-password",
    "CANARY_DISCORD": "https://discord.example/api/webhooks/77/canary-discord-path",
    "CANARY_KEY": "canaryroutingkey0123456789abcdef",
    "CANARY_TOKEN": "4711:canary-token-of-a-bot",
    "CANARY_SLACK": "https://hooks.example/services/T1/B2/canary-slack-path",
    "CANARY_URL": "https://bot.example/hooks/canary-of-the-path?key=canary-of-a-query",
    "CANARY_SECRET": "whsec_" + "canary00" * 4,
}
"""The environment with their secrets."""


def a_sink(kind: str, http: Http, **changes: Any) -> Sink:
    """A sink of this type, with these settings changed. `CANARIES` have to be in the environment."""
    settings = next(settings for settings in SINKS if settings.__struct_config__.tag == kind)
    table = {"type": kind, **HTTP_SINKS[kind], **changes}
    return open_sink("mine", msgspec.convert(table, settings), http=http, memory=Remembered())
