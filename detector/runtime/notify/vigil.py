"""Whether anybody watches the market: detectors that fall silent, or hear nothing, are news for people.

Without it the silence of dead programs would be taken for a calm market. Pure: moments are arguments.
"""

from __future__ import annotations

from collections.abc import Iterable

from detector.composing import digest
from schemas.alert import LEVELS, OURS, Alert, Coverage, Evidence, Level
from schemas.cloudevents import rfc3339
from schemas.state import Heartbeat

NS = 1_000_000_000
SILENT_S = 60.0
"""A restarted detector has read its state by then; twelve heartbeats are missed."""
GRAVE_S = 300.0
"""Nobody is restarting anything any more."""
BEHIND_S = 300.0
"""Who works on what is older does not watch the present."""
EVERY_S = 5.0
"""Between two heartbeats of a detector."""


class Vigil:
    """Takes the heartbeats of detectors; `news` is the next revision of the story that nobody watches.

    Parameters
    ----------
    began_ns
        When we began to listen.
    told
        What was told already, by an earlier life: such a story is gone on with.
    """

    def __init__(self, *, began_ns: int, told: Iterable[Alert] = ()) -> None:
        self._began_ns = began_ns
        self._watched_ns = 0
        self._told_ns = 0
        """When somebody watched last and what they say could be read."""
        self._heard_ns = 0
        self._unfit = ""
        """What is wrong with the detector that lives and does not watch."""
        open_ones = [alert for alert in told if alert.status != "resolved" and alert.episode_id == _id(alert.since_ns)]
        self._open = max(open_ones, key=lambda alert: alert.ts_ns, default=None)

    @property
    def unwatched(self) -> bool:
        """Whether it was told that nobody watches, and not yet that somebody does again."""
        return self._open is not None

    def take(self, beat: Heartbeat, at_ns: int, now_ns: int) -> None:
        """A heartbeat, written at this moment; those of other programs do not count."""
        if beat.role != "detector" or beat.state == "stopping":
            return
        # With a broker whose clock is ahead silence would begin later.
        at_ns = min(at_ns, now_ns)
        self._heard_ns = max(self._heard_ns, at_ns)
        behind_s = beat.lag_s if beat.lag_s is not None else 0.0
        if beat.state != "running":
            self._unfit = f"nobody is watching, detectors live and have no data, {beat.note or 'they do not say why'}"
        elif behind_s > BEHIND_S:
            self._unfit = f"nobody watches the present, detectors are {behind_s / 60:,.0f} min behind"
        else:
            self._watched_ns = max(self._watched_ns, at_ns)

    def news(self, now_ns: int, *, why: str = "") -> Alert | None:
        """A revision to be told; None where nothing changed. `why` is what keeps us from reading what detectors say:
        meanwhile nobody watches for us, whoever lives.
        """
        before = self._open
        if not why:
            self._told_ns = self._watched_ns
        # A silence from before our time is told once there was time to end it: whoever starts a whole cluster is not
        # called for that.
        silent_ns = now_ns - max(self._told_ns, self._began_ns if before is None else before.since_ns)
        if silent_ns <= SILENT_S * NS:
            self._open = None
            return _over(before, now_ns) if before is not None else None
        level: Level = "HIGH" if silent_ns > GRAVE_S * NS else "WARN"
        if before is not None and LEVELS.index(level) <= LEVELS.index(before.level):
            return None
        self._open = self._alert(before, level, now_ns, why)
        return self._open

    def _alert(self, before: Alert | None, level: Level, now_ns: int, why: str) -> Alert:
        since_ns = before.since_ns if before is not None else self._told_ns or self._began_ns
        episode_id = _id(since_ns)
        revision = before.revision + 1 if before is not None else 1
        words = self._words(now_ns, why)
        silent = Evidence(
            signal="heartbeat_age",
            value=round((now_ns - since_ns) / NS, 1),
            baseline=EVERY_S,
            threshold=SILENT_S,
            unit="s",
            since_ns=since_ns,
            note=why,
        )
        return Alert(
            alert_id=digest(f"{episode_id}|{revision}|{level}"),
            episode_id=episode_id,
            revision=revision,
            ts_ns=now_ns,
            status="open" if before is None else "escalated",
            level=level,
            peak_level=level,
            stages=("D",),
            scope=OURS,
            direction="none",
            since_ns=since_ns,
            headline=f"{level} detector data: {words}{f' ({why})' if why else ''}",
            evidence=(silent,),
            conditions=(),
            coverage=Coverage(live=0, families=0, blind=(why or words,)),
            posture="reduce",
            clears=("a detector works on new data",),
        )

    def _words(self, now_ns: int, why: str) -> str:
        if now_ns - self._heard_ns <= SILENT_S * NS:
            # One that watches is heard and was not told of: the fault is in between.
            is_watched = why and now_ns - self._watched_ns <= SILENT_S * NS
            return "nobody is watching, what detectors say cannot be read" if is_watched else self._unfit
        if self._heard_ns:
            return f"nobody is watching, no detector was heard since {rfc3339(self._heard_ns)[11:19]} UTC"
        return "nobody is watching, no detector was ever heard"


def _id(since_ns: int) -> str:
    """The same for the same silence, whoever tells it."""
    return digest(f"unwatched|{since_ns}")


def _over(told: Alert, now_ns: int) -> Alert:
    revision = told.revision + 1
    return Alert(
        alert_id=digest(f"{told.episode_id}|{revision}|CLEAR"),
        episode_id=told.episode_id,
        revision=revision,
        ts_ns=now_ns,
        status="resolved",
        level="CLEAR",
        peak_level=told.peak_level,
        stages=("D",),
        scope=OURS,
        direction="none",
        since_ns=told.since_ns,
        headline="RESOLVED detector data: somebody is watching again, a detector works on new data",
        evidence=(),
        conditions=(),
        coverage=Coverage(live=0, families=0),
        posture="resume",
    )
