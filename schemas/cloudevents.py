"""Alerts as CloudEvents 1.0: the headers of the Kafka protocol binding in binary content mode.

The value stays the alert's own JSON; routers and bridges that know CloudEvents need the headers alone.
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

from __future__ import annotations

from datetime import UTC, datetime

from schemas.alert import Alert

ALERT_TYPE = "cascade-detector.alert.v1"
"""Begins with the name that the project is published under: a reversed domain name, as CloudEvents recommends, would
be somebody else's. One type for the whole life of an episode, because `status` and `level` are in the alert, and a
subscriber who names one type must not miss the end. The version is that of the topic."""

SOURCE = "/cascade-detector"
"""The same for every worker: source and id together name an event, and two workers may write the same alert."""

_SECOND_NS = 1_000_000_000


def alert_headers(alert: Alert) -> list[tuple[str, bytes]]:
    """The record headers of an alert."""
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": alert.alert_id,
        "ce_source": SOURCE,
        "ce_type": ALERT_TYPE,
        "ce_time": rfc3339(alert.ts_ns),
        "ce_subject": alert.scope,
        "content-type": "application/json",
    }
    return [(name, value.encode()) for name, value in attributes.items()]


def rfc3339(moment_ns: int) -> str:
    """A moment in UTC, with all its nanoseconds.

    >>> rfc3339(1_760_129_405_000_000_001)
    '2025-10-10T20:50:05.000000001Z'
    """
    seconds, fraction_ns = divmod(moment_ns, _SECOND_NS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction_ns:09d}Z"
