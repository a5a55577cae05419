"""Plays the channels that alerts go to, on loopback: it keeps each to the rules that its public documentation states,
records what was sent, and knows what a person sees in the end. It shares no code with what it tests.

>>> async def two_messages(post):
...     async with Collector() as collector:
...         collector.answer("telegram", Status(500), times=3)
...         await post(collector.url("telegram"))
...         return [shown.text for shown in collector.chat("telegram")]
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import msgspec
from aiohttp import web

from tests.kit.collector.alertmanager import Alertmanager
from tests.kit.collector.channel import Channel
from tests.kit.collector.discord import Discord
from tests.kit.collector.pagerduty import PagerDuty
from tests.kit.collector.script import CloseAfterReceipt, Pass, Script, Step, cut, play
from tests.kit.collector.seen import Book, Heard, OnShown, Shown
from tests.kit.collector.slack import SlackBot, SlackHook
from tests.kit.collector.telegram import Telegram
from tests.kit.collector.webhook import Webhook

BIGGEST_BYTES = 32 << 20


def _nobody(channel: str, shown: Shown) -> None:
    """Who looks at the chats afterwards need not be told."""


class Collector:
    """Use it as an async context manager.

    Parameters
    ----------
    clock
        Monotonic seconds, for paces and for the times of what was heard.
    wall_clock
        Unix seconds, for signed timestamps.
    enforce_paces
        Whether who is too fast gets a 429.
    on_shown
        Called for each new message and each change.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        enforce_paces: bool = False,
        on_shown: OnShown = _nobody,
    ) -> None:
        self._port = port
        self._clock = clock
        self._runner: web.AppRunner | None = None
        self.heard: list[Heard] = []
        self.telegram = Telegram(Book("telegram", on_shown), clock=clock, enforce=enforce_paces)
        self.slack = SlackBot(Book("slack", on_shown), clock=clock, enforce=enforce_paces)
        self.slack_hook = SlackHook(Book("slack_hook", on_shown), clock=clock, enforce=enforce_paces)
        self.discord = Discord(Book("discord", on_shown), clock=clock, enforce=enforce_paces)
        self.pagerduty = PagerDuty(Book("pagerduty", on_shown))
        self.webhook = Webhook(Book("webhook", on_shown), wall_clock=wall_clock)
        self.alertmanager = Alertmanager(Book("alertmanager", on_shown), wall_clock=wall_clock)
        self._channels: dict[str, Channel] = {
            "telegram": self.telegram,
            "slack": self.slack,
            "slack_hook": self.slack_hook,
            "discord": self.discord,
            "pagerduty": self.pagerduty,
            "webhook": self.webhook,
            "alertmanager": self.alertmanager,
        }
        self._scripts = {name: Script() for name in self._channels}

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=BIGGEST_BYTES)
        app.router.add_get("/seen", self._seen)
        app.router.add_route("*", "/{channel}{path:/.*|}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        self.slack.base = self.url("slack")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    # What a test asks

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    def url(self, channel: str) -> str:
        """The address in place of the service's own, such as `https://api.telegram.org`; for the webhooks the whole."""
        base = f"http://127.0.0.1:{self._port}/{channel}"
        whole = {"slack_hook": self.slack_hook.path, "discord": self.discord.path, "webhook": "/hook"}
        return base + whole.get(channel, "")

    def chat(self, channel: str) -> list[Shown]:
        """What a person sees there, the oldest first."""
        return self._channels[channel].book.shown

    def requests(self, channel: str) -> list[Heard]:
        """What was sent there, whatever became of it."""
        return [heard for heard in self.heard if heard.channel == channel]

    def answer(self, channel: str, step: Step, *, times: int = 1) -> None:
        """What the next requests to the channel meet; `script.FOR_EVER` lasts until `heal`."""
        self._scripts[channel].add(step, times)

    def heal(self, channel: str) -> None:
        """Forget what was scripted."""
        self._scripts[channel].clear()

    def as_json(self) -> bytes:
        """What is seen on all channels; pictures in base 64."""
        return msgspec.json.encode({name: [as_record(shown) for shown in self.chat(name)] for name in self._channels})

    # Serving

    async def _seen(self, request: web.Request) -> web.Response:
        return web.Response(body=self.as_json(), content_type="application/json")

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["channel"]
        if name not in self._channels:
            return web.Response(status=404)
        path = request.match_info["path"]
        heard = Heard(
            self._clock(), name, request.method, path, dict(request.query), request.headers, await request.read()
        )
        self.heard.append(heard)
        step = self._scripts[name].take()
        if not isinstance(step, Pass | CloseAfterReceipt):
            return await play(step, request)
        reply = await self._channels[name].answer(heard)
        if isinstance(step, CloseAfterReceipt):
            return cut(request, reset=False)
        return web.Response(status=reply.status, body=reply.body, headers=reply.headers)


def as_record(shown: Shown) -> dict[str, object]:
    """As plain data, with the number of edits."""
    record: dict[str, object] = msgspec.structs.asdict(shown)
    picture = base64.b64encode(shown.picture).decode() if shown.picture is not None else None
    return record | {"edits": shown.edits, "picture": picture}
