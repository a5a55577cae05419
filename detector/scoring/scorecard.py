"""All cases together: what a detector is worth on what was replayed, and how sure that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, get_args

import msgspec

from detector.catalog import RULES
from detector.scoring.ablation import AblationCard
from detector.scoring.alarms import Heard, RivalCard, Trial, rival_card
from detector.scoring.bounds import percentile, wilson
from detector.scoring.case import Aside, Case, Origin
from detector.scoring.case_card import CaseCard, LabelCard, case_card, left_out, quiet_stretches
from detector.scoring.labels import EVENT, Label
from detector.scoring.ledger import Ledger, ledger
from detector.scoring.recall import RecallRow, recall
from detector.scoring.rival_cases import OURS, OURS_OF_THE_MARKET, own_alerts
from detector.scoring.run import Run


class Scored(NamedTuple):
    """A case, what is known about it, and its replay, or why there is none."""

    case: Case
    labels: Sequence[Label]
    run: Run | None
    why: str = ""


class StageRow(msgspec.Struct, frozen=True, kw_only=True):
    """All labelled onsets of one stage and origin; what was not in the input is not counted."""

    stage: str
    origin: Origin
    labels: int
    seen: int
    within: int
    """Seen within the label's tolerance."""
    seen_at_least: float
    """Wilson's lower 95 % bound of the share seen."""
    delays: int
    """Of those within: what lies outside is another onset's, and has no delay."""
    delay_p50_s: float | None
    delay_p95_s: float | None


class MessagesRow(msgspec.Struct, frozen=True, kw_only=True):
    """Episodes of the market."""

    episodes: int
    median: float | None
    most: int


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of it."""

    cases: tuple[CaseCard, ...]
    recall: tuple[RecallRow, ...]
    stages: tuple[StageRow, ...]
    quiet: Ledger
    """All quiet time."""
    quiet_shown: Ledger
    """Of these, the part that no threshold was chosen on."""
    messages: MessagesRow
    """New messages to a person, for each episode of a crash."""
    goals_met: int
    goals_missed: int
    goals_not_evaluable: int
    goals_not_replayed: int
    rivals: tuple[RivalCard, ...] = ()
    ablation: tuple[AblationCard, ...] = ()
    asides: tuple[Aside, ...] = ()


def scorecard(
    scored: Sequence[Scored], ablation: Iterable[AblationCard] = (), asides: Iterable[Aside] = ()
) -> Scorecard:
    """The scorecard of these cases, in their order."""
    cards = [case_card(s.case, s.run, s.labels) if s.run is not None else left_out(s.case, s.why) for s in scored]
    looked = [(s.case, s.run, quiet_stretches(s.case, s.run, s.labels)) for s in scored if s.run is not None]
    messages = [episode.messages for card in cards if card.kind == "crash" for episode in card.episodes]
    goals = Counter(goal.state for card in cards for goal in card.goals)
    return Scorecard(
        cases=tuple(cards),
        recall=tuple(recall(event for card in cards for event in card.true_events)),
        stages=tuple(_stage_rows(cards)),
        quiet=ledger([(run, quiet) for _, run, quiet in looked], RULES),
        quiet_shown=ledger([(run, quiet) for case, run, quiet in looked if case.use == "shown"], RULES),
        messages=MessagesRow(episodes=len(messages), median=percentile(messages, 50), most=max(messages, default=0)),
        goals_met=goals["met"],
        goals_missed=goals["missed"],
        goals_not_evaluable=goals["not evaluable"],
        goals_not_replayed=goals["not replayed"],
        rivals=tuple(_rivals(scored)),
        ablation=tuple(ablation),
        asides=tuple(asides),
    )


def _stage_rows(cards: Iterable[CaseCard]) -> list[StageRow]:
    groups: dict[tuple[Origin, str], list[LabelCard]] = {}
    for card in cards:
        for label in card.labels:
            if label.state != "absent":
                groups.setdefault((card.origin, label.stage), []).append(label)
    return [
        _stage_row(stage, origin, group)
        for (origin, stage), group in sorted(groups.items(), key=lambda item: (item[0][0] != "recorded", item[0][1]))
    ]


def _stage_row(stage: str, origin: Origin, group: Sequence[LabelCard]) -> StageRow:
    seen = sum(label.seen_ns is not None for label in group)
    delays = [label.delay_s for label in group if label.state == "within" and label.delay_s is not None]
    return StageRow(
        stage=stage,
        origin=origin,
        labels=len(group),
        seen=seen,
        within=sum(label.state == "within" for label in group),
        seen_at_least=wilson(seen, len(group))[0],
        delays=len(delays),
        delay_p50_s=percentile(delays, 50),
        delay_p95_s=percentile(delays, 95),
    )


def _rivals(scored: Sequence[Scored]) -> Iterable[RivalCard]:
    """Each rival on each origin; the first two are this detector itself, if there is any rival at all."""
    ran = [(s.case, s.run, s.labels) for s in scored if s.run is not None]
    names = dict.fromkeys(name for _, run, _ in ran for name in run.heard)
    for origin in get_args(Origin):
        cases = [one for one in ran if one[0].origin == origin]
        if not cases or not names:
            continue
        for name in (OURS, OURS_OF_THE_MARKET, *names):
            trials = [
                Trial(
                    heard=(own_alerts(run) | run.heard).get(name, Heard()),
                    origin=origin,
                    events=[label for label in labels if label.stage == EVENT and run.seen.holds(label.onset_ns)],
                    quiet=quiet_stretches(case, run, labels),
                    negative=run.seen if case.kind == "hard negative" else None,
                )
                for case, run, labels in cases
            ]
            yield rival_card(name, origin, trials)
