"""Discord by a channel's webhook: one message for each story, edited as it goes on."""

from __future__ import annotations

import time
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from detector.alerts.markup import MARKDOWN, render
from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.alerts.traits import Traits
from detector.sinks.addresses import url_fault
from detector.sinks.answers import judge, judge_failure, said
from detector.sinks.http import Answer, Http, MaybeSentError, NotSentError
from detector.sinks.settings import SinkSettings, SinkSettingsError
from detector.sinks.sink import Delivery, Memory

LONGEST_CONTENT = 2_000
SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS = 1 << 2, 1 << 12
UNKNOWN_MESSAGE = 10_008
WRONG_CHANNEL = frozenset({10_003, 10_015, 220_001, 220_003})
"""Codes in a body: no such channel or webhook, or a forum, where a webhook needs `thread_id`."""
TRAITS = Traits(edits=True, pictures=True, paces=((1, 1.0), (30, 60.0)), send_s=35.0)
"""Gentler than what its headers ask for; what they ask for holds besides."""


class DiscordSettings(SinkSettings, frozen=True, kw_only=True, tag="discord"):
    """The webhook's address is its secret."""

    url_file: str | None = None
    url_env: str | None = None
    thread_id: str | None = None
    """Of a thread or of a forum's post, where messages are to stand in one."""


class DiscordSink:
    """Posts and edits. `remote` is the message's id.

    All is said in the content and not in an embed: that is what a phone shows before it is unlocked.
    """

    def __init__(self, name: str, settings: DiscordSettings, *, http: Http, memory: Memory) -> None:
        url = settings.secret("url")
        if fault := url_fault(url):
            raise SinkSettingsError(f"[sinks.{name}] url: the address cannot be used: {fault}")
        self._url = URL(url)
        if settings.thread_id is not None:
            self._url = self._url.update_query(thread_id=settings.thread_id)
        self._http = http
        self._free_s: dict[str, float] = {}
        """By method, as edits have a bucket of their own: monotonic time at which it has room again."""
        self._unpictured = ""
        """The message whose picture was refused: its retries go without."""

    @property
    def traits(self) -> Traits:
        """It edits, and shows pictures."""
        return TRAITS

    async def send(self, delivery: Delivery) -> Outcome:
        """Post or edit."""
        payload: dict[str, Any] = {
            "content": render(delivery.message, MARKDOWN, limit=LONGEST_CONTENT),
            "allowed_mentions": {"parse": []},
        }
        if delivery.act == "edit" and delivery.remote:
            # A longer path has lost the query.
            url = (self._url / "messages" / delivery.remote).with_query(self._url.query)
            return await self._ask("PATCH", url, payload)
        quiet = delivery.silent or delivery.act == "edit"
        payload["flags"] = SUPPRESS_EMBEDS | (SUPPRESS_NOTIFICATIONS if quiet else 0)
        url = self._url.update_query(wait="true")
        if delivery.picture is not None and self._unpictured != delivery.message_id:
            outcome = await self._ask("POST", url, payload, delivery.picture)
            if not isinstance(outcome, Rejected) or outcome.of == "sink":
                return outcome
            self._unpictured = delivery.message_id
        return await self._ask("POST", url, payload)

    async def close(self) -> None:
        """Nothing is held."""

    async def _ask(self, method: str, url: URL, payload: dict[str, Any], picture: bytes | None = None) -> Outcome:
        wait_s = self._free_s.get(method, 0.0) - time.monotonic()
        if wait_s > 0:
            # Too many refusals bar the whole address from Discord.
            return RetryAt(wait_s, "the webhook's bucket is empty")
        body, form = msgspec.json.encode(payload), None
        if picture is not None:
            form = aiohttp.FormData()
            form.add_field("payload_json", body.decode(), content_type="application/json")
            form.add_field("files[0]", picture, filename="market.png", content_type="image/png")
        headers = {"Content-Type": "application/json"} if form is None else {}
        try:
            answer = await self._http.send(
                method, str(url), body=body if form is None else None, form=form, headers=headers
            )
        except (NotSentError, MaybeSentError) as error:
            return judge_failure(error)
        self._read_bucket(method, answer)
        return _meant(answer, editing=method == "PATCH")

    def _read_bucket(self, method: str, answer: Answer) -> None:
        if answer.headers.get("X-RateLimit-Remaining") != "0":
            return
        try:
            wait_s = float(answer.headers.get("X-RateLimit-Reset-After", "0"))
        except ValueError:
            return
        if 0 < wait_s < 600:
            self._free_s[method] = time.monotonic() + wait_s


def _meant(answer: Answer, *, editing: bool) -> Outcome:
    outcome, fields = judge(answer), answer.fields
    if isinstance(outcome, Delivered):
        name = fields.get("id")
        if isinstance(name, str) and name.isdecimal():
            return Delivered("" if editing else name)
        return outcome if answer.status == 204 else Unknown("not an answer of Discord")
    if isinstance(outcome, Rejected):
        code = fields.get("code")
        if code == UNKNOWN_MESSAGE:
            return Rejected(said(answer))
        if code in WRONG_CHANNEL:
            return Rejected(said(answer), of="sink")
    return outcome
