"""What every sink makes of every answer: one table. `judge` is what they share, `OTHERWISE` what they know better."""

from __future__ import annotations

import msgspec
import pytest

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.sinks.http import Answer, MaybeSentError, NotSentError, RefusedError, SendError
from tests.kit.sending import CANARIES, HTTP_SINKS, FakeHttp, a_delivery, a_sink

WRONG_SINK = {*range(100, 200), *range(300, 400)} | {401, 402, 403, 404, 405, 406, 407, 410, 411, 415, 421, 426, 431}
WRONG_SINK |= {451, 511}
WAIT = {408, 425, 429}
MAYBE = {502, 504}

TAKEN = {
    "alertmanager": b"",
    "discord": b'{"id": "77", "content": "x"}',
    "pagerduty": b'{"status": "success", "message": "Event processed", "dedup_key": "t1"}',
    "slack_bot": b'{"ok": true, "channel": "C1", "ts": "1.2"}',
    "slack_webhook": b"ok",
    "telegram": b'{"ok": true, "result": {"message_id": 5, "chat": {"id": -100}}}',
    "webhook": b"",
}
"""What each says when it has a message."""

REMOTE = {"discord": "77", "slack_bot": "C1:1.2:1.2", "telegram": "-100:5:text"}

OTHERWISE = {
    # Its API says 200 and nothing else: another success is somebody else's.
    "telegram": dict.fromkeys(range(201, 300), "unknown"),
}

NOT_TAKEN: list[tuple[str, bytes, str]] = [
    ("alertmanager", b'{"status": "error"}', "delivered"),
    ("discord", b'{"ok": false}', "unknown"),
    ("discord", b"<html>", "unknown"),
    ("pagerduty", b'{"status": "invalid event", "errors": ["x"]}', "message"),
    ("pagerduty", b"<html>", "unknown"),
    ("slack_bot", b'{"ok": false, "error": "msg_too_long"}', "message"),
    ("slack_bot", b'{"ok": false, "error": "channel_not_found"}', "sink"),
    ("slack_bot", b'{"ok": false, "error": "is_archived"}', "sink"),
    ("slack_bot", b'{"ok": false, "error": "ratelimited"}', "retry"),
    ("slack_bot", b'{"ok": false, "error": "fatal_error"}', "unknown"),
    ("slack_bot", b"<html>", "unknown"),
    ("slack_webhook", b"<html>", "sink"),
    ("telegram", b'{"ok": false, "error_code": 400, "description": "Bad Request: message is too long"}', "message"),
    ("telegram", b'{"ok": false, "error_code": 403, "description": "Forbidden: bot was blocked"}', "sink"),
    ("telegram", b'{"ok": false, "error_code": 400, "description": "Bad Request: chat not found"}', "sink"),
    ("telegram", b'{"ok": false, "error_code": 429, "parameters": {"retry_after": 3}}', "retry"),
    ("telegram", b'{"ok": false}', "message"),
    ("telegram", b"<html>", "unknown"),
    # A receiver's status is its word, whatever the body.
    ("webhook", b'{"ok": false}', "delivered"),
]


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)


def stated(kind: str, status: int) -> str:
    """What the table says."""
    if status in OTHERWISE.get(kind, {}):
        return OTHERWISE[kind][status]
    if 200 <= status < 300:
        return "delivered"
    if status in WRONG_SINK:
        return "sink"
    if status in WAIT or (status >= 500 and status not in MAYBE):
        return "retry"
    return "unknown" if status in MAYBE else "message"


def _word(outcome: Outcome) -> str:
    if isinstance(outcome, Rejected):
        return outcome.of
    return {Delivered: "delivered", RetryAt: "retry", Unknown: "unknown"}[type(outcome)]


async def _sent(kind: str, *answers: Answer | SendError) -> Outcome:
    return await a_sink(kind, FakeHttp(*answers)).send(a_delivery())


@pytest.mark.parametrize("kind", HTTP_SINKS)
async def test_every_status_means_what_the_table_says(kind: str) -> None:
    """An alert would be lost, come again and again, or a dead address be tried for ever."""
    found = {}
    for status in range(100, 600):
        outcome = await _sent(kind, Answer(status, {}, TAKEN[kind] if 200 <= status < 300 else b""))
        found[status] = _word(outcome)
        if isinstance(outcome, Delivered) and kind != "alertmanager":
            assert outcome.remote == REMOTE.get(kind, "")
    assert found == {status: stated(kind, status) for status in range(100, 600)}


@pytest.mark.parametrize("kind", HTTP_SINKS)
@pytest.mark.parametrize(
    ("headers", "body", "after_s"),
    [
        ({"Retry-After": "7"}, b"", 7.0),
        ({"Retry-After": "Fri, 10 Oct 2025 20:50:45 GMT"}, b"", 0.0),
        ({}, b'{"ok": false, "error_code": 429, "parameters": {"retry_after": 7}}', 7.0),
        ({}, b'{"message": "You are being rate limited.", "retry_after": 0.25, "global": false}', 0.25),
        ({}, b"", None),
        ({"Retry-After": "-1"}, b"", 0.0),
        ({"Retry-After": "1e9"}, b"", 3600.0),
        ({"Retry-After": "nan"}, b"", 3600.0),
    ],
)
async def test_every_form_of_429_is_obeyed(
    kind: str, headers: dict[str, str], body: bytes, after_s: float | None
) -> None:
    """Whoever goes on is locked out for longer."""
    outcome = await _sent(kind, Answer(429, headers, body))
    assert isinstance(outcome, RetryAt)
    assert outcome.after_s == after_s


@pytest.mark.parametrize(("kind", "body", "word"), NOT_TAKEN)
async def test_a_200_that_says_no_is_not_counted_as_delivered(kind: str, body: bytes, word: str) -> None:
    """An alert would be lost and nobody know."""
    assert _word(await _sent(kind, Answer(200, {}, body))) == word


@pytest.mark.parametrize("kind", HTTP_SINKS)
async def test_a_timeout_means_what_was_sent_before_it(kind: str) -> None:
    """What did not arrive is sent again; what may have is known as such; a refused address waits for a person."""
    assert _word(await _sent(kind, NotSentError("https://a.example: no such name"))) == "retry"
    assert _word(await _sent(kind, MaybeSentError("https://a.example: no answer within 15 s"))) == "unknown"
    assert _word(await _sent(kind, RefusedError("https://a.example: not a public address"))) == "sink"


@pytest.mark.parametrize("kind", HTTP_SINKS)
async def test_a_delivery_is_the_same_at_each_try(kind: str) -> None:
    """A receiver could not know a copy, and what was signed would differ from what is sent."""
    http = FakeHttp(Answer(503), Answer(200, {}, TAKEN[kind]))
    sink = a_sink(kind, http)
    assert _word(await sink.send(a_delivery())) == "retry"
    assert _word(await sink.send(a_delivery())) == "delivered"
    first, second = http.asked
    assert (first.method, first.url, first.body) == (second.method, second.url, second.body)
    assert msgspec.json.decode(first.body or b"{}")
