"""The figures of one case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from detector.scoring.case import Case, Origin, ns_of
from detector.scoring.causes import CauseCard, cause_cards
from detector.scoring.goals import GoalCard, check, not_replayed
from detector.scoring.labels import EVENT, LULL, QUIET, Label, Stretch, stretches
from detector.scoring.matching import Match, match_labels
from detector.scoring.messages import EpisodeCard, episode_cards
from detector.scoring.recall import EventCard, event_card
from detector.scoring.rival_cases import RivalCaseCard, rival_cases
from detector.scoring.run import Run
from detector.scoring.spans import condition_spans
from detector.scoring.stages import StageCard, place_of, stage_cards
from schemas.alert import LEVELS, MARKET, Alert, Level, Stage


class LabelCard(msgspec.Struct, frozen=True, kw_only=True):
    """One true onset and what was seen of it."""

    stage: str
    where: str
    onset_ns: int
    tolerance_s: float
    state: Literal["within", "outside", "missed", "absent"]
    """`absent`: its venue is not in the input."""
    seen_ns: int | None
    error_s: float | None
    delay_s: float | None
    rule: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One alert about the market."""

    ts_ns: int
    status: str
    level: Level
    stages: tuple[Stage, ...]
    second_key: str
    cause: str


class CaseCard(msgspec.Struct, frozen=True, kw_only=True):
    """One case."""

    name: str
    title: str
    kind: str
    use: str
    origin: Origin
    left_out: str = ""
    """Why it was not scored; empty where it was."""
    from_ns: int = 0
    to_ns: int = 0
    events: int = 0
    markets: int = 0
    venues: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    quiet_hours: float = 0.0
    highest: Level = "CLEAR"
    """Of all alerts about the market."""
    labels: tuple[LabelCard, ...] = ()
    stages: tuple[StageCard, ...] = ()
    true_events: tuple[EventCard, ...] = ()
    episodes: tuple[EpisodeCard, ...] = ()
    causes: tuple[CauseCard, ...] = ()
    lulls_resolved: int | None = None
    """Resolutions within pauses that were not the end; None where no such pause is labelled."""
    told: tuple[Told, ...] = ()
    goals: tuple[GoalCard, ...] = ()
    rivals: tuple[RivalCaseCard, ...] = ()
    """Other programs' rules, and this detector before them; none where they were not asked for."""


def left_out(case: Case, why: str) -> CaseCard:
    """A case that could not be scored."""
    return CaseCard(
        name=case.name,
        title=case.title,
        kind=case.kind,
        use=case.use,
        origin=case.origin,
        left_out=why,
        goals=tuple(not_replayed(case.goals, why)),
    )


def case_card(case: Case, run: Run, labels: Sequence[Label]) -> CaseCard:
    """The figures of a case that was replayed."""
    told = [label for label in labels if run.seen.holds(label.onset_ns)]
    matches = match_labels(told, run.transitions)
    of_market = [alert for alert in run.alerts if alert.scope == MARKET]
    moments = {name: ns_of(moment) for name, moment in case.moments.items()}
    lulls = stretches(labels, LULL, run.seen)
    return CaseCard(
        name=case.name,
        title=case.title,
        kind=case.kind,
        use=case.use,
        origin=case.origin,
        from_ns=run.first_ns,
        to_ns=run.last_ns,
        events=run.events,
        markets=len(run.markets),
        venues=run.venues,
        unread=run.unread,
        quiet_hours=sum(run.sight.looked_s(quiet) for quiet in quiet_stretches(case, run, labels)) / 3600,
        highest=max((a.level for a in of_market if a.status != "resolved"), key=LEVELS.index, default="CLEAR"),
        labels=tuple(_label_card(match, run.venues) for match in matches),
        stages=tuple(
            stage_cards(
                [match for match in matches if not _absent(match, run.venues)],
                condition_spans(run.transitions, run.last_ns),
                run.seen,
            )
        ),
        true_events=tuple(
            event_card(label, run.alerts, moments, case.origin) for label in told if label.stage == EVENT
        ),
        episodes=tuple(episode_cards(run.alerts)),
        causes=tuple(cause_cards(told, run.alerts)),
        lulls_resolved=sum(
            alert.status == "resolved" and lull.holds(alert.ts_ns) for alert in of_market for lull in lulls
        )
        if lulls
        else None,
        told=tuple(_told(alert) for alert in of_market),
        goals=tuple(check(case.goals, run, told)),
        rivals=tuple(rival_cases(run, told, moments)),
    )


def quiet_stretches(case: Case, run: Run, labels: Sequence[Label]) -> list[Stretch]:
    """The time in which every alert is a false one: what is labelled so, or else all of a quiet recording.

    What is made up counts for nothing: it holds only the quiet that its maker thought of.
    """
    if case.origin == "generated":
        return []
    labelled = stretches(labels, QUIET, run.seen)
    return labelled or ([run.seen] if case.kind == "quiet" and run.events else [])


def _absent(match: Match, venues: Sequence[str]) -> bool:
    return match.onset_ns is None and match.label.scope not in (*venues, MARKET)


def _label_card(match: Match, venues: Sequence[str]) -> LabelCard:
    state: Literal["within", "outside", "missed", "absent"]
    if match.onset_ns is None:
        state = "absent" if _absent(match, venues) else "missed"
    else:
        state = "within" if match.within else "outside"
    return LabelCard(
        stage=match.label.stage,
        where=place_of(match.label),
        onset_ns=match.label.onset_ns,
        tolerance_s=match.label.tolerance_s,
        state=state,
        seen_ns=match.onset_ns,
        error_s=match.error_s,
        delay_s=match.delay_s,
        rule=match.rule,
    )


def _told(alert: Alert) -> Told:
    return Told(
        ts_ns=alert.ts_ns,
        status=alert.status,
        level=alert.level,
        stages=alert.stages,
        second_key=alert.second_key,
        cause=alert.label.cause if alert.label is not None else "",
    )
