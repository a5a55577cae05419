"""What people get to read of each episode of the market: new messages, edits of them, and when it was over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from detector.alerts.desk import Desk
from detector.alerts.outcomes import Delivered
from detector.alerts.routes import Route
from detector.alerts.steps import Act, settle
from detector.alerts.traits import Traits
from schemas.alert import MARKET, Alert, Level

SENT = ("open", "escalated")
"""What a channel sends as a new message; every other revision edits the last one."""

PEOPLE = "people"
EVERYTHING = Route(sinks=(PEOPLE,), min_level="WATCH", group_wait_s=0)


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
    """The market's episodes in their order, as a channel without limits tells them. An episode that opens anew after
    its end goes on as the one that it was.
    """
    cards: dict[str, EpisodeCard] = {}
    current: EpisodeCard | None = None
    desk = Desk([EVERYTHING], {PEOPLE: Traits(edits=True)})
    for alert in alerts:
        desk.take(alert, alert.ts_ns)
        desk.tick(alert.ts_ns)
        sent = list(_sent(desk, alert.ts_ns))
        if current is not None:
            current.beside += [scope for act, scope in sent if act == "new" and scope != MARKET]
        if alert.scope != MARKET:
            continue
        acts = [act for act, scope in sent if scope == MARKET]
        card = cards.get(alert.episode_id)
        if card is None:
            card = EpisodeCard(episode_id=alert.episode_id, opened_ns=alert.ts_ns, peak=alert.peak_level)
            cards[alert.episode_id] = card
        card.peak = alert.peak_level
        card.sent += acts.count("new")
        card.edited += acts.count("edit")
        card.resolved_ns = alert.ts_ns if alert.status == "resolved" else None
        current = None if alert.status == "resolved" else card
    return list(cards.values())


def _sent(desk: Desk, now_ns: int) -> Iterator[tuple[Act, str]]:
    """What is sent now, each with the scope of the gravest story in it."""
    while (due := desk.due(PEOPLE, now_ns)) is not None:
        thread, step = due
        traits = desk.sinks[PEOPLE]
        settle(thread, step, Delivered("m"), traits, revision=thread.revision, rings=thread.rings, now_ns=now_ns)
        yield step.act, desk.alerts_of(thread)[0].scope
