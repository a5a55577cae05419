"""Goals of a case, held against its replay: met or missed, what was seen instead, and which evidence was missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import singledispatch
from typing import Literal

import msgspec

from detector.catalog import RULES as CATALOG
from detector.scoring.alarms import EVALUABLE
from detector.scoring.case import (
    CalmGoal,
    CauseGoal,
    Goal,
    LevelGoal,
    LowerGoal,
    MessagesGoal,
    OnsetGoal,
    OpenGoal,
    Window,
    ns_of,
)
from detector.scoring.labels import EVENT, Label, Stretch
from detector.scoring.matching import RULES, answers, stands_at
from detector.scoring.messages import EpisodeCard, episode_cards, is_of_data
from detector.scoring.run import Run
from detector.scoring.sighted import OF_AN_ASSET, assets_seen
from detector.scoring.words import at
from detector.signals import breadth
from detector.verdict import ANY
from schemas.alert import LEVELS, MARKET, Alert, Transition


class GoalCard(msgspec.Struct, frozen=True, kw_only=True):
    """One goal and what became of it."""

    says: str
    state: Literal["met", "missed", "not evaluable", "not replayed"]
    """`not evaluable`: nothing was seen, and nothing could be. `not replayed`: the case was left out."""
    seen: str
    """What the replay showed."""
    missing: str = ""
    """Of a goal that was not met: which evidence could not be seen, or that all of it could."""

    @property
    def met(self) -> bool:
        """Whether it was met."""
        return self.state == "met"


def check(goals: Iterable[Goal], run: Run, labels: Sequence[Label] = ()) -> list[GoalCard]:
    """Every goal, in the order of the case; `labels` say how long the event lasted that a goal is about."""
    return [_messages(goal, run, labels) if isinstance(goal, MessagesGoal) else _check(goal, run) for goal in goals]


def not_replayed(goals: Iterable[Goal], why: str) -> list[GoalCard]:
    """The goals of a case that was left out: nobody knows."""
    return [GoalCard(says=goal.says, state="not replayed", seen="-", missing=why) for goal in goals]


@singledispatch
def _check(goal: Goal, run: Run) -> GoalCard:
    raise NotImplementedError(type(goal))


@_check.register
def _(goal: OnsetGoal, run: Run) -> GoalCard:
    after_ns, by_ns = ns_of(goal.after), ns_of(goal.by)
    label = Label(goal.stage, goal.scope, goal.asset, after_ns, by_ns, 0.0, "")
    onsets = [
        told for told in run.transitions if told.active and told.since_ns >= after_ns and _answers(told, goal, label)
    ]
    onset = _enough(onsets, goal.assets)
    blind = _blind(goal.rules or _rules_of(goal.stage), Stretch(after_ns, by_ns), run)
    if onset is None:
        return _missed(goal, "never" if goal.assets == 1 else _too_few(onsets), blind)
    seen = f"{at(onset.since_ns)} by {onset.rule}, told {at(onset.ts_ns)}"
    return _met(goal, seen) if onset.since_ns <= by_ns else _missed(goal, seen, blind)


def _answers(told: Transition, goal: OnsetGoal, label: Label) -> bool:
    if not goal.rules:
        return answers(told, label)
    # A rule that is named need not be one of those that answer a label of the stage.
    return told.rule in goal.rules and stands_at(told, label)


def _enough(onsets: Iterable[Transition], assets: int) -> Transition | None:
    """The first onset with which a whole place has it, or so many assets."""
    having: set[str] = set()
    for onset in sorted(onsets, key=lambda told: (told.since_ns, told.ts_ns, told.rule, told.asset)):
        having.add(onset.asset)
        if onset.asset == ANY or len(having) >= assets:
            return onset
    return None


def _too_few(onsets: Iterable[Transition]) -> str:
    return f"on {', '.join(sorted({onset.asset for onset in onsets})) or 'no asset'} alone"


@_check.register
def _(goal: LevelGoal, run: Run) -> GoalCard:
    after_ns, by_ns = ns_of(goal.after), ns_of(goal.by)
    reached = (
        alert
        for alert in run.alerts
        if alert.scope == goal.scope
        and alert.status != "resolved"
        and alert.ts_ns >= after_ns
        and LEVELS.index(alert.level) >= LEVELS.index(goal.level)
    )
    first = next(reached, None)
    rules = [rule for rule in CATALOG if rule.partition(".")[0] in ("S2", "S3", "S4", "S5", "S6")]
    blind = _blind(rules, Stretch(after_ns, by_ns), run)
    if first is None:
        return _missed(goal, "never", blind)
    seen = f"{first.level} at {at(first.ts_ns)}"
    if first.second_key:
        seen += f", second key: {first.second_key}"
    if first.ts_ns > by_ns:
        return _missed(goal, seen, blind)
    if goal.second_key and not first.second_key:
        return _missed(goal, seen, "no second key was named")
    return _met(goal, seen)


@_check.register
def _(goal: CalmGoal, run: Run) -> GoalCard:
    during = Window(start=goal.start, end=goal.end).within(run.seen)
    about = [a for a in run.alerts if not is_of_data(a) and goal.scope in ("*", a.scope)]
    standing = {alert.scope: alert for alert in about if alert.ts_ns < during.from_ns}
    told = [alert for alert in (*standing.values(), *about) if alert.status != "resolved"]
    alerts = [alert for alert in told if alert.ts_ns < during.to_ns and _stands(alert, standing, during)]
    top = max(alerts, key=lambda alert: LEVELS.index(alert.level), default=None)
    seen = "no alert"
    if top is not None:
        seen = f"{top.level}{'' if goal.scope == MARKET else f' of {top.scope}'} at {at(top.ts_ns)}"
    if top is None or LEVELS.index(top.level) <= LEVELS.index(goal.level):
        if blind := _silent(goal, during, run):
            return GoalCard(says=goal.says, state="not evaluable", seen=seen, missing=blind)
        return _met(goal, seen if top is None else f"at most {seen}")
    return _missed(goal, seen, f"nothing: it was raised by {', '.join(sorted({c.rule for c in top.conditions}))}")


def _stands(alert: Alert, standing: Mapping[str, Alert], during: Stretch) -> bool:
    """Whether it is told within a time, or is what stood when that began."""
    return alert.ts_ns >= during.from_ns or standing[alert.scope] is alert


def _silent(goal: CalmGoal, during: Stretch, run: Run) -> str:
    """Why silence is worth nothing, or nothing."""
    if not run.events or run.sight.looked_s(during) <= 0.0:
        return "nothing was replayed of that time"
    market, single = run.sight.sees(breadth.SHOCK, during), assets_seen(run, during)
    if (goal.scope == MARKET and not market) or (goal.scope == "*" and not (market or single)):
        return _blind([breadth.SHOCK, *(OF_AN_ASSET if goal.scope == "*" else ())], during, run)
    return "" if goal.scope in ("*", MARKET) or single else "no single asset could be seen"


@_check.register
def _(goal: OpenGoal, run: Run) -> GoalCard:
    during = Stretch(ns_of(goal.start), ns_of(goal.end))
    ended = [a for a in run.alerts if a.scope == MARKET and a.status == "resolved" and during.holds(a.ts_ns)]
    if ended:
        return _missed(goal, f"resolved at {at(ended[0].ts_ns)}", "nothing held: every condition had cleared")
    going = [card for card in episode_cards(run.alerts) if card.opened_ns < during.from_ns]
    if not any(card.resolved_ns is None or card.resolved_ns >= during.to_ns for card in going):
        return _missed(goal, "no episode was open", "none had begun, or it had ended before")
    return _met(goal, "held open")


def _messages(goal: MessagesGoal, run: Run, labels: Sequence[Label]) -> GoalCard:
    at_ns = ns_of(goal.at)
    event = next((x for x in labels if x.stage == EVENT and x.asset == "*" and x.onset_ns <= at_ns <= x.clear_ns), None)
    during = Stretch(at_ns, at_ns) if event is None else Stretch(event.onset_ns, event.clear_ns)
    cards = [card for card in episode_cards(run.alerts) if _goes_on(card, during)]
    if not cards:
        return _missed(goal, "no episode", "the market's episode was not open")
    beside = [scope for card in cards for scope in card.beside]
    names = f" ({', '.join(beside)})" if beside else ""
    seen = f"{sum(card.sent for card in cards)} about the market, {len(beside)} beside it{names}"
    seen += f"; {sum(card.edited for card in cards)} edits" + (f"; {len(cards)} episodes" if len(cards) > 1 else "")
    if sum(card.messages for card in cards) <= goal.at_most:
        return _met(goal, seen)
    return _missed(goal, seen, "nothing: too much was told as new")


def _goes_on(card: EpisodeCard, during: Stretch) -> bool:
    return card.opened_ns <= during.to_ns and (card.resolved_ns is None or card.resolved_ns > during.from_ns)


@_check.register
def _(goal: LowerGoal, run: Run) -> GoalCard:
    during = Stretch(ns_of(goal.start), ns_of(goal.end))
    peaks = {name: _peak(name, during, run) for name in (goal.asset, *goal.than)}
    own, others = peaks[goal.asset], [peaks[name] for name in goal.than]
    seen = f"{goal.asset} {LEVELS[own]}, others " + ", ".join(f"{name} {LEVELS[peaks[name]]}" for name in goal.than)
    if own < min(others):
        return _met(goal, seen)
    lacking = [name for name in goal.than if peaks[name] <= own]
    return _missed(goal, seen, f"nothing set it apart from {', '.join(lacking)}")


@_check.register
def _(goal: CauseGoal, run: Run) -> GoalCard:
    at_ns = ns_of(goal.at)
    labels = [a.label for a in run.alerts if a.scope == MARKET and a.ts_ns <= at_ns and a.label is not None]
    if not labels:
        return _missed(goal, "no label", "no alert of the market, or none with a label")
    label = labels[-1]
    if label.cause == goal.cause:
        return _met(goal, f"{label.cause}, score {label.score:+d}")
    unknown = [vote.name for vote in label.votes if vote.vote is None]
    return _missed(goal, f"{label.cause}, score {label.score:+d}", f"no vote from {', '.join(unknown) or 'none'}")


def _met(goal: Goal, seen: str) -> GoalCard:
    return GoalCard(says=goal.says, state="met", seen=seen)


def _missed(goal: Goal, seen: str, missing: str) -> GoalCard:
    return GoalCard(says=goal.says, state="missed", seen=seen, missing=missing)


def _peak(scope: str, during: Stretch, run: Run) -> int:
    return max((LEVELS.index(a.level) for a in run.alerts if a.scope == scope and during.holds(a.ts_ns)), default=0)


def _rules_of(stage: str) -> list[str]:
    named = RULES.get(stage)
    return list(named) if named is not None else [rule for rule in CATALOG if rule.startswith(f"{stage}.")]


def _blind(rules: Iterable[str], during: Stretch, run: Run) -> str:
    """Which of the rules could not see for most of the time, in words."""
    shares = {rule: run.sight.share(rule, during) or 0.0 for rule in rules}
    blind = [f"{rule} {share:.0%}" for rule, share in shares.items() if share < EVALUABLE]
    if not blind:
        return "nothing: every rule could see, none went beyond its line"
    return f"seen of the time: {', '.join(blind)}"
