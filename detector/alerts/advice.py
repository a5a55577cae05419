"""What a careful person does now, in one sentence: the posture of bots, for people."""

from __future__ import annotations

from collections.abc import Sequence

from detector.alerts.lost_sight import is_lost
from detector.alerts.match import about, rank
from detector.alerts.places import scope
from detector.posture import STRICTER
from detector.verdict import WARN
from schemas.alert import MARKET, OURS, Alert, Posture

WORDS: dict[Posture, str] = {
    "normal": "Nothing to do yet{there}: watch.",
    "reduce": "Reduce risk{there} in your own time; add none.",
    "halt_new": "Open nothing new{there}; take risk off.",
    "no_market_orders": "Open nothing new{there}; no market orders: there is nothing to trade against.",
    "resume": "It is over: trade as usual{there}.",
}
"""`{there}` is one asset's, or those of a group."""
NOT_WHOLE = "It is over, but not whole again: come back{there} with care."
UNFOLLOWED = "Do not take this for calm: nobody follows it any more. Look for yourself."
WORKS_AGAIN = "Nothing to do: it works again."
BLIND = "Do not take silence for calm: rely on nothing said about {where} until it is back."
DOUBTED = "Do not act on {where} alone: look at another venue as well."
OURSELVES = "Look after this machine, its network and its clock: until then silence is no calm."
UNDELIVERED = "Mend its settings: nobody is called there."


def advice(alerts: Sequence[Alert]) -> str:
    """One sentence for what goes on, the gravest first; none of `alerts` is over, or all are."""
    first = alerts[0]
    if any(map(is_lost, alerts)):
        return UNFOLLOWED
    if all(about(alert) == "data" for alert in alerts):
        return _about_data(alerts)
    strictest = max(alerts, key=lambda alert: STRICTER.index(alert.posture)).posture
    there = "" if first.scope == MARKET else " in these" if len(alerts) > 1 else f" in {scope(first)}"
    if first.status == "resolved":
        # A bot resumes; what it broke may stay broken for hours, and a person is told.
        broken = any(alert.conditions for alert in alerts)
        return (NOT_WHOLE if broken else WORDS["resume"]).format(there=there)
    return WORDS[strictest].format(there=there)


def _about_data(alerts: Sequence[Alert]) -> str:
    first = alerts[0]
    if first.status == "resolved":
        return WORKS_AGAIN
    if any(alert.scope == OURS for alert in alerts):
        return OURSELVES
    if not first.conditions:
        return UNDELIVERED
    where = scope(first) if len(alerts) == 1 else "these venues"
    return (BLIND if rank(first.level) >= WARN else DOUBTED).format(where=where)
