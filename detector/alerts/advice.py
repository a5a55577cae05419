"""What a careful person does now, in one sentence: the posture of bots, for people."""

from __future__ import annotations

from collections.abc import Sequence

from detector.alerts.lost_sight import is_lost
from detector.alerts.match import about, is_of_sink, rank
from detector.alerts.places import listed, scope
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
BLIND = "Do not take silence for calm: rely on nothing said about {where} until {it} back."
DOUBTED = "Do not act on {where} alone: look at another venue as well."
OURSELVES = "Look after this machine, its network and its clock: until then silence is no calm."
UNDELIVERED = "Mend the settings of {where}: nobody is called there."
MOST_SENTENCES = 2
MOST_NAMED = 3
ORDER = (OURSELVES, BLIND, UNDELIVERED, DOUBTED)
"""Of what cannot be seen the gravest comes first."""


def advice(alerts: Sequence[Alert]) -> str:
    """One sentence for what goes on, two at most where it is of several kinds; none of `alerts` is over, or all are.
    The gravest is first.
    """
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
    if alerts[0].status == "resolved":
        return WORKS_AGAIN
    by_kind: dict[str, list[str]] = {}
    for alert in alerts:
        by_kind.setdefault(_kind(alert), []).append(scope(alert))
    kinds = [kind for kind in ORDER if kind in by_kind][:MOST_SENTENCES]
    return " ".join(_filled(kind, by_kind[kind]) for kind in kinds)


def _filled(sentence: str, names: Sequence[str]) -> str:
    return sentence.format(where=listed(names, MOST_NAMED), it="it is" if len(names) == 1 else "they are")


def _kind(alert: Alert) -> str:
    if alert.scope == OURS:
        return OURSELVES
    if is_of_sink(alert):
        return UNDELIVERED
    return BLIND if rank(alert.level) >= WARN else DOUBTED
