"""A receiver of one's own: signed JSON, by the Standard Webhooks specification. `schemas/webhook.py` is the body."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from detector.alerts.markup import PLAIN, render
from detector.alerts.outcomes import Outcome
from detector.alerts.traits import Traits
from detector.posture import STRICTER
from detector.sinks.addresses import url_fault
from detector.sinks.answers import judge, judge_failure
from detector.sinks.http import Http, SendError
from detector.sinks.settings import SinkSettings, SinkSettingsError
from detector.sinks.signature import read_keys, signed_headers
from detector.sinks.sink import Delivery, Memory
from schemas.alert import Alert, Posture
from schemas.state import MarketState
from schemas.webhook import WebhookHeartbeat, WebhookMessage

MOST_BYTES = 20_000
"""The specification advises less than 20 kB."""
TEXT_LETTERS = 3_000
FEW = 6
"""Numbers, conditions and blind spots of an alert that is told in short."""
TRAITS = Traits(edits=True, idempotent=True, paces=((10, 1.0), (120, 60.0)), send_s=20.0)
FEED = replace(TRAITS, edits=False, every_revision=True)
JSON = {"Content-Type": "application/json"}


class WebhookSettings(SinkSettings, frozen=True, kw_only=True, tag="webhook"):
    """Where to, and what to sign with."""

    optional_secrets: ClassVar[tuple[str, ...]] = ("url",)

    url: str | None = None
    url_file: str | None = None
    """Instead of `url`, where the address itself is a secret."""
    url_env: str | None = None
    secret_file: str | None = None
    """`whsec_` and base64; several, one a line, all sign."""
    secret_env: str | None = None
    every_revision: bool = False
    """For a bot: each alert by itself, whatever people are spared; else the messages that people get."""
    heartbeat_s: float = 0.0
    """Say so often that somebody watches; 0 says nothing."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if [self.url, self.url_file or self.url_env].count(None) != 1:
            raise ValueError("set one of url, url_file and url_env")
        if self.url is not None and (fault := url_fault(self.url)):
            raise ValueError(f"url: {fault}")
        if self.heartbeat_s and not 1 <= self.heartbeat_s <= 86_400:
            raise ValueError("heartbeat_s is 0, or 1 to 86400")


class WebhookSink:
    """Posts every change. Whoever wants to be called by new ones alone looks at `act`."""

    def __init__(
        self,
        name: str,
        settings: WebhookSettings,
        *,
        http: Http,
        memory: Memory,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.heartbeat_s = settings.heartbeat_s
        self._traits = FEED if settings.every_revision else TRAITS
        self._url = settings.url or settings.secret("url")
        if fault := url_fault(self._url):
            raise SinkSettingsError(f"[sinks.{name}] url: the address cannot be used: {fault}")
        self._keys = read_keys(settings.secret("secret"))
        self._http = http
        self._wall_clock = wall_clock

    @property
    def traits(self) -> Traits:
        """It is told everything that a person would see, or everything that is said at all."""
        return self._traits

    async def send(self, delivery: Delivery) -> Outcome:
        """Post it."""
        told = as_of_episode(delivery) if self._traits.every_revision else delivery
        return await self._post(delivery.delivery_id, body_of(told))

    async def heartbeat(self, state: MarketState | None) -> Outcome:
        """Say that somebody watches."""
        at_ns = int(self._wall_clock() * 1_000_000_000)
        body = msgspec.json.encode(WebhookHeartbeat(at_ns=at_ns, state=state))
        return await self._post(f"heartbeat-{at_ns}", body)

    async def close(self) -> None:
        """Nothing is held."""

    async def _post(self, message_id: str, body: bytes) -> Outcome:
        signed = signed_headers(self._keys, message_id, int(self._wall_clock()), body)
        try:
            # 410, by which a receiver says that it wants no more, is in the shared table.
            return judge(await self._http.send("POST", self._url, body=body, headers=JSON | signed))
        except SendError as error:
            return judge_failure(error)


def as_of_episode(delivery: Delivery) -> Delivery:
    """One alert as a revision of its episode: whoever gets each by itself knows by that which is newer."""
    (alert,) = delivery.alerts
    return replace(
        delivery,
        act="new" if alert.status in ("open", "escalated") else "edit",
        thread_id=alert.episode_id,
        revision=alert.revision,
    )


def body_of(delivery: Delivery, *, most_bytes: int = MOST_BYTES) -> bytes:
    """The body, with as much of each alert as there is room for: much of the gravest, something of all, then more."""
    message = WebhookMessage(
        act="new" if delivery.act == "new" else "edit",
        message_id=delivery.message_id,
        thread_id=delivery.thread_id,
        revision=delivery.revision,
        ts_ns=max(alert.ts_ns for alert in delivery.alerts),
        ended=delivery.ended,
        silent=delivery.silent,
        level=delivery.message.level,
        posture=strictest(delivery.alerts),
        title=delivery.message.title,
        text=render(delivery.message, PLAIN, limit=TEXT_LETTERS),
        alerts=delivery.alerts,
    )
    body = msgspec.json.encode(message)
    if len(body) <= most_bytes:
        return body
    head = replace(message, alerts=(), truncated=True, left_out=len(delivery.alerts))
    told = _fitting(delivery.alerts, most_bytes - _size(head))
    return msgspec.json.encode(replace(head, alerts=told, left_out=len(delivery.alerts) - len(told)))


def strictest(alerts: Iterable[Alert]) -> Posture:
    """What a bot does that follows all of them.

    >>> strictest(())
    'normal'
    """
    return max((alert.posture for alert in alerts), key=STRICTER.index, default="normal")


def _fitting(alerts: tuple[Alert, ...], room_bytes: int) -> tuple[Alert, ...]:
    told: list[Alert] = []
    for alert in alerts:
        least = _bare(alert) if told else _short(alert)
        if (needs := _size(least) + 1) > room_bytes:
            break
        room_bytes -= needs
        told.append(least)
    for place, least in enumerate(told):
        for fuller in (alerts[place], _short(alerts[place])):
            if (needs := _size(fuller) - _size(least)) <= room_bytes:
                room_bytes -= needs
                told[place] = fuller
                break
    return tuple(told)


def _bare(alert: Alert) -> Alert:
    """That it is, how grave, and what to do."""
    seen = replace(alert.coverage, blind=())
    return replace(alert, coverage=seen, evidence=(), conditions=(), context=(), clears=(), label=None)


def _short(alert: Alert) -> Alert:
    seen = replace(alert.coverage, blind=alert.coverage.blind[:FEW])
    return replace(
        alert, coverage=seen, evidence=alert.evidence[:FEW], conditions=alert.conditions[:FEW], context=(), clears=()
    )


def _size(message: msgspec.Struct) -> int:
    return len(msgspec.json.encode(message))
