"""What a rule is worth: what the detector says otherwise when it is turned off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from detector.conditions import NS
from detector.scoring.labels import Stretch
from detector.scoring.messages import episode_cards
from detector.scoring.run import Run
from detector.scoring.words import at
from schemas.alert import LEVELS, MARKET, Level, Transition


class AblationCard(msgspec.Struct, frozen=True, kw_only=True):
    """One rule on one case."""

    rule: str
    case: str
    own: int
    """Conditions of its own, which are gone without it."""
    others: tuple[str, ...]
    """What became of other conditions, in words."""
    levels: tuple[str, ...]
    """What became of the levels of the market and of assets, in words."""
    false_alarms: int
    """Alerts above WATCH in quiet time, more or fewer without it."""

    began: bool = True
    """Whether any condition of its own began; where none did, nothing was replayed without it."""

    @property
    def changes(self) -> bool:
        """Whether anything but its own conditions is other than before."""
        return bool(self.others or self.levels or self.false_alarms)


def rules_seen(transitions: Iterable[Transition]) -> set[str]:
    """The rules of which a condition began. Without one of the others everything is as it was: a verdict that opens no
    condition decides nothing.
    """
    return {told.rule for told in transitions if told.active}


def ablated(rule: str, case: str, whole: Run, without: Run, quiet: Sequence[Stretch]) -> AblationCard:
    """The difference between two replays of the same events, with and without a rule."""
    before, after = _onsets(whole, rule), _onsets(without, rule)
    own = {(t.venue, t.asset, t.since_ns) for t in whole.transitions if t.active and t.rule == rule}
    return AblationCard(
        rule=rule,
        case=case,
        own=len(own),
        others=tuple(_differences(before, after)),
        levels=tuple(_level_changes(whole, without)),
        false_alarms=_false_alarms(without, quiet) - _false_alarms(whole, quiet),
    )


def never_began(rule: str, cases: Iterable[str]) -> AblationCard:
    """A rule of which no condition began in these cases: without it all is as it was, whatever it is worth."""
    return AblationCard(rule=rule, case=", ".join(cases), own=0, others=(), levels=(), false_alarms=0, began=False)


Place = tuple[str, str, str]


def _onsets(run: Run, leaving_out: str) -> dict[Place, list[int]]:
    """Onsets of every other condition, by rule, venue and asset."""
    found: dict[Place, list[int]] = {}
    for told in run.transitions:
        if told.active and told.rule != leaving_out:
            onsets = found.setdefault((told.rule, told.venue, told.asset), [])
            if told.since_ns not in onsets:
                onsets.append(told.since_ns)
    return found


def _differences(before: dict[Place, list[int]], after: dict[Place, list[int]]) -> Iterable[str]:
    """One line for each rule whose conditions are no longer the same ones."""
    gone: dict[str, int] = {}
    new: dict[str, int] = {}
    for place in sorted({*before, *after}):
        old, now = set(before.get(place, ())), set(after.get(place, ()))
        gone[place[0]] = gone.get(place[0], 0) + len(old - now)
        new[place[0]] = new.get(place[0], 0) + len(now - old)
    for rule, lost in gone.items():
        if lost or new[rule]:
            yield f"{rule}: {lost} onsets gone, {new[rule]} new"


def _level_changes(whole: Run, without: Run) -> Iterable[str]:
    """What became of each level, scopes and levels that fared alike in one line; then of messages and other alerts."""
    first, second = _first_levels(whole), _first_levels(without)
    fates: dict[str, dict[str, list[Level]]] = {}
    for scope, level in sorted({*first, *second}, key=lambda key: (key[0] != MARKET, key[0], LEVELS.index(key[1]))):
        fate = _fate(first.get((scope, level)), second.get((scope, level)))
        if fate:
            fates.setdefault(scope, {}).setdefault(fate, []).append(level)
    alike: dict[str, list[str]] = {}
    for scope, of_scope in fates.items():
        for fate, levels in of_scope.items():
            reached = levels[0] if len(levels) == 1 else f"{levels[0]} to {levels[-1]}"
            alike.setdefault(f"{reached} {fate}", []).append(scope)
    for fate, scopes in alike.items():
        yield f"{', '.join(scopes)}: {fate}"
    messages = [sum(card.messages for card in episode_cards(run.alerts)) for run in (whole, without)]
    if messages[0] != messages[1]:
        yield f"{messages[1]} messages instead of {messages[0]}"
    before, after = _told(whole), _told(without)
    if before != after:
        yield f"{len(before - after)} alerts gone, {len(after - before)} new"


def _fate(old: int | None, new: int | None) -> str:
    """What became of a level: when it was first reached, with and without the rule."""
    if old is None or new is None:
        return "never" if new is None else f"at {at(new)}, before never"
    return f"{(new - old) / NS:+.0f} s" if new != old else ""


def _told(run: Run) -> set[tuple[str, int, str, Level, str]]:
    """Alerts as a reader tells them apart; that a stage is no longer named is the rule's own condition, told anew."""
    return {(a.scope, a.ts_ns, a.status, a.level, a.second_key) for a in run.alerts if a.status != "updated"}


def _first_levels(run: Run) -> dict[tuple[str, Level], int]:
    """When an alert of a scope first reached each level."""
    found: dict[tuple[str, Level], int] = {}
    for alert in run.alerts:
        if alert.status != "resolved":
            for level in LEVELS[1 : LEVELS.index(alert.level) + 1]:
                found.setdefault((alert.scope, level), alert.ts_ns)
    return found


def _false_alarms(run: Run, quiet: Sequence[Stretch]) -> int:
    return sum(
        alert.status in ("open", "escalated")
        and LEVELS.index(alert.level) > LEVELS.index("WATCH")
        and any(stretch.holds(alert.ts_ns) for stretch in quiet)
        for alert in run.alerts
    )
