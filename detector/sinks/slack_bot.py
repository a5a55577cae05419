"""Slack by a bot's token: one message for each story, updated as it goes on; escalations stand in its thread and in the
channel, pictures in its thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.alerts.traits import Traits
from detector.sinks.addresses import url_fault
from detector.sinks.answers import judge, judge_failure, said, wait_s
from detector.sinks.http import Answer, Http, MaybeSentError, NotSentError
from detector.sinks.settings import SinkSettings
from detector.sinks.sink import Delivery, Memory
from detector.sinks.slack_blocks import shown

logger = logging.getLogger(__name__)

PICTURE_S = 12.0
"""What was said in words is not said again because its picture takes longer."""
TRAITS = Traits(edits=True, pictures=True, paces=((1, 1.0),), send_s=45.0)

AGAIN = frozenset(
    "ratelimited rate_limited message_limit_exceeded accesslimited service_unavailable "  # noqa: SIM905
    "request_timeout team_added_to_org".split()
)
NOBODY_KNOWS = frozenset({"fatal_error", "internal_error"})
"""Some of it may have succeeded before, say the reference pages of the methods."""
WRONG_SINK = frozenset(
    "invalid_auth not_authed account_inactive token_revoked token_expired no_permission missing_scope "  # noqa: SIM905
    "org_login_required ekm_access_denied access_denied enterprise_is_restricted two_factor_setup_required "
    "not_allowed_token_type team_access_not_granted team_not_found channel_not_found not_in_channel is_archived "
    "restricted_action restricted_action_read_only_channel restricted_action_non_threadable_channel unknown_method "
    "method_deprecated deprecated_endpoint".split()
)
NO_THREAD = frozenset(
    "thread_not_found cannot_reply_to_message restricted_action_thread_locked "  # noqa: SIM905
    "restricted_action_non_threadable_channel".split()
)


class SlackBotSettings(SinkSettings, frozen=True, kw_only=True, tag="slack_bot"):
    """A bot that is a member of the channel, with the scopes `chat:write` and, for pictures, `files:write`."""

    token_file: str | None = None
    token_env: str | None = None
    channel: str
    """Its id, `C0123456789`: at the end of what "Copy link" gives."""
    api: str = "https://slack.com/api"

    def __post_init__(self) -> None:
        super().__post_init__()
        if fault := url_fault(self.api):
            raise ValueError(f"api: {fault}")
        if not self.channel or ":" in self.channel:
            raise ValueError("channel is the id of a channel, such as C0123456789")


class Called(NamedTuple):
    """One answer."""

    outcome: Outcome
    fields: Mapping[str, Any]
    error: str = ""
    """Slack's word for what is wrong."""


class SlackBotSink:
    """Posts and updates. `remote` is `channel:ts:first_ts`: the message, and the one whose thread it stands in."""

    def __init__(self, name: str, settings: SlackBotSettings, *, http: Http, memory: Memory) -> None:
        self._name = name
        self._settings = settings
        self._token = settings.secret("token")
        self._http = http

    @property
    def traits(self) -> Traits:
        """It edits, and shows pictures."""
        return TRAITS

    async def send(self, delivery: Delivery) -> Outcome:
        """Post or update."""
        payload = shown(delivery.message)
        if delivery.act == "edit" and delivery.remote:
            channel, ts, _ = _parts(delivery.remote)
            return (await self._call("chat.update", {"channel": channel, "ts": ts} | payload)).outcome
        return await self._post(delivery, payload)

    async def close(self) -> None:
        """Nothing is held."""

    async def _post(self, delivery: Delivery, payload: dict[str, Any]) -> Outcome:
        payload = {"channel": self._settings.channel} | payload
        _, _, first = _parts(delivery.remote)
        threaded = {"thread_ts": first, "reply_broadcast": True} if first else {}
        called = await self._call("chat.postMessage", payload | threaded)
        if first and called.error in NO_THREAD:
            first = ""
            called = await self._call("chat.postMessage", payload)
        if not isinstance(called.outcome, Delivered):
            return called.outcome
        channel, ts = str(called.fields.get("channel", self._settings.channel)), str(called.fields.get("ts", ""))
        if not ts:
            return Delivered()
        if delivery.picture is not None:
            await self._show(delivery.picture, delivery.message.title, channel, first or ts)
        return Delivered(f"{channel}:{ts}:{first or ts}")

    async def _show(self, picture: bytes, title: str, channel: str, thread: str) -> None:
        """The picture is a help: without it the message stands all the same."""
        try:
            async with asyncio.timeout(PICTURE_S):
                outcome = await self._upload(picture, title, channel, thread)
        except TimeoutError:
            outcome = Unknown("it took too long")
        if not isinstance(outcome, Delivered):
            logger.warning("the sink %s shows no picture: %s", self._name, outcome.reason)

    async def _upload(self, picture: bytes, title: str, channel: str, thread: str) -> Outcome:
        asked = urlencode({"filename": "market.png", "length": len(picture)}).encode()
        begun = await self._call("files.getUploadURLExternal", asked)
        if not isinstance(begun.outcome, Delivered):
            return begun.outcome
        try:
            headers = {"Content-Type": "application/octet-stream"}
            answer = await self._http.send("POST", str(begun.fields.get("upload_url")), body=picture, headers=headers)
        except (NotSentError, MaybeSentError) as error:
            return judge_failure(error)
        outcome = judge(answer)
        if not isinstance(outcome, Delivered):
            return outcome
        files = [{"id": begun.fields.get("file_id"), "title": title}]
        shares = {"files": files, "channel_id": channel, "thread_ts": thread}
        return (await self._call("files.completeUploadExternal", shares)).outcome

    async def _call(self, method: str, payload: Mapping[str, Any] | bytes) -> Called:
        """One call: a form where the payload is bytes."""
        kind = "application/x-www-form-urlencoded" if isinstance(payload, bytes) else "application/json; charset=utf-8"
        body = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind}
        try:
            answer = await self._http.send(
                "POST", f"{self._settings.api.rstrip('/')}/{method}", body=body, headers=headers
            )
        except (NotSentError, MaybeSentError) as error:
            return Called(judge_failure(error), {})
        return _meant(answer)


def _meant(answer: Answer) -> Called:
    outcome, fields = judge(answer), answer.fields
    if not isinstance(outcome, Delivered):
        return Called(outcome, {})
    if fields.get("ok") is True:
        return Called(Delivered(), fields)
    error, reason = str(fields.get("error", "")), said(answer)
    if fields.get("ok") is not False:
        outcome = Unknown("not an answer of Slack")
    elif error in AGAIN:
        outcome = RetryAt(wait_s(answer), reason)
    elif error in NOBODY_KNOWS:
        outcome = Unknown(reason)
    else:
        outcome = Rejected(reason, of="sink" if error in WRONG_SINK else "message")
    return Called(outcome, {}, error)


def _parts(remote: str) -> tuple[str, str, str]:
    channel, _, rest = remote.partition(":")
    ts, _, first = rest.partition(":")
    return channel, ts, first
