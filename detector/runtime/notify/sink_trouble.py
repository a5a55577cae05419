"""A sink that refuses us is news for the others: somebody believes that they would be called, and they would not."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from detector.alerts.match import is_of_sink, sink_scope
from detector.alerts.outcomes import Delivered, Outcome, Rejected
from detector.composing import digest
from schemas.alert import Alert, Coverage


class SinkTroubles:
    """Which sinks refuse us. A story of its own for each, begun and ended by the outcomes of sends."""

    def __init__(self, alerts: Iterable[Alert] = ()) -> None:
        self._told = {alert.scope: alert for alert in alerts if alert.status != "resolved"}
        """By scope; what else is going on is in nobody's way."""

    def take(self, sink: str, outcome: Outcome, now_ns: int) -> Alert | None:
        """What to tell, by the other sinks; None where it is nothing new."""
        scope = sink_scope(sink)
        told = self._told.get(scope)
        if isinstance(outcome, Rejected) and outcome.of == "sink" and told is None:
            self._told[scope] = _alert(sink, 1, now_ns, now_ns, outcome.reason)
            return self._told[scope]
        if isinstance(outcome, Delivered) and told is not None:
            del self._told[scope]
            return _alert(sink, 2, told.since_ns, now_ns, "")
        return None

    def of_others(self, sinks: Collection[str], now_ns: int) -> list[Alert]:
        """The end of stories about sinks that are not there any more."""
        here = {sink_scope(sink) for sink in sinks}
        gone = [alert for scope, alert in self._told.items() if is_of_sink(alert) and scope not in here]
        for alert in gone:
            del self._told[alert.scope]
        return [
            replace(
                _alert(alert.scope.partition(" ")[2], 2, alert.since_ns, now_ns, ""),
                headline=f"RESOLVED {alert.scope}: it is not configured any more",
            )
            for alert in gone
        ]


def _alert(sink: str, revision: int, since_ns: int, now_ns: int, reason: str) -> Alert:
    episode_id, over = digest(f"sink|{sink}|{since_ns}"), not reason
    told = f"RESOLVED {sink}: messages arrive again" if over else f"WARN {sink}: takes no messages any more, {reason}"
    return Alert(
        alert_id=digest(f"{episode_id}|{revision}"),
        episode_id=episode_id,
        revision=revision,
        ts_ns=now_ns,
        status="resolved" if over else "open",
        level="CLEAR" if over else "WARN",
        peak_level="WARN",
        stages=("D",),
        scope=sink_scope(sink),
        direction="none",
        since_ns=since_ns,
        headline=told,
        evidence=(),
        conditions=(),
        coverage=Coverage(live=0, families=0),
    )
