"""What a webhook receives: the body of each request, signed by Standard Webhooks 1.0."""

from __future__ import annotations

from typing import Literal

import msgspec

from schemas.alert import Alert, Level, Posture
from schemas.state import MarketState
from schemas.units import Count, Flag, Identifier, Text, TimestampNs


class WebhookMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="cascade.message.v1"):
    """A message that is new or was changed. The header `webhook-id` names this revision of it: a request that comes
    twice has the same.
    """

    act: Literal["new", "edit"]
    """`new`: worth calling somebody; `edit`: the newest state of a message that was sent before."""
    message_id: Identifier
    """The same for the new message and its edits."""
    thread_id: Identifier
    """The same for all messages about one group of stories."""
    revision: Count
    """Grows within the thread: what is not above the last one received is history."""
    ts_ns: TimestampNs
    """Event time of the newest alert in it."""
    ended: Flag
    """Whether all that it tells of is over."""
    silent: Flag
    """Nobody is to be called by it."""
    level: Level
    """The highest level that any of it has now."""
    posture: Posture
    """What a careful bot does now: the most careful of all alerts in it."""
    title: Text
    """One line that stands alone."""
    text: Text
    """All of it for a person, without markup."""
    alerts: tuple[Alert, ...]
    """The stories, the gravest first."""
    truncated: Flag = False
    """Whether alerts, or evidence, conditions and context of them, were left out to keep the body small."""
    left_out: Count = 0
    """How many alerts are missing in `alerts`; `posture` holds for these, too."""


class WebhookHeartbeat(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="cascade.heartbeat.v1"):
    """Somebody watches. A receiver that hears none for three intervals must not take silence for calm."""

    at_ns: TimestampNs
    """By the clock of the sender."""
    state: MarketState | None = None
    """Where the market stands; null before anything was judged."""


WebhookBody = WebhookMessage | WebhookHeartbeat
"""Every kind of body."""
