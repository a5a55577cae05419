"""An alert, or a group of them, as a message for people: the same story gives the same words, whenever it is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from detector.alerts import holding
from detector.alerts.advice import advice
from detector.alerts.clean import clean, name
from detector.alerts.figures import figures
from detector.alerts.lost_sight import is_lost
from detector.alerts.match import about, rank
from detector.alerts.message import Message
from detector.alerts.moments import NS, clock, span
from detector.alerts.places import in_words, listed, scope, venue
from detector.alerts.routes import Route
from detector.alerts.threads import Thread
from detector.alerts.titles import title
from detector.headline import WAYS
from schemas.alert import LEVELS, MARKET, Alert, Label, Level

MOST_OTHERS = 8
MOST_YOURS = 8
MOST_BLIND = 2
MOST_WERE = 2
OLD_NS = 60 * NS
BLIND = 80
TITLE = 120
UNSEEN = ": no source can be evaluated"
OVER = "over"


def tell(thread: Thread, alerts: Sequence[Alert], route: Route | None, *, now_ns: int, late_ns: int = 0) -> Message:
    """One message.

    Parameters
    ----------
    thread
        What it belongs to.
    alerts
        What it shows, the gravest first; at least one.
    route
        The way by which they came, for its watchlist; None where there is none any more.
    now_ns
        When it is sent.
    late_ns
        How old the news is, where it is late.
    """
    going = [alert for alert in alerts if alert.status != "resolved"]
    shown = _of_other_scopes(going or alerts)
    first, many = shown[0], len(shown) > 1
    peak = max((alert.peak_level for alert in alerts), key=rank)
    level: Level = first.level if going else "CLEAR"
    seen_ns = max(alert.ts_ns for alert in alerts)
    return Message(
        level=level,
        peak=peak,
        title=clean(title(shown), TITLE),
        what=clean(holding.counted(shown) or holding.what(first) if many else holding.what(first)),
        stages=clean(holding.stages(shown)) if going else "",
        where=clean(holding.where(shown)) if going else "",
        since=clean(_since(thread, alerts, shown, seen_ns) + _of_when(first, seen_ns)),
        yours=tuple(map(clean, _yours(shown, route))) if going else (),
        figures=figures(first, named=many),
        others=tuple(map(clean, _others(shown, alerts))) if many else (),
        cause=clean(_cause(first.label)),
        blind=clean(_blind(first)),
        do=clean(advice(shown)),
        late=f"late: true since {clock(now_ns - late_ns, beside_ns=now_ns)}, sent {clock(now_ns)} UTC"
        if late_ns
        else "",
        reference=name(first.alert_id),
    )


def _of_other_scopes(alerts: Sequence[Alert]) -> list[Alert]:
    """The first of each scope: what happened twice to an asset is one story to a reader."""
    found: dict[str, Alert] = {}
    for alert in alerts:
        found.setdefault(alert.scope, alert)
    return list(found.values())


def _since(thread: Thread, alerts: Sequence[Alert], shown: Sequence[Alert], seen_ns: int) -> str:
    going = [alert for alert in alerts if alert.status != "resolved"]
    since_ns = min(alert.since_ns for alert in going or alerts)
    told = shown if going else alerts
    peak = max((alert.peak_level for alert in told), key=rank)
    # It is known when the highest level was reached only where this thread has seen it, and of no other story.
    of_told = {alert.alert_id for alert in told}
    others = [alert for alert in alerts if alert.alert_id not in of_told and rank(alert.peak_level) >= rank(peak)]
    known = thread.peak == rank(peak) and thread.peak_ns and not others
    at = f" at {clock(thread.peak_ns, beside_ns=seen_ns)}" if known else ""
    lasted = span(seen_ns - since_ns)
    began = clock(since_ns, beside_ns=seen_ns)
    if not going:
        return f"{began} to {clock(seen_ns)} UTC, {lasted} · peak {peak}{at}"
    were = [scope(alert) for alert in shown if alert.peak_level == peak] if len(shown) > 1 else []
    whose = f"{listed(were, MOST_WERE)} " if were else ""
    was = f" · {whose}{'were' if len(were) > 1 else 'was'} {peak}{at}" if rank(shown[0].level) < rank(peak) else ""
    return f"since {began} UTC, {lasted}{was}"


def _of_when(first: Alert, seen_ns: int) -> str:
    """Since when the numbers stand, where other stories have gone on since."""
    old = seen_ns - first.ts_ns > OLD_NS
    return f" · numbers of {clock(first.ts_ns, beside_ns=seen_ns)}" if old and first.evidence else ""


def _yours(shown: Sequence[Alert], route: Route | None) -> Iterator[str]:
    """What the market's story does to each asset of the watchlist."""
    market = next((alert for alert in shown if alert.scope == MARKET), None)
    if route is None or market is None:
        return
    quiet = []
    for asset in route.watchlist[:MOST_YOURS]:
        held = [condition for condition in market.conditions if condition.asset == asset]
        if not held:
            quiet.append(asset)
            continue
        venues = {c.venue for c in held} - {MARKET}
        where = venue(venues.pop()) if len(venues) == 1 else f"{len(venues)} venues" if venues else ""
        told = ", ".join(list(holding.phrases(held))[: holding.MOST_PHRASES])
        yield f"{name(asset)}: {told}" + (f" ({where})" if where else "")
    if quiet:
        # Nor is it known here whether anybody watches them, so that calm must not be read out of it.
        yield f"{listed(quiet, MOST_YOURS)}: not named by this alert"
    if len(route.watchlist) > MOST_YOURS:
        yield f"and {len(route.watchlist) - MOST_YOURS} more of yours"


def _others(shown: Sequence[Alert], alerts: Sequence[Alert]) -> Iterator[str]:
    """One line for each story, then how many more there are at which level."""
    over = shown[0].status == "resolved"
    for alert in shown[:MOST_OTHERS]:
        if over:
            yield f"{name(scope(alert))} {'lost sight of' if is_lost(alert) else OVER}, peak {alert.peak_level}"
            continue
        way = f" {WAYS[alert.direction]}" if about(alert) != "data" else ""
        yield f"{name(scope(alert))} {alert.level}{way}: {holding.what(alert, placed=False)}"
    rest = shown[MOST_OTHERS:]
    if rest:
        levels = Counter(alert.peak_level if over else alert.level for alert in rest)
        each = ", ".join(f"{levels[level]} {level}" for level in reversed(LEVELS) if levels[level])
        yield f"and {len(rest)} more: {each}"
    ended = {alert.scope for alert in alerts} - {alert.scope for alert in shown}
    if ended:
        yield f"{OVER}: {listed(sorted(ended), MOST_OTHERS)}"


def _cause(label: Label | None) -> str:
    """Microstructure or macro, once it is decided, and who says so while they do."""
    if label is None or label.cause == "undecided":
        return ""
    if label.cause == "mixed":
        return "probably news first, then leverage made more of it"
    side = 1 if label.cause == "microstructure" else -1
    votes = [vote.vote for vote in label.votes]
    told = "leverage (microstructure)" if side > 0 else "news (macro)"
    # A cause stays once it is decided, while votes of a later hour may turn.
    agree = f", {votes.count(side)} of {len(votes)} votes" if votes.count(side) > votes.count(-side) else ""
    return f"probably {told}{agree}"


def _blind(alert: Alert) -> str:
    """What cannot be seen, the first two, and how much can."""
    seen = alert.coverage
    # What an alert about data says itself is not said again.
    blind = [] if about(alert) == "data" else [_missing(words) for words in seen.blind]
    more = f" and {len(blind) - MOST_BLIND} more" if len(blind) > MOST_BLIND else ""
    cannot = f"blind: {', '.join(blind[:MOST_BLIND])}{more}" if blind else ""
    can = f"sees {seen.live} of {seen.families} kinds of evidence" if seen.families else ""
    return "; ".join(filter(None, (cannot, can)))


def _missing(words: str) -> str:
    subject, colon, why = words.removesuffix(UNSEEN).partition(": ")
    return in_words(clean(f"{subject} ({why})" if colon else subject, BLIND))
