"""Which true events were told of, how soon, and how long before the worst of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from detector.conditions import NS
from detector.scoring.alarms import belongs
from detector.scoring.bounds import wilson
from detector.scoring.case import Origin
from detector.scoring.labels import Label
from detector.scoring.messages import SENT
from schemas.alert import LEVELS, MARKET, Alert, Level

RECALLED = LEVELS.index("WARN")
"""An event is recalled by an alert of at least this level: WATCH asks for attention, WARN for action."""


class EventCard(msgspec.Struct, frozen=True, kw_only=True):
    """A true event and the alerts that belong to it."""

    tier: str
    scope: str
    """`market` or a base asset."""
    onset_ns: int
    origin: Origin
    recalled: bool
    first_ns: dict[Level, int]
    """The first alert that opened or escalated to at least each level, in event time."""
    leads_s: dict[str, dict[Level, float]]
    """For each moment how long before it these came; negative: after."""
    resolved_after_s: float | None
    """From the true end to the last resolution within the replay; None where it was still open."""


class RecallRow(msgspec.Struct, frozen=True, kw_only=True):
    """Events of one tier and origin."""

    tier: str
    origin: Origin
    events: int
    recalled: int
    at_least: float
    """Wilson's lower 95 % bound of the share."""


def event_card(event: Label, alerts: Sequence[Alert], moments_ns: Mapping[str, int], origin: Origin) -> EventCard:
    """What was told of one event, up to half an hour before its onset and until its end."""
    scope = MARKET if event.asset == "*" else event.asset
    about = [alert for alert in alerts if alert.scope == scope]
    first: dict[Level, int] = {}
    for alert in about:
        # What only edits an earlier message tells nobody anything new.
        if alert.status in SENT and belongs(alert.ts_ns, event):
            for level in LEVELS[1 : LEVELS.index(alert.level) + 1]:
                first.setdefault(level, alert.ts_ns)
    ends = [alert.ts_ns for alert in about if alert.ts_ns >= event.onset_ns]
    over = bool(ends) and about[-1].status == "resolved"
    return EventCard(
        tier=event.tier,
        scope=scope,
        onset_ns=event.onset_ns,
        origin=origin,
        recalled=LEVELS[RECALLED] in first,
        first_ns=first,
        leads_s={
            name: {level: (moment - told) / NS for level, told in first.items()} for name, moment in moments_ns.items()
        },
        resolved_after_s=(about[-1].ts_ns - event.clear_ns) / NS if over else None,
    )


def recall(events: Iterable[EventCard]) -> list[RecallRow]:
    """One row for each tier and origin."""
    groups: dict[tuple[Origin, str], list[EventCard]] = {}
    for event in events:
        groups.setdefault((event.origin, event.tier), []).append(event)
    return [
        RecallRow(
            tier=tier,
            origin=origin,
            events=len(group),
            recalled=sum(event.recalled for event in group),
            at_least=wilson(sum(event.recalled for event in group), len(group))[0],
        )
        for (origin, tier), group in sorted(groups.items(), key=lambda item: (item[0][0] != "recorded", item[0][1]))
    ]
