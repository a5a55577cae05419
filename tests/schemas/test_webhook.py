from __future__ import annotations

import msgspec
import pytest

from schemas.webhook import WebhookBody, WebhookHeartbeat, WebhookMessage
from tests.kit.alerts import an_alert


def test_the_type_says_which_body_it_is() -> None:
    """A bot would take a heartbeat for an alert."""
    message = WebhookMessage(
        act="new",
        message_id="m",
        thread_id="t",
        revision=1,
        ts_ns=1,
        ended=False,
        silent=False,
        level="HIGH",
        posture="reduce",
        title="a",
        text="b",
        alerts=(an_alert(),),
    )
    for body, tag in ((message, "cascade.message.v1"), (WebhookHeartbeat(at_ns=1), "cascade.heartbeat.v1")):
        written = msgspec.json.encode(body)
        assert msgspec.json.decode(written)["type"] == tag
        assert msgspec.json.decode(written, type=WebhookBody) == body


def test_fields_that_a_later_version_adds_are_ignored() -> None:
    """Every addition would break every bot."""
    added = b'{"type": "cascade.heartbeat.v1", "at_ns": 7, "new_field": 1}'
    assert msgspec.json.decode(added, type=WebhookBody) == WebhookHeartbeat(at_ns=7)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"type": "cascade.other.v1", "at_ns": 7}', type=WebhookBody)
