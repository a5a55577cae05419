from __future__ import annotations

import re
from typing import Any

import pytest

from schemas.alert import Alert, Coverage
from schemas.cloudevents import ALERT_TYPE, alert_headers, rfc3339
from schemas.topics import ALERTS, HEADERS


def alert(**changes: Any) -> Alert:
    fields: dict[str, Any] = {
        "alert_id": "a1",
        "episode_id": "e1",
        "revision": 1,
        "ts_ns": 1_760_129_405_123_456_789,
        "status": "open",
        "level": "WARN",
        "peak_level": "WARN",
        "stages": ("S1",),
        "scope": "market",
        "direction": "down",
        "since_ns": 1,
        "headline": "",
        "evidence": (),
        "conditions": (),
        "coverage": Coverage(live=1, families=1),
    }
    return Alert(**fields | changes)


def test_an_alert_carries_every_attribute_that_cloudevents_requires() -> None:
    """A router that knows CloudEvents would drop it."""
    assert dict(alert_headers(alert())) == {
        "ce_specversion": b"1.0",
        "ce_id": b"a1",
        "ce_source": b"/cascade-detector",
        "ce_type": b"cascade-detector.alert.v1",
        "ce_time": b"2025-10-10T20:50:05.123456789Z",
        "ce_subject": b"market",
        "content-type": b"application/json",
    }


def test_the_same_alert_has_the_same_headers_whoever_writes_it() -> None:
    """Two workers that write one alert would look like two events."""
    assert alert_headers(alert()) == alert_headers(alert())


def test_the_headers_are_those_of_the_table() -> None:
    """The published contract would name other headers than are written."""
    assert ALERTS.headers is not None
    assert [*(name for name, _ in alert_headers(alert())), "worker"] == list(HEADERS[ALERTS.headers])


def test_the_type_has_the_major_version_of_the_topic() -> None:
    """A subscriber by type would be given messages that it cannot read."""
    assert ALERT_TYPE.rsplit(".", 1)[1] == ALERTS.name.rsplit(".", 1)[1]


@pytest.mark.parametrize("moment_ns", [0, 999_999_999, 1_000_000_000, 1_760_129_405_000_000_001])
def test_a_moment_keeps_its_nanoseconds(moment_ns: int) -> None:
    """Two alerts of one second could not be put in order."""
    match = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(\d{9})Z", rfc3339(moment_ns))
    assert match is not None
    assert int(match[1]) == moment_ns % 1_000_000_000
