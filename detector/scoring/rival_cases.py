"""What each rule said in one case, this detector's own alerts first: how soon, how long before the worst, how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from detector.alerts.inhibition import Inhibition
from detector.conditions import NS
from detector.scoring.alarms import Alarm, Heard, about
from detector.scoring.labels import EVENT, Label, Stretch
from detector.scoring.messages import SENT, is_of_data
from detector.scoring.recall import RECALLED
from detector.scoring.run import Run
from detector.scoring.sighted import OF_AN_ASSET
from detector.scoring.spans import union
from detector.signals import breadth
from schemas.alert import LEVELS, MARKET

OURS = "this detector, WARN or above"
OURS_OF_THE_MARKET = "this detector, of the market alone"
AFTER = ("S1", "S2")
"""The onsets that an alarm follows, or comes before."""


class RivalCaseCard(msgspec.Struct, frozen=True, kw_only=True):
    """One rule in one case."""

    name: str
    saw: float
    """Share of the replayed time in which it had what it needs."""
    messages: int
    """Its alarms: about the event where there is one, else all."""
    first_ns: int | None
    """The first of these."""
    after_s: dict[str, float]
    """From the true onset of each stage of the market to it; negative where it came before."""
    leads_s: dict[str, float]
    """For each moment how long before it the first alarm came; negative: after."""


def rival_cases(run: Run, labels: Sequence[Label], moments_ns: Mapping[str, int]) -> list[RivalCaseCard]:
    """One for each rule that heard the replay, and before them ours; none where no other rule did."""
    if not run.heard:
        return []
    event = next((label for label in labels if label.stage == EVENT and label.asset == "*"), None)
    onsets = {stage: _onset(stage, event, labels) for stage in AFTER}
    return [
        _card(name, heard, run.seen, event, onsets, moments_ns)
        for name, heard in {**own_alerts(run), **run.heard}.items()
    ]


def own_alerts(run: Run) -> dict[str, Heard]:
    """What people are sent of our own alerts as alarms, where any of them could be raised: of all scopes, as others'
    rules speak of every asset, and of the market alone. That data fail is no alarm about a price.
    """
    inhibition = Inhibition()
    alarms = [
        Alarm(alert.ts_ns, alert.scope, alert.headline)
        for alert in run.alerts
        if inhibition.allows(alert)
        and alert.status in SENT
        and LEVELS.index(alert.level) >= RECALLED
        and not is_of_data(alert)
    ]
    of_market = _saw(run, (breadth.SHOCK,))
    return {
        OURS: Heard(alarms, union((*of_market, *_saw(run, OF_AN_ASSET)), run.seen)),
        OURS_OF_THE_MARKET: Heard([alarm for alarm in alarms if alarm.scope == MARKET], of_market),
    }


def _saw(run: Run, rules: Sequence[str]) -> list[Stretch]:
    """When any of the rules was asked, of those that could see most of the time."""
    seeing = (rule for rule in rules if run.sight.sees(rule, run.seen))
    return union((part for rule in seeing for part in run.sight.looked(run.seen, rule)), run.seen)


def _onset(stage: str, event: Label | None, labels: Sequence[Label]) -> int | None:
    """The first one of the market that belongs to the event."""
    found = (label.onset_ns for label in labels if label.stage == stage and label.scope == MARKET)
    return min((onset for onset in found if event and event.onset_ns <= onset <= event.clear_ns), default=None)


def _card(
    name: str,
    heard: Heard,
    seen: Stretch,
    event: Label | None,
    onsets: Mapping[str, int | None],
    moments_ns: Mapping[str, int],
) -> RivalCaseCard:
    told = [alarm.ts_ns for alarm in heard.alarms if event is None or about(alarm, event)]
    first = min(told, default=None)
    return RivalCaseCard(
        name=name,
        saw=sum(part.to_ns - part.from_ns for part in union(heard.saw, seen)) / NS / seen.seconds
        if seen.seconds
        else 0.0,
        messages=len(told),
        first_ns=first,
        after_s={}
        if first is None
        else {stage: (first - onset) / NS for stage, onset in onsets.items() if onset is not None},
        leads_s={} if first is None else {moment: (ts_ns - first) / NS for moment, ts_ns in moments_ns.items()},
    )
