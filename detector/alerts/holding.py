"""What holds, in words, from the conditions of alerts: it claims no more than the rules saw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from detector.alerts.clean import name
from detector.alerts.match import about
from detector.alerts.places import in_words, listed, venue
from detector.catalog import RULES
from detector.headline import FORCED, MOST_NAMED
from detector.signals import void_venue
from schemas.alert import MARKET, ActiveCondition, Alert

ANY = "*"
MOST_PHRASES = 3
MOST_PLACES = 4
VOID = RULES[void_venue.RULE].told
DATA = "data in doubt"


def phrase(condition: ActiveCondition) -> str:
    """What one condition is called in a headline; a rule of a newer version by its own name."""
    if condition.stage == "S1":
        return "shock"
    if condition.stage == "S2" and condition.rule in RULES:
        return "forced flow" if condition.rule in FORCED else "one-sided flow"
    about = RULES.get(condition.rule)
    return about.told if about else _own_name(condition.rule)


def _own_name(rule: str) -> str:
    """`S4.new_rule/1` without stage and version."""
    return name(rule.partition("/")[0].rpartition(".")[2].replace("_", " "))


def phrases(conditions: Iterable[ActiveCondition]) -> dict[str, list[ActiveCondition]]:
    """By what is said of them, the gravest first. Whoever was forced was one-sided as well."""
    found: dict[str, list[ActiveCondition]] = {}
    for condition in conditions:
        found.setdefault(phrase(condition), []).append(condition)
    if "forced flow" in found:
        found["forced flow"] += found.pop("one-sided flow", [])
    return found


def what(alert: Alert, *, placed: bool = True) -> str:
    """The gravest few things that hold, and where if `placed`; without conditions what the headline says."""
    held = phrases(alert.conditions)
    if alert.status == "resolved" or not held:
        return in_words(tail(alert))
    if about(alert) == "data":
        return _in_doubt(held)
    said = []
    places = {c.venue for c in alert.conditions} - {MARKET, alert.scope}
    for told, conditions in list(held.items())[:MOST_PHRASES]:
        venues = sorted({c.venue for c in conditions} - {MARKET, alert.scope})
        where = listed([venue(v) for v in venues], MOST_NAMED) if len(venues) <= MOST_NAMED else f"{len(venues)} venues"
        # The one place of all is named on a line of its own.
        said.append(f"{told} ({where})" if placed and venues and len(places) > 1 else told)
    more = len(held) - len(said)
    return ", ".join(said) + (f" and {more} more" if more else "")


def _in_doubt(held: Mapping[str, Sequence[ActiveCondition]]) -> str:
    """What is wrong with the data, and with the books of which assets."""
    said = []
    for told, conditions in held.items():
        assets = list(dict.fromkeys(c.asset for c in conditions if c.asset != ANY))
        said.append(f"{told}: {listed(assets, MOST_PLACES)}" if assets else told)
    return "; ".join(said)


def counted(alerts: Sequence[Alert]) -> str:
    """What holds in how many of several stories."""
    times: dict[str, int] = {}
    for alert in alerts:
        for told in phrases(alert.conditions):
            times[told] = times.get(told, 0) + 1
    most = sorted(times.items(), key=lambda item: -item[1])[:MOST_PHRASES]
    return ", ".join(f"{told} on {n}" for told, n in most)


def stages(alerts: Iterable[Alert]) -> str:
    """`S2 forced flow · S4 liquidity void`: of each stage the gravest that holds. A void is graver than the rest of its
    stage.
    """
    found: dict[str, str] = {}
    for alert in alerts:
        held = phrases(alert.conditions)
        for told in sorted(held, key=lambda told: told != VOID):
            for condition in held[told]:
                if condition.stage in alert.stages:
                    found.setdefault(condition.stage, DATA if condition.stage == "D" else told)
    return " · ".join(f"{stage} {found[stage]}" for stage in sorted(found))


def where(alerts: Sequence[Alert]) -> str:
    """Venues and assets, the first few named: the gravest first. What cannot be seen is named elsewhere."""
    if all(about(alert) == "data" for alert in alerts):
        return ""
    scopes = {alert.scope for alert in alerts}
    conditions = [condition for alert in alerts for condition in alert.conditions]
    venues = dict.fromkeys(c.venue for c in conditions if c.venue not in (MARKET, *scopes))
    assets = dict.fromkeys(c.asset for c in conditions if c.asset not in (ANY, *scopes))
    said = [_counted_names("venues", [venue(v) for v in venues]), _counted_names("assets", list(assets))]
    return " · ".join(filter(None, said))


def _counted_names(kind: str, names: Sequence[str]) -> str:
    """The number is said where not all of them are named."""
    count = f"{len(names)} {kind}: " if len(names) > MOST_PLACES else ""
    return count + listed(names, MOST_PLACES)


def tail(alert: Alert) -> str:
    """The headline without level, scope and peak, which are said elsewhere."""
    head, colon, tail = alert.headline.partition(": ")
    if not colon or not head.startswith((alert.level, "RESOLVED")):
        return alert.headline
    return tail.replace(f", peak {alert.peak_level}", "", 1)
