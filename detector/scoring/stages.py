"""Stages against labels: for each kind of label the errors of its onsets, and how much of the time both agree."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import msgspec

from detector.scoring.labels import STRETCHES, Stretch, TruthLabel
from detector.scoring.matching import Match, answers
from detector.scoring.spans import Span, agreement, union


class StageCard(msgspec.Struct, frozen=True, kw_only=True):
    """All labels of one kind at one place."""

    stage: str
    where: str
    labels: int
    seen: int
    onset_error_s: float | None
    """Median of the absolute errors; None where none was seen."""
    recall: float | None
    """Share of the labelled time that was detected."""
    precision: float | None
    """Share of the detected time that is labelled."""
    jaccard: float | None


def place_of(label: TruthLabel) -> str:
    """Where a label is about.

    >>> from detector.scoring.labels import Label
    >>> place_of(Label("S3", "coinbase", "feed", 0, 1, 1.0, "")), place_of(Label("S1", "market", "*", 0, 1, 1.0, ""))
    ('coinbase feed', 'market')
    """
    return label.scope if label.asset == "*" else f"{label.scope} {label.asset}"


def stage_cards(matches: Sequence[Match], spans: Sequence[Span], seen: Stretch) -> list[StageCard]:
    """One for each kind and place, in the order of the first onset; `seen` is the time that was replayed."""
    groups: dict[tuple[str, str], list[Match]] = {}
    for match in matches:
        if match.label.stage not in STRETCHES:
            groups.setdefault((match.label.stage, place_of(match.label)), []).append(match)
    return [_card(stage, where, group, spans, seen) for (stage, where), group in groups.items()]


def _card(stage: str, where: str, group: Sequence[Match], spans: Sequence[Span], seen: Stretch) -> StageCard:
    label = group[0].label
    true = union(((match.label.onset_ns, match.label.clear_ns) for match in group), seen)
    found = union(((span.since_ns, span.until_ns) for span in spans if answers(span, label)), seen)
    errors = [abs(match.error_s) for match in group if match.error_s is not None]
    agreed = agreement(true, found)
    return StageCard(
        stage=stage,
        where=where,
        labels=len(group),
        seen=len(errors),
        onset_error_s=median(errors) if errors else None,
        recall=agreed.recall,
        precision=agreed.precision,
        jaccard=agreed.jaccard,
    )
