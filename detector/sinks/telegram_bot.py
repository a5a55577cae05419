"""A Telegram bot in one chat: a call of its API (core.telegram.org/bots/api), and what the answer means.

The token is part of every address, so that no address may be shown.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

import aiohttp
import msgspec

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.sinks.answers import judge, judge_failure, said, wait_s
from detector.sinks.http import Answer, Http, MaybeSentError, NotSentError
from detector.sinks.sink import Memory
from producers.errors import ProducerError

logger = logging.getLogger(__name__)

LONGEST_TEXT = 4_096
LONGEST_CAPTION = 1_024
MOVED = "moved:"
"""Before a configured chat: the key under which its new number is kept."""
UNCHANGED = "message is not modified"
WRONG_CHAT = (
    "chat not found",
    "chat_id is empty",
    "group chat was",
    "not enough rights to send text",
    "have no rights to send a message",
    "need administrator rights",
    "chat_write_forbidden",
    "chat_restricted",
    "message thread not found",
    "topic_closed",
    "topic_deleted",
    "peer_id_invalid",
)
"""Said with the status of a bad message, though no other message would fare better."""


class Called(NamedTuple):
    """One answer."""

    outcome: Outcome
    result: Any = None
    """What was asked for, where it was granted."""
    moved: bool = False
    """The chat has another number by now; nothing was sent."""


class TelegramBot:
    """Calls methods.

    Parameters
    ----------
    chat_id
        As configured. A group that becomes a supergroup gets another number, which `memory` keeps.
    """

    def __init__(self, token: str, chat_id: str, api: str, *, http: Http, memory: Memory) -> None:
        self._url = f"{api.rstrip('/')}/bot{token}/"
        self._configured = chat_id
        self._http = http
        self._memory = memory

    @property
    def chat_id(self) -> str:
        """The chat's number now, or its `@name`."""
        return self._memory.get(MOVED + self._configured) or self._configured

    def move(self, chat_id: str) -> None:
        """The chat has another number from now on."""
        self.keep(MOVED + self._configured, chat_id)

    def recall(self, key: str) -> str | None:
        """What was kept last."""
        return self._memory.get(key)

    def keep(self, key: str, value: str) -> None:
        """For the next start. Where that cannot be written messages go out all the same."""
        try:
            self._memory.set(key, value)
        except ProducerError as error:
            logger.warning("what Telegram says cannot be remembered beyond a restart: %s", error)

    async def call(self, method: str, fields: Mapping[str, Any], *, photo: bytes | None = None) -> Called:
        """One call, and what became of it."""
        form, body = None, None
        if photo is not None:
            form = _form(fields, photo)
        else:
            body = msgspec.json.encode(fields)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        try:
            answer = await self._http.send("POST", self._url + method, body=body, form=form, headers=headers)
        except (NotSentError, MaybeSentError) as error:
            return Called(judge_failure(error))
        return self._read(answer)

    def _read(self, answer: Answer) -> Called:
        fields = answer.fields
        if fields.get("ok") is True and answer.status == 200:
            return Called(Delivered(), fields.get("result"))
        if fields.get("ok") is not False:
            # Somebody else answers, such as a proxy: where it says that all is well, nobody knows.
            outcome = judge(answer)
            return Called(Unknown("not an answer of the Bot API") if isinstance(outcome, Delivered) else outcome)
        parameters = fields.get("parameters")
        parameters = parameters if isinstance(parameters, dict) else {}
        if isinstance(moved_to := parameters.get("migrate_to_chat_id"), int):
            self.move(str(moved_to))
            return Called(Rejected("the group became a supergroup"), moved=True)
        return Called(_refused(answer, fields, asks_to_wait="retry_after" in parameters))


def _refused(answer: Answer, fields: Mapping[str, Any], *, asks_to_wait: bool) -> Outcome:
    code = fields.get("error_code")
    meant = Answer(code if isinstance(code, int) and 400 <= code < 600 else answer.status, answer.headers, answer.body)
    described = fields.get("description")
    words = described.lower() if isinstance(described, str) else ""
    if UNCHANGED in words:
        return Delivered()
    if asks_to_wait:
        return RetryAt(wait_s(meant), said(meant))
    if meant.status == 400 and any(wrong in words for wrong in WRONG_CHAT):
        return Rejected(said(meant), of="sink")
    outcome = judge(meant)
    return Rejected(said(meant)) if isinstance(outcome, Delivered) else outcome


def _form(fields: Mapping[str, Any], photo: bytes) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in fields.items():
        form.add_field(name, value if isinstance(value, str) else msgspec.json.encode(value).decode())
    form.add_field("photo", photo, filename="market.png", content_type="image/png")
    return form
