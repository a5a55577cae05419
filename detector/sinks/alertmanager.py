"""Prometheus Alertmanager, by its API v2: one alert a story, said again while it goes on.

An alert there *is* its labels: a story whose level changes is another alert, and the one before has to be ended.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec

from detector.alerts.clean import clean
from detector.alerts.markup import PLAIN, render
from detector.alerts.match import about
from detector.alerts.outcomes import Delivered, Outcome
from detector.alerts.traits import Traits
from detector.sinks.addresses import url_fault
from detector.sinks.answers import judge, judge_failure
from detector.sinks.http import Http, SendError
from detector.sinks.secrets import keep_secret
from detector.sinks.settings import SinkSettings
from detector.sinks.sink import Delivery, Memory
from schemas.alert import Alert, Level

REFRESH_S = 60.0
"""Alertmanager forgets what it has not heard for its `resolve_timeout`, five minutes by default."""
TRAITS = Traits(edits=True, idempotent=True, refresh_s=REFRESH_S, paces=((10, 1.0),), send_s=20.0)
TEXT_LETTERS = 4_000
LABEL_LETTERS = 100
SEVERITY: dict[Level, str] = {
    "CLEAR": "none",
    "WATCH": "info",
    "WARN": "warning",
    "HIGH": "critical",
    "CRITICAL": "critical",
    "EMERGENCY": "critical",
}
"""The three that routes of Alertmanager are written for; `level` is ours."""


class AlertmanagerSettings(SinkSettings, frozen=True, kw_only=True, tag="alertmanager"):
    """Where it listens, and who we are there."""

    optional_secrets: ClassVar[tuple[str, ...]] = ("token", "password")

    url: str
    """Without `/api/v2`; one of a cluster that stands behind a name is enough."""
    token_file: str | None = None
    """Sent as a bearer token."""
    token_env: str | None = None
    username: str = ""
    password_file: str | None = None
    password_env: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if fault := url_fault(self.url):
            raise ValueError(f"url: {fault}")
        has_password = (self.password_file or self.password_env) is not None
        if bool(self.username) != has_password:
            raise ValueError("username goes with password_file or password_env")
        if has_password and (self.token_file or self.token_env) is not None:
            raise ValueError("set a token, or a user name and a password, not both")


class AlertmanagerSink:
    """What was said last of each story is kept in `Delivered.remote`: the level by story."""

    def __init__(self, name: str, settings: AlertmanagerSettings, *, http: Http, memory: Memory) -> None:
        self._url = f"{settings.url.rstrip('/')}/api/v2/alerts"
        self._headers = {"Content-Type": "application/json"} | _authorization(settings)
        self._http = http

    @property
    def traits(self) -> Traits:
        """It is told every change, and again each minute that there is none."""
        return TRAITS

    async def send(self, delivery: Delivery) -> Outcome:
        """Post all stories of the thread as they stand."""
        body = msgspec.json.encode(_entries(delivery))
        try:
            answer = await self._http.send("POST", self._url, body=body, headers=self._headers)
        except SendError as error:
            return judge_failure(error)
        outcome = judge(answer)
        if not isinstance(outcome, Delivered):
            return outcome
        levels = {story.episode_id: story.level for story in delivery.alerts if story.status != "resolved"}
        return Delivered(msgspec.json.encode(levels).decode())

    async def close(self) -> None:
        """Nothing is held."""


def _entries(delivery: Delivery) -> list[dict[str, Any]]:
    """What to say: all that goes on, and the end of what was said before and goes on no more.

    One entry for each set of labels: what of an asset is over and what began since may have the same, and whichever
    came last in a post would win.
    """
    before = _levels(delivery.remote)
    found: dict[frozenset[tuple[str, str]], dict[str, Any]] = {}
    for story in delivery.alerts:
        if story.status != "resolved":
            _add(found, _alert(story, story.level, delivery, ends=False))
    for story in delivery.alerts:
        # Where nothing is known of what was said, it is ended where it may have stood.
        level = before.get(story.episode_id) if before is not None else story.peak_level
        if level is not None and (story.status == "resolved" or (before and level != story.level)):
            _add(found, _alert(story, level, delivery, ends=True))
    return list(found.values())


def _add(found: dict[frozenset[tuple[str, str]], dict[str, Any]], entry: dict[str, Any]) -> None:
    found.setdefault(frozenset(entry["labels"].items()), entry)


def _alert(story: Alert, level: Level, delivery: Delivery, *, ends: bool) -> dict[str, Any]:
    gravest = story is delivery.alerts[0]
    told: dict[str, Any] = {
        "labels": {
            "alertname": "CascadeAlert",
            "scope": clean(story.scope, LABEL_LETTERS),
            "about": about(story),
            "level": level,
            "severity": SEVERITY[level],
        },
        "annotations": {
            "summary": clean(delivery.message.title if gravest else story.headline),
            "description": render(delivery.message, PLAIN, limit=TEXT_LETTERS) if gravest else clean(story.headline),
            "stages": " ".join(story.stages),
            "posture": story.posture,
            "episode_id": story.episode_id,
            "alert_id": story.alert_id,
        },
        "startsAt": _time(story.since_ns),
    }
    if ends:
        # An end that is not after the begin is refused.
        told["endsAt"] = _time(max(story.ts_ns, story.since_ns + 1_000_000))
    return told


def _levels(remote: str) -> dict[str, Level] | None:
    """The level by story of what goes on there; None where nobody knows."""
    try:
        found: dict[str, Level] = msgspec.json.decode(remote, type=dict[str, Level])
    except msgspec.DecodeError:
        return None
    return found


def _time(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns / 1e9, UTC).isoformat(timespec="milliseconds")


def _authorization(settings: AlertmanagerSettings) -> dict[str, str]:
    if (token := settings.secret_if_set("token")) is not None:
        return {"Authorization": f"Bearer {token}"}
    if (password := settings.secret_if_set("password")) is not None:
        known = b64encode(f"{settings.username}:{password}".encode()).decode()
        return {"Authorization": f"Basic {keep_secret(known)}"}
    return {}
