"""The long tail of channels, by the package `apprise`: new messages only, told as well as it can.

It connects by itself: neither the refusal of private addresses nor the proxies of the other sinks are in its way.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Any

import msgspec

from detector.alerts.markup import PLAIN, render
from detector.alerts.outcomes import Delivered, Outcome, RetryAt, Unknown
from detector.alerts.traits import Traits
from detector.sinks.http import Http
from detector.sinks.settings import SinkSettings, SinkSettingsError
from detector.sinks.sink import Delivery, Memory
from schemas.alert import Level

TEXT_LETTERS = 2_000
SEND_S = 20.0
"""For all services of the sink together."""
TYPE: dict[Level, str] = {
    "CLEAR": "success",
    "WATCH": "info",
    "WARN": "warning",
    "HIGH": "warning",
    "CRITICAL": "failure",
    "EMERGENCY": "failure",
}


class AppriseSettings(SinkSettings, frozen=True, kw_only=True, tag="apprise"):
    """Where to."""

    urls_file: str | None = None
    """Apprise URLs, one a line. Where one service of several took a message it was told: what must not be missed is a
    sink of its own."""
    urls_env: str | None = None


class AppriseSink:
    """Blocking sends in a thread, one at a time."""

    def __init__(self, name: str, settings: AppriseSettings, *, http: Http, memory: Memory) -> None:
        try:
            self._package: Any = import_module("apprise")
        except ImportError:
            message = f"[sinks.{name}] needs apprise: pip install 'cascade-detector[apprise]'"
            raise SinkSettingsError(message) from None
        self._services: Any = self._package.Apprise()
        for number, url in enumerate(settings.secret("urls").split(), 1):
            if not self._services.add(url):
                raise SinkSettingsError(f"[sinks.{name}] urls: line {number} is no URL that apprise knows")
        self._sending: asyncio.Future[Any] | None = None

    @property
    def traits(self) -> Traits:
        """Nothing that was sent can be changed."""
        return Traits(pictures=True, paces=((1, 1.0), (20, 60.0)), send_s=SEND_S + 5.0)

    async def send(self, delivery: Delivery) -> Outcome:
        """Hand it over."""
        if self._sending is not None and not self._sending.done():
            return RetryAt(SEND_S, "the send before is still under way")
        # A thread cannot be stopped: where we are cancelled it goes on, and nothing else may be sent meanwhile.
        self._sending = asyncio.ensure_future(asyncio.to_thread(self._notify, delivery))
        self._sending.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            result = await asyncio.shield(self._sending)
        except Exception as error:  # noqa: BLE001 - what a hundred plugins raise; their words may hold the URL
            return Unknown(f"apprise failed ({type(error).__name__})")
        # Before 2.2 it is true or false.
        status = getattr(getattr(result, "status", None), "name", "SUCCESS" if result else "FAILURE")
        if status in ("SUCCESS", "PARTIAL"):
            return Delivered()
        if status == "TIMEOUT":
            return Unknown(f"apprise had no answer within {SEND_S:g} s")
        return RetryAt(None, "no service of apprise took it")

    async def close(self) -> None:
        """A send that is under way ends by itself."""

    def _notify(self, delivery: Delivery) -> Any:
        message = delivery.message
        picture: Any = None
        if delivery.picture is not None:
            memory = import_module("apprise.attachment.memory")
            picture = memory.AttachMemory(content=delivery.picture, name="market.png", mimetype="image/png")
        return self._services.notify(
            title=message.title,
            body=render(msgspec.structs.replace(message, title=""), PLAIN, limit=TEXT_LETTERS),
            notify_type=TYPE[message.level],
            body_format="text",
            attach=picture,
            **({"timeout": SEND_S} if hasattr(self._package, "AppriseResult") else {}),
        )
