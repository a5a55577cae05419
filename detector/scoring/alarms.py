"""Another program's rule on the same events: what it says, and what its alarms are worth by the same labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

import msgspec

from detector.conditions import NS
from detector.scoring.bounds import upper_count
from detector.scoring.case import Origin
from detector.scoring.labels import Label, Stretch
from schemas.base import Event

BEFORE_S = 1_800.0
"""An alarm up to half an hour before an event belongs to it; alarms no further apart than that are one."""
WEEK_S = 604_800.0
EVALUABLE = 0.8
"""Who saw less of a time has no figure from it."""


class Alarm(msgspec.Struct, frozen=True):
    """One alarm; such rules have no levels."""

    ts_ns: int
    """Event time at which it would have been sent."""
    scope: str
    """`market`, or a base asset."""
    says: str


class Rival(Protocol):
    """A rule of another program, fed with the events of a replay in their order of receipt."""

    def feed(self, events: Sequence[Event]) -> Iterable[Alarm]:
        """Take a batch; say what follows from it."""

    @property
    def saw(self) -> Sequence[Stretch]:
        """When it had what it needs, in order and without overlaps."""


class Heard(msgspec.Struct):
    """What a rival said of one replay."""

    alarms: list[Alarm] = []
    saw: list[Stretch] = []


class Trial(NamedTuple):
    """A rival on one case: what it said, and what was true."""

    heard: Heard
    origin: Origin
    events: Sequence[Label]
    quiet: Sequence[Stretch]
    negative: Stretch | None
    """All of a hard negative, in which there is nothing to cry about; None of other cases."""


class RivalCard(msgspec.Struct, frozen=True, kw_only=True):
    """One rival's figures over all cases of one origin."""

    name: str
    origin: Origin
    events: int
    """That it could see for most of their time."""
    blind_events: int
    """That it could not."""
    recalled: int
    delay_s: tuple[float, ...]
    """From each recalled event's onset to the first alarm; negative where it came before."""
    negatives: int
    """Hard negatives that it could see."""
    cried: int
    """Of these, in how many it raised an alarm."""
    quiet_hours: float
    """Quiet time in which it could see."""
    false_alarms: int
    """In this time, those within half an hour of each other counted once."""
    per_week: float | None
    per_week_at_most: float | None


def rival_card(name: str, origin: Origin, trials: Iterable[Trial]) -> RivalCard:
    """The figures of a rival on cases of one origin."""
    events = blind = recalled = negatives = cried = false_alarms = 0
    delays: list[float] = []
    quiet_s = 0.0
    for trial in trials:
        heard = trial.heard
        for event in trial.events:
            if not _saw(heard, Stretch(event.onset_ns, event.clear_ns)):
                blind += 1
                continue
            events += 1
            first = min((alarm.ts_ns for alarm in heard.alarms if about(alarm, event)), default=None)
            if first is not None:
                recalled += 1
                delays.append((first - event.onset_ns) / NS)
        if trial.negative is not None and _saw(heard, trial.negative):
            negatives += 1
            cried += bool(heard.alarms)
        for stretch in (part for quiet in trial.quiet for part in _common(heard, quiet)):
            quiet_s += stretch.seconds
            false_alarms += merged(alarm.ts_ns for alarm in heard.alarms if stretch.holds(alarm.ts_ns))
    weeks = quiet_s / WEEK_S
    return RivalCard(
        name=name,
        origin=origin,
        events=events,
        blind_events=blind,
        recalled=recalled,
        delay_s=tuple(delays),
        negatives=negatives,
        cried=cried,
        quiet_hours=quiet_s / 3600,
        false_alarms=false_alarms,
        per_week=false_alarms / weeks if weeks else None,
        per_week_at_most=upper_count(false_alarms) / weeks if weeks else None,
    )


def belongs(ts_ns: int, event: Label) -> bool:
    """Whether an alarm at this moment is about this event."""
    return event.onset_ns - BEFORE_S * NS <= ts_ns <= event.clear_ns


def about(alarm: Alarm, event: Label) -> bool:
    """Whether an alarm is about this event by its time and scope; an event of the market has no other scope's."""
    return belongs(alarm.ts_ns, event) and event.asset in ("*", alarm.scope)


def merged(moments_ns: Iterable[int]) -> int:
    """How many alarms there are when those within half an hour of the one before are none of their own.

    >>> merged([0, 1_000 * NS, 2_500 * NS, 9_000 * NS])
    2
    """
    count, last = 0, None
    for moment in sorted(moments_ns):
        count += last is None or moment - last > BEFORE_S * NS
        last = moment
    return count


def _common(heard: Heard, stretch: Stretch) -> list[Stretch]:
    """The parts of a stretch in which the rival could see."""
    parts = (Stretch(max(saw.from_ns, stretch.from_ns), min(saw.to_ns, stretch.to_ns)) for saw in heard.saw)
    return [part for part in parts if part.from_ns < part.to_ns]


def _saw(heard: Heard, stretch: Stretch) -> bool:
    return sum(part.seconds for part in _common(heard, stretch)) >= EVALUABLE * stretch.seconds > 0
