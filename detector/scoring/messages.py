"""What people get to read of each episode of the market: new messages, edits of them, and when it was over."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from detector.alerts.inhibition import Inhibition
from schemas.alert import MARKET, Alert, Level

SENT = ("open", "escalated")
"""What a channel sends as a new message; every other revision edits the last one."""


def is_of_data(alert: Alert) -> bool:
    """Whether it is about a venue's data or our own, and not about any price."""
    return "D" in alert.stages


class EpisodeCard(msgspec.Struct, kw_only=True):
    """One episode of the market."""

    episode_id: str
    opened_ns: int
    peak: Level
    sent: int = 0
    """New messages about the market."""
    edited: int = 0
    beside: list[str] = []
    """Scopes of the new messages about single assets and venues while it went on, as far as people are told of them."""
    resolved_ns: int | None = None
    """None where the replay ended before it."""

    @property
    def sent_beside(self) -> int:
        """New messages about single assets and venues."""
        return len(self.beside)

    @property
    def messages(self) -> int:
        """All new messages that a person got."""
        return self.sent + self.sent_beside


def episode_cards(alerts: Sequence[Alert]) -> list[EpisodeCard]:
    """The market's episodes in their order. An episode that opens anew after its end goes on as the one that it was."""
    cards: dict[str, EpisodeCard] = {}
    current: EpisodeCard | None = None
    inhibition = Inhibition()
    for alert in alerts:
        told = inhibition.allows(alert)
        if alert.scope != MARKET:
            if told and current is not None and alert.status in SENT:
                current.beside.append(alert.scope)
            continue
        card = cards.get(alert.episode_id)
        if card is None:
            card = EpisodeCard(episode_id=alert.episode_id, opened_ns=alert.ts_ns, peak=alert.peak_level)
            cards[alert.episode_id] = card
        card.peak = alert.peak_level
        card.sent += alert.status in SENT
        card.edited += alert.status not in SENT
        card.resolved_ns = alert.ts_ns if alert.status == "resolved" else None
        current = None if alert.status == "resolved" else card
    return list(cards.values())
