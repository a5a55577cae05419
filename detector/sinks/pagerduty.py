"""PagerDuty, by its Events API v2: one incident a thread, triggered, acknowledged and resolved by the thread's id."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from detector.alerts.clean import cut
from detector.alerts.match import about
from detector.alerts.outcomes import Delivered, Outcome, Rejected, Unknown
from detector.alerts.traits import Traits
from detector.sinks.addresses import url_fault
from detector.sinks.answers import judge, judge_failure, said
from detector.sinks.http import Answer, Http, SendError
from detector.sinks.settings import SinkSettings
from detector.sinks.sink import Delivery, Memory
from schemas.alert import Level

SUMMARY_LETTERS = 1024
LINE_LETTERS = 500
MOST_LINES = 50
"""Of single stories. So the largest event is a tenth of the 512 KB that are taken."""
TRAITS = Traits(edits=True, idempotent=True, acknowledges=True, paces=((5, 1.0), (60, 60.0)), send_s=20.0)
"""How many events are taken is not published, and changes with what comes in."""

SEVERITY: dict[Level, str] = {
    "CLEAR": "info",
    "WATCH": "info",
    "WARN": "warning",
    "HIGH": "error",
    "CRITICAL": "critical",
    "EMERGENCY": "critical",
}


class PagerDutySettings(SinkSettings, frozen=True, kw_only=True, tag="pagerduty"):
    """The integration of a service."""

    routing_key_file: str | None = None
    """The integration key, 32 letters."""
    routing_key_env: str | None = None
    api: str = "https://events.pagerduty.com"
    """`https://events.eu.pagerduty.com` for accounts in Europe."""
    source: str = "cascade-detector"
    """Which of several detectors speaks."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if fault := url_fault(self.api):
            raise ValueError(f"api: {fault}")
        if not self.source:
            raise ValueError("source is empty")


class PagerDutySink:
    """Every send names the thread, so that one that arrives twice changes nothing."""

    def __init__(self, name: str, settings: PagerDutySettings, *, http: Http, memory: Memory) -> None:
        self._routing_key = settings.secret("routing_key")
        self._url = f"{settings.api.rstrip('/')}/v2/enqueue"
        self._source = settings.source
        self._http = http

    @property
    def traits(self) -> Traits:
        """It edits and acknowledges."""
        return TRAITS

    async def send(self, delivery: Delivery) -> Outcome:
        """Trigger, acknowledge or resolve.

        What gets worse after somebody has acknowledged it is an incident of its own: a trigger with the key of an
        acknowledged one is written beneath it, and calls nobody.
        """
        key, action = delivery.remote or delivery.thread_id, _action(delivery)
        if delivery.acknowledged and delivery.act == "new":
            closed = await self._enqueue("resolve", key, delivery)
            if not isinstance(closed, Delivered):
                return closed
            key = delivery.message_id
        outcome = await self._enqueue(action, key, delivery)
        return Delivered(key) if isinstance(outcome, Delivered) and key != delivery.thread_id else outcome

    async def _enqueue(self, action: str, key: str, delivery: Delivery) -> Outcome:
        event: dict[str, Any] = {"routing_key": str(self._routing_key), "event_action": action, "dedup_key": key}
        if action == "trigger":
            event |= {"payload": self._payload(delivery), "client": "cascade-detector"}
        try:
            answer = await self._http.send(
                "POST", self._url, body=msgspec.json.encode(event), headers={"Content-Type": "application/json"}
            )
        except SendError as error:
            return judge_failure(error)
        return _judge(answer)

    async def close(self) -> None:
        """Nothing is held."""

    def _payload(self, delivery: Delivery) -> dict[str, Any]:
        message, gravest = delivery.message, delivery.alerts[0]
        newest_ns = max(alert.ts_ns for alert in delivery.alerts)
        details: dict[str, Any] = {
            name: cut(text, LINE_LETTERS)
            for name in ("what", "stages", "where", "since", "cause", "blind", "do", "late", "reference")
            if (text := getattr(message, name))
        }
        details |= {
            figure.name: cut(f"{figure.value} ({figure.normal})" if figure.normal else figure.value, LINE_LETTERS)
            for figure in message.figures
        }
        if lines := (*message.yours, *message.others)[:MOST_LINES]:
            details["stories"] = [cut(line, LINE_LETTERS) for line in lines]
        details["posture"] = gravest.posture
        return {
            "summary": cut(f"{message.title}: {message.what}" if message.what else message.title, SUMMARY_LETTERS),
            "source": cut(self._source, LINE_LETTERS),
            "severity": SEVERITY[message.level],
            "timestamp": datetime.fromtimestamp(newest_ns / 1e9, UTC).isoformat(timespec="milliseconds"),
            "component": cut(gravest.scope, LINE_LETTERS),
            "group": about(gravest),
            "class": " ".join(gravest.stages),
            "custom_details": details,
        }


def _action(delivery: Delivery) -> str:
    if delivery.act == "acknowledge":
        return "acknowledge"
    return "resolve" if delivery.ended else "trigger"


def _judge(answer: Answer) -> Outcome:
    outcome, fields = judge(answer), answer.fields
    if isinstance(outcome, Delivered):
        if fields.get("status", "success") != "success":
            return Rejected(said(answer))
        # Somebody between us and it says OK to everything.
        return outcome if answer.status == 202 or fields else Unknown(f"{said(answer)}: not an answer of PagerDuty")
    wrong = fields.get("errors")
    words = [word for word in wrong if isinstance(word, str)] if isinstance(wrong, list) else []
    if answer.status == 400 and any("routing_key" in word for word in words):
        return Rejected(f"{said(answer)}: the routing key is not one", of="sink")
    return outcome
