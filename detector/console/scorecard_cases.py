"""The sections of one case of the scorecard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from detector.scoring.case_card import CaseCard
from detector.scoring.words import at, day_and_time, minutes, seconds, share
from schemas.alert import LEVELS


class Section(NamedTuple):
    """A table with a title, and what a reader has to know."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def case_sections(case: CaseCard) -> Iterator[Section]:
    """Everything about one case; a section without rows has nothing to say."""
    yield Section(
        "Labels",
        ("stage", "where", "truth", "seen", "error", "tolerance", "told after", "", "by"),
        tuple(
            (
                label.stage,
                label.where,
                at(label.onset_ns),
                "-" if label.seen_ns is None else at(label.seen_ns),
                seconds(label.error_s),
                f"{label.tolerance_s:.0f} s",
                seconds(label.delay_s),
                "not in the input" if label.state == "absent" else label.state,
                label.rule,
            )
            for label in case.labels
        ),
    )
    yield Section(
        "Stages over time",
        ("stage", "where", "labels", "seen", "onset error (median)", "of labelled time", "of told time", "Jaccard"),
        tuple(
            (
                one.stage,
                one.where,
                str(one.labels),
                str(one.seen),
                "-" if one.onset_error_s is None else f"{one.onset_error_s:.0f} s",
                share(one.recall),
                share(one.precision),
                "-" if one.jaccard is None else f"{one.jaccard:.2f}",
            )
            for one in case.stages
        ),
        "Of labelled time: the share that was detected (recall); of told time: the share that is labelled (precision).",
    )
    yield _leads(case)
    yield _rivals(case)
    yield Section(
        "Episodes of the market",
        ("opened", "peak", "new messages", "beside it", "edits", "resolved"),
        tuple(
            (
                day_and_time(one.opened_ns),
                one.peak,
                str(one.sent),
                str(one.sent_beside),
                str(one.edited),
                "open at the end" if one.resolved_ns is None else day_and_time(one.resolved_ns),
            )
            for one in case.episodes
        ),
        ""
        if case.lulls_resolved is None
        else f"Resolved within a pause that was not the end: {case.lulls_resolved or 'never'}.",
    )
    yield Section(
        "What was told of the market",
        ("time", "what", "level", "stages", "second key", "cause"),
        tuple(
            (
                f"{day_and_time(one.ts_ns)[:10]} {at(one.ts_ns)}",
                one.status,
                one.level,
                " ".join(one.stages),
                one.second_key,
                one.cause,
            )
            for one in case.told
        ),
    )
    yield Section(
        "Macro or microstructure",
        ("from", "to", "truth", "told", ""),
        tuple(
            (
                day_and_time(one.from_ns),
                day_and_time(one.to_ns),
                one.true,
                one.told or "nothing",
                "-" if one.right is None else "right" if one.right else "WRONG",
            )
            for one in case.causes
        ),
    )
    yield Section("Not read", ("what",), tuple((line,) for line in case.unread))


def _leads(case: CaseCard) -> Section:
    """For each event and level how long before its moments the first alert came."""
    moments = list(dict.fromkeys(name for event in case.true_events for name in event.leads_s))
    rows = [
        (
            f"{event.scope}, tier {event.tier}",
            level,
            at(event.first_ns[level]),
            *(minutes(event.leads_s[name].get(level)) for name in moments),
            "-" if event.resolved_after_s is None else minutes(event.resolved_after_s),
        )
        for event in case.true_events
        for level in LEVELS
        if level in event.first_ns
    ]
    return Section(
        "Lead of the first alert at each level",
        ("event", "level", "first", *(f"before the {name}" for name in moments), "resolved after its end"),
        tuple(rows),
    )


def _rivals(case: CaseCard) -> Section:
    """Other programs' rules beside this detector."""
    stages = list(dict.fromkeys(stage for one in case.rivals for stage in one.after_s))
    moments = list(dict.fromkeys(name for one in case.rivals for name in one.leads_s))
    return Section(
        "Other programs' rules",
        (
            "rule",
            "could see",
            "messages",
            "first",
            *(f"after {s}" for s in stages),
            *(f"before the {m}" for m in moments),
        ),
        tuple(
            (
                one.name,
                share(one.saw),
                str(one.messages) if one.saw else "not evaluable",
                "-" if one.first_ns is None else at(one.first_ns),
                *(seconds(one.after_s.get(stage)) for stage in stages),
                *(minutes(one.leads_s.get(name)) for name in moments),
            )
            for one in case.rivals
        ),
        "Messages of all assets. Where a rule could not see, its silence is worth nothing.",
    )
