"""Slack by an incoming webhook: new messages alone, and one more when it is over."""

from __future__ import annotations

import msgspec

from detector.alerts.outcomes import Delivered, Outcome, Rejected
from detector.alerts.traits import Traits
from detector.sinks.addresses import url_fault
from detector.sinks.answers import judge, judge_failure, said
from detector.sinks.http import Answer, Http, MaybeSentError, NotSentError
from detector.sinks.settings import SinkSettings, SinkSettingsError
from detector.sinks.sink import Delivery, Memory
from detector.sinks.slack_blocks import shown

TRAITS = Traits(paces=((1, 1.0),))
WRONG_HOOK = frozenset({b"channel_not_found", b"channel_is_archived", b"user_not_found", b"no_service", b"no_team"})
"""Said with the status of a bad message, too."""


class SlackWebhookSettings(SinkSettings, frozen=True, kw_only=True, tag="slack_webhook"):
    """The webhook's address is its secret."""

    url_file: str | None = None
    url_env: str | None = None


class SlackWebhookSink:
    """Posts. Nothing that was posted can be named again, and so nothing is edited."""

    def __init__(self, name: str, settings: SlackWebhookSettings, *, http: Http, memory: Memory) -> None:
        self._url = settings.secret("url")
        self._http = http
        if fault := url_fault(self._url):
            raise SinkSettingsError(f"[sinks.{name}] url: the address cannot be used: {fault}")

    @property
    def traits(self) -> Traits:
        """It posts, and that is all."""
        return TRAITS

    async def send(self, delivery: Delivery) -> Outcome:
        """Post."""
        body = msgspec.json.encode(shown(delivery.message))
        try:
            answer = await self._http.send("POST", self._url, body=body, headers={"Content-Type": "application/json"})
        except (NotSentError, MaybeSentError) as error:
            return judge_failure(error)
        return _meant(answer)

    async def close(self) -> None:
        """Nothing is held."""


def _meant(answer: Answer) -> Outcome:
    outcome, word = judge(answer), answer.body.strip()
    if isinstance(outcome, Delivered) and word != b"ok":
        # Whoever answers so is not Slack; to post again and again would not make it Slack.
        return Rejected(f"{said(answer)}: not an answer of Slack, is it the webhook's address?", of="sink")
    if isinstance(outcome, Rejected) and word in WRONG_HOOK:
        return Rejected(outcome.reason, of="sink")
    return outcome
