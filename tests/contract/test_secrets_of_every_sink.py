"""Secrets stay where they are: every way in which a sink can fail is tried, and all that it says is searched."""

from __future__ import annotations

import logging
import traceback
from urllib.parse import urlsplit

import pytest

from detector.sinks import secrets
from detector.sinks.http import Answer, Http, MaybeSentError, NotSentError, RefusedError, SendError
from detector.sinks.registry import SINKS
from producers.errors import ProducerError
from tests.kit.sending import CANARIES, HTTP_SINKS, PICTURE, FakeHttp, a_delivery, a_sink

PARTS = [*CANARIES.values(), *(urlsplit(value).path for value in CANARIES.values() if "://" in value)]


def _failures(kind: str) -> list[Answer | SendError]:
    """Whatever can happen; the remote repeats what it was sent."""
    repeated = " ".join(CANARIES[name] for name in HTTP_SINKS[kind].values() if name in CANARIES).encode()
    in_json = [b'{"ok": false, "%s": "%s"}' % (name, repeated) for name in (b"error", b"message", b"description")]
    return [
        NotSentError("https://a.example: no such name"),
        MaybeSentError("https://a.example: no answer"),
        RefusedError("https://a.example: not a public address"),
        *(Answer(status, {}, repeated) for status in (200, 302, 400, 401, 403, 404, 410, 429, 500, 502)),
        *(Answer(status, {}, body) for status in (200, 202, 400, 403, 429, 500) for body in in_json),
        Answer(400, {}, b'{"status": "invalid event", "errors": ["routing_key"], "message": "%s"}' % repeated),
    ]


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each sink has to make its own known.
    monkeypatch.setattr(secrets, "_known", set())
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "SOCKS_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def _found(said: str) -> list[str]:
    return [part for part in PARTS if part in said] + (["canary"] if "canary" in said else [])


@pytest.mark.parametrize("kind", HTTP_SINKS)
async def test_no_failure_of_a_sink_says_its_secrets(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads the log, the store or a screenshot could write to the channel, or read it."""
    caplog.set_level(logging.DEBUG)
    said = []
    for failure in _failures(kind):
        sink = a_sink(kind, FakeHttp(failure))
        deliveries = a_delivery(), a_delivery(act="edit", ended=True), a_delivery(picture=PICTURE)
        said += [repr(await sink.send(delivery)) for delivery in deliveries]
        said += [repr(sink), str(sink), str(sink.traits)]
    assert _found("\n".join((*said, caplog.text))) == []


@pytest.mark.parametrize("kind", HTTP_SINKS)
async def test_no_failure_of_the_client_says_them(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """Its own errors hold whole addresses."""
    caplog.set_level(logging.DEBUG)
    elsewhere = {
        "alertmanager": {"url": "http://127.0.0.1:9"},
        "pagerduty": {"api": "http://127.0.0.1:9"},
        "slack_bot": {"api": "http://127.0.0.1:9"},
        "telegram": {"api": "http://127.0.0.1:9"},
    }
    for allowed in ((), ("127.0.0.1",)):
        async with Http(allowed, total_s=0.2) as http:
            if kind in elsewhere:
                outcome = await a_sink(kind, http, **elsewhere[kind]).send(a_delivery())
                assert "http://127.0.0.1:9: " in repr(outcome)
                assert _found(repr(outcome)) == []
    assert _found(caplog.text) == []


@pytest.mark.parametrize("kind", HTTP_SINKS)
def test_a_sink_that_cannot_be_made_does_not_say_them(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret in the wrong variable would be printed with the complaint."""
    for name in CANARIES:
        monkeypatch.setenv(name, "gopher://canary@canary-in-the-wrong-place canary")
    said = ""
    try:
        a_sink(kind, FakeHttp())
    except ProducerError as error:
        said = "".join(traceback.format_exception(error, limit=0))
    assert _found(said) == []


@pytest.mark.parametrize("settings", SINKS, ids=lambda settings: str(settings.__struct_config__.tag))
def test_settings_hold_no_secret_and_name_where_each_is(settings: type) -> None:
    """What stands in the configuration is in its copies, in `config show` and in the repository."""
    fields = settings.__struct_fields__  # type: ignore[attr-defined]
    bare = {"token", "secret", "password", "routing_key", "key", "api_key", "webhook"}
    assert not bare & set(fields)
