"""The scorecard for people: the same sections as tables in a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from detector.console.scorecard_cases import Section, case_sections
from detector.scoring.alarms import EVALUABLE, RivalCard
from detector.scoring.bounds import percentile
from detector.scoring.ledger import Ledger
from detector.scoring.scorecard import Scorecard
from detector.scoring.words import count, rate, seconds, share


class Part(NamedTuple):
    """A heading with its sections."""

    heading: str
    sections: tuple[Section, ...]


def parts(card: Scorecard) -> Iterator[Part]:
    """The whole scorecard in its order: what was promised, what it is worth, then case by case."""
    yield Part("All cases", tuple(section for section in _together(card) if section.rows))
    for case in card.cases:
        if not case.left_out:
            yield Part(f"{case.name}: {case.title}", tuple(s for s in case_sections(case) if s.rows))


def show(card: Scorecard, console: Console) -> None:
    """Print it as tables."""
    for part in parts(card):
        console.rule(part.heading, align="left")
        for section in part.sections:
            if section.rows:
                table = Table(title=section.title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
                for name in section.columns:
                    table.add_column(name, overflow="fold")
                for row in section.rows:
                    table.add_row(*row)
                console.print(table)
            if section.note:
                console.print(section.note, style="dim", highlight=False)


def markdown(card: Scorecard, *, picture: str = "") -> str:
    """The same as Markdown; `picture` is a link to one, relative to where the text will lie."""
    lines = ["# Scorecard", "", HEAD, ""]
    if picture:
        lines += [f"![Price, conditions and alerts]({picture})", ""]
    for part in parts(card):
        lines += [f"## {part.heading}", ""]
        for section in part.sections:
            lines += [f"### {section.title}", ""]
            if section.rows:
                lines += [_row(section.columns), _row("---" for _ in section.columns)]
                lines += [_row(row) for row in section.rows]
                lines.append("")
            if section.note:
                lines += [section.note, ""]
    return "\n".join(lines)


PER_WEEK = ("hours", "a week (95 % bound)")
FALSE = ("false alarms", "a week (95 % bound)")

ONLY_ITSELF, NEVER_BEGAN = "only its own conditions", "never began in these parts"
"""Of a rule without which all else is as before."""

HEAD = (
    "Made by `cascade evaluate`; do not edit. Times are UTC in event time. A delay runs from the true onset to the"
    " second in which it is told; publication adds the allowed lateness of half a second. What is generated is no"
    " proof: it holds what its maker knew."
)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _together(card: Scorecard) -> Iterator[Section]:
    yield Section(
        "Goals",
        ("case", "goal", "", "seen", "missing"),
        tuple(
            (case.name, goal.says, goal.state.replace("missed", "MISSED"), goal.seen, goal.missing)
            for case in card.cases
            for goal in case.goals
        ),
        f"{card.goals_met} met, {card.goals_missed} missed, {card.goals_not_evaluable} not evaluable, "
        f"{card.goals_not_replayed} not replayed.",
    )
    yield Section(
        "What was replayed",
        ("case", "what", "kind", "thresholds", "origin", "hours", "markets", "events", "quiet h", "highest"),
        tuple(
            (case.name, f"not scored: {case.left_out}", case.kind, case.use, case.origin, *("-",) * 5)
            if case.left_out
            else (
                case.name,
                case.title,
                case.kind,
                case.use,
                case.origin,
                f"{(case.to_ns - case.from_ns) / 3.6e12:.2f}",
                str(case.markets),
                f"{case.events:,}",
                f"{case.quiet_hours:.2f}",
                case.highest,
            )
            for case in card.cases
        ),
        "`tuned`: thresholds were chosen with a look at it; `shown`: they were not. Highest: level of the market.",
    )
    yield Section(
        "Events recalled, by tier",
        ("tier", "origin", "events", "recalled", "at least (Wilson 95 %)"),
        tuple((r.tier, r.origin, str(r.events), str(r.recalled), share(r.at_least)) for r in card.recall),
        "An event is recalled by an alert at WARN or above, up to half an hour before its onset and until its end.",
    )
    yield Section(
        "Labelled onsets, by stage",
        ("stage", "origin", "labels", "seen", "within tolerance", "seen, at least", "delays", "p50", "p95"),
        tuple(
            (
                row.stage,
                row.origin,
                str(row.labels),
                str(row.seen),
                str(row.within),
                share(row.seen_at_least),
                str(row.delays),
                seconds(row.delay_p50_s),
                seconds(row.delay_p95_s),
            )
            for row in card.stages
        ),
        "Delays are those of the onsets within the tolerance: what was seen too early is another's.",
    )
    yield _levels("False alarms in all quiet time, by level", card.quiet)
    yield _levels("False alarms in quiet time that no threshold was chosen on, by level", card.quiet_shown)
    yield _rules(card.quiet)
    yield Section(
        "Messages",
        ("episodes of crashes", "new messages, median", "most"),
        (
            (
                str(card.messages.episodes),
                "-" if card.messages.median is None else f"{card.messages.median:.0f}",
                str(card.messages.most),
            ),
        )
        if card.messages.episodes
        else (),
        "New: an alert that opens or escalates, of the market, or of a single asset that people are told of beside it.",
    )
    yield _rivals(card.rivals)
    yield Section(
        "Without one rule",
        ("rule", "case", "own conditions", "other conditions", "levels and messages", "false alarms"),
        tuple(
            (
                one.rule,
                one.case,
                str(one.own),
                "; ".join(one.others) or "-",
                "; ".join(one.levels) or ("-" if one.changes else ONLY_ITSELF if one.began else NEVER_BEGAN),
                f"{one.false_alarms:+d}" if one.false_alarms else "-",
            )
            for one in card.ablation
        ),
    )
    yield Section("Known and not replayed", ("data", "why"), tuple((one.data, one.why) for one in card.asides))


def _levels(title: str, quiet: Ledger) -> Section:
    return Section(
        title,
        ("level", "of the market", *PER_WEEK, "of single assets", *PER_WEEK, "of data", PER_WEEK[1]),
        tuple(
            (
                row.level,
                count(row.market),
                f"{row.market_hours:.1f}",
                rate(row.market_per_week, row.market_per_week_at_most),
                count(row.assets),
                f"{row.assets_hours:.1f}",
                rate(row.assets_per_week, row.assets_per_week_at_most),
                count(row.data),
                rate(row.data_per_week, row.data_per_week_at_most),
            )
            for row in quiet.levels
        )
        if quiet.hours
        else (),
        f"{quiet.hours:.1f} quiet hours were looked at. The hours of a figure are those in which the rules that raise"
        f" such an alert could see {EVALUABLE:.0%} of the time: of the market its shocks and flow, above HIGH one kind"
        " of second key as well; of a single asset its own move, its liquidations or its peg. Without such hours there"
        " is no figure. Episodes, each at every level that it reached; the bound of none is three over the weeks.",
    )


def _rules(quiet: Ledger) -> Section:
    return Section(
        "False onsets in quiet time, by rule",
        ("rule", "evaluable", "hours seen", "onsets", "a week (95 % bound)"),
        tuple(
            (
                row.rule,
                share(row.evaluable),
                f"{row.hours:.1f}",
                count(row.onsets),
                rate(row.per_week, row.per_week_at_most),
            )
            for row in quiet.rules
        )
        if quiet.hours
        else (),
        f"Only quiet stretches in which a rule could see {EVALUABLE:.0%} of the time count for it, and of these the"
        " time in which it was asked; without any it has no figure. Most onsets raise no alert: the market needs"
        " several.",
    )


def _rivals(cards: Sequence[RivalCard]) -> Section:
    return Section(
        "Other programs' rules on the same events",
        ("rule", "origin", "events", "recalled", "first alarm (p50)", "hard negatives cried at", "quiet h", *FALSE),
        tuple(
            (
                one.name,
                one.origin,
                f"{one.events}, blind at {one.blind_events}" if one.blind_events else str(one.events),
                str(one.recalled) if one.events else "-",
                seconds(percentile(one.delay_s, 50)),
                f"{one.cried} of {one.negatives}" if one.negatives else "-",
                f"{one.quiet_hours:.1f}",
                str(one.false_alarms) if one.quiet_hours else "-",
                rate(one.per_week, one.per_week_at_most),
            )
            for one in cards
        ),
        "Written from their descriptions, without their calibration. Quiet hours and events in which a rule lacked what"
        " it needs are not counted for it. Ours are the messages that people are sent, but for those about data.",
    )
