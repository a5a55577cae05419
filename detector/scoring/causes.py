"""Whether alerts said rightly what was behind the moves."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from detector.scoring.labels import CAUSES, Label
from schemas.alert import MARKET, Alert

UNDECIDED = "undecided"


class CauseCard(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time whose cause is known."""

    true: str
    from_ns: int
    to_ns: int
    told: str
    """What the last alert of the market with a decided label said within it: `undecided` is no claim, unless nothing
    else was said; empty where there was no label."""
    right: bool | None
    """None where nothing was told."""


def cause_cards(labels: Sequence[Label], alerts: Sequence[Alert]) -> list[CauseCard]:
    """One for each labelled stretch within which the market's alerts were looked at."""
    return [_card(label, alerts) for label in labels if label.stage in CAUSES]


def _card(label: Label, alerts: Sequence[Alert]) -> CauseCard:
    told = [
        alert.label.cause
        for alert in alerts
        if alert.scope == MARKET and alert.label is not None and label.onset_ns <= alert.ts_ns <= label.clear_ns
    ]
    decided = [cause for cause in told if cause != UNDECIDED]
    said = (decided or told)[-1] if told else ""
    return CauseCard(
        true=label.stage,
        from_ns=label.onset_ns,
        to_ns=label.clear_ns,
        told=said,
        right=said == label.stage if said else None,
    )
