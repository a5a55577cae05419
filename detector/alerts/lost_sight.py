"""Stories whose detector was restarted without its memory: nobody follows them any more, which is no all-clear."""

from __future__ import annotations

from msgspec.structs import replace

from detector.composing import digest
from schemas.alert import Alert, Coverage

WHY = "the detector was restarted"


def lost(alert: Alert, now_ns: int) -> Alert:
    """The last revision of a story that nobody follows any more."""
    return replace(
        alert,
        alert_id=digest(f"{alert.episode_id}|{alert.revision + 1}|lost"),
        revision=alert.revision + 1,
        ts_ns=max(now_ns, alert.ts_ns),
        status="resolved",
        level="CLEAR",
        headline=f"RESOLVED {alert.scope}: no longer followed, {WHY}",
        evidence=(),
        conditions=(),
        coverage=Coverage(live=0, families=max(1, alert.coverage.families), blind=(WHY,)),
        second_key="",
        posture="normal",
        context=(),
        clears=(),
    )


def is_lost(alert: Alert) -> bool:
    """Whether it ended because nobody looked any more.

    A story that is over by its numbers was seen to be: some family of evidence was live.
    """
    return alert.status == "resolved" and alert.coverage.families > 0 and alert.coverage.live == 0
