"""The first line: level and where, so that it stands alone on a lock screen."""

from __future__ import annotations

from collections.abc import Sequence

from detector.alerts.clean import name
from detector.alerts.holding import phrases, tail
from detector.alerts.lost_sight import is_lost
from detector.alerts.match import about, is_of_sink, rank
from detector.alerts.places import listed, scope
from detector.headline import WAYS
from detector.signals import venue_words
from detector.verdict import WARN
from schemas.alert import OURS, Alert, Level

MOST_SCOPES = 3
SIGNS: dict[Level, str] = {
    "CLEAR": "✅",
    "WATCH": "🔵",
    "WARN": "🟡",
    "HIGH": "🟠",
    "CRITICAL": "🔴",
    "EMERGENCY": "🚨",
}
LOST = "⚪ LOST SIGHT · "
"""Nobody follows it any more: that it is over is not known."""
TROUBLES = "data troubles"
HALTED, BLIND, DOUBTED = "trading halted on", "cannot see", "data in doubt on"
SEEN = {HALTED: "halted", BLIND: "cannot be seen", DOUBTED: "in doubt"}
"""What is said before a name, and after it."""
TAKES_NONE = "takes no messages"
KINDS = {"asset": "assets", "market": "stories"}


def title(alerts: Sequence[Alert]) -> str:
    """Of the stories that go on, or of all once they are over; each of another scope, the gravest first."""
    first = alerts[0]
    over = first.status == "resolved"
    level: Level = "CLEAR" if over else first.level
    sign = LOST if over and any(map(is_lost, alerts)) else f"{SIGNS[level]} {'OVER' if over else level} · "
    if len(alerts) > 1:
        return sign + _of_many(alerts, over)
    if about(first) == "data":
        return sign + (_named(first) if over else _of_data(first))
    return sign + (scope(first) if over else f"{scope(first)} {WAYS[first.direction]}")


def sees(alert: Alert) -> str:
    """How well a venue is seen, as an alert about its data says it."""
    if any(condition.rule == venue_words.HALTED for condition in alert.conditions):
        return HALTED
    return BLIND if rank(alert.level) >= WARN else DOUBTED


def _of_many(alerts: Sequence[Alert], over: bool) -> str:
    kinds = {about(alert) for alert in alerts}
    kind = kinds.pop() if len(kinds) == 1 else "market"
    names = listed([_named(alert) for alert in alerts], MOST_SCOPES)
    if all(map(is_of_sink, alerts)):
        return f"{len(alerts)} sinks take {'messages again' if over else 'no messages'}: {names.replace('sink ', '')}"
    if kind == "data":
        return _of_data_alerts(alerts, names, over)
    ways = {alert.direction for alert in alerts} if kind == "asset" and not over else set()
    # A direction that only a few of them have is none of them all.
    way = f" {WAYS[ways.pop()] if len(ways) == 1 else WAYS['none']}" if ways else ""
    return f"{len(alerts)} {KINDS[kind]}{way}: {names}"


def _of_data_alerts(alerts: Sequence[Alert], names: str, over: bool) -> str:
    """One word for all of them only where it is true of each."""
    venues = not any(alert.scope == OURS or is_of_sink(alert) for alert in alerts)
    if over:
        return f"{len(alerts)} {'venues' if venues else TROUBLES}: {names}"
    seen = {sees(alert) for alert in alerts}
    if venues and len(seen) == 1:
        return f"{seen.pop()} {len(alerts)} venues: {names}"
    more = f" and {len(alerts) - MOST_SCOPES} more" if len(alerts) > MOST_SCOPES else ""
    return f"{len(alerts)} {TROUBLES}: {', '.join(map(_trouble, alerts[:MOST_SCOPES]))}{more}"


def _trouble(alert: Alert) -> str:
    return f"{_named(alert)} {TAKES_NONE if is_of_sink(alert) else SEEN[sees(alert)]}"


def _of_data(alert: Alert) -> str:
    if not alert.conditions:
        return f"{_named(alert)}: {tail(alert).partition(',')[0]}"
    if alert.scope == OURS:
        blind = "we cannot see" if rank(alert.level) >= WARN else "what we see is in doubt"
        return f"{blind}: {next(iter(phrases(alert.conditions)))}"
    return f"{sees(alert)} {_named(alert)}"


def _named(alert: Alert) -> str:
    return "our own data" if alert.scope == OURS else name(scope(alert))
