"""`cascade evaluate`: recordings and labels in, a scorecard out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
from rich.console import Console

from detector.calibration.calibrated import Calibration
from detector.catalog import RULES
from detector.commands.case_run import AbsentError, replay_case
from detector.commands.cases import chosen, labels_of, read_cases
from detector.commands.parallel import Done, Failed, in_parallel
from detector.console.picture import check_picture, draw
from detector.console.scorecard import markdown, show
from detector.scoring.ablation import AblationCard, ablated, never_began, rules_seen
from detector.scoring.alarms import Rival
from detector.scoring.case import Case, Window
from detector.scoring.case_card import quiet_stretches
from detector.scoring.labels import Label
from detector.scoring.run import Run
from detector.scoring.scorecard import Scorecard, Scored, scorecard
from producers.errors import UsageError

Rivals = Mapping[str, Callable[[], Rival]]
Key = TypeVar("Key")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Where the scorecard goes, beside standard output."""

    json: Path | None = None
    markdown: Path | None = None
    picture: Path | None = None


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One replay in a process of its own."""

    case: Case
    data: Path | None
    window: Window | None = None
    off: tuple[str, ...] = ()
    rivals: Rivals = {}
    calibration: Calibration | None = None

    def __str__(self) -> str:
        return f"{self.case.name} without {', '.join(self.off)}" if self.off else self.case.name


def evaluate(
    *,
    cases: Path,
    data: Path | None,
    names: Sequence[str],
    jobs: int,
    ablate: bool,
    rivals: Rivals,
    wanted: Wanted,
    calibration: Calibration | None = None,
) -> bool:
    """Replay the cases, print the scorecard and write it; False where recordings that are there could not be read.

    A case without its data is left out, and the scorecard says so. Raises `CaseError` and `LabelError` for files that
    cannot be meant, `UsageError` for a folder that does not exist, `NoPicturesError` where none can be drawn: before
    anything is replayed.
    """
    file = read_cases(cases)
    selected = chosen(file.case, names)
    labels = {case.name: labels_of(case, cases.parent) for case in selected}
    for path in (wanted.json, wanted.markdown, wanted.picture):
        if path is not None and not path.parent.is_dir():
            raise UsageError(f"{path}: there is no folder {path.parent}; make it first")
    if wanted.picture is not None:
        check_picture(wanted.picture)
        if not any(case.picture for case in selected):
            raise UsageError("no case that is replayed has markets to draw")
    tasks = {case.name: Task(case=case, data=data, rivals=rivals, calibration=calibration) for case in selected}
    scored: list[Scored] = []
    unread = False
    outcomes = _replayed(tasks, jobs)
    for case in selected:
        outcome = outcomes[case.name]
        if isinstance(outcome, Failed):
            unread |= not isinstance(outcome.error, AbsentError)
            scored.append(Scored(case, labels[case.name], None, str(outcome.error)))
        else:
            scored.append(Scored(case, labels[case.name], outcome.result))
    there = [one.case for one in scored if one.run is not None]
    card = scorecard(scored, _ablation(there, labels, data, jobs, calibration) if ablate else (), file.aside)
    show(card, Console(file=sys.stdout, width=None if sys.stdout.isatty() else 200, highlight=False))
    _write(scored, card, wanted)
    return not unread


def _write(scored: Sequence[Scored], card: Scorecard, wanted: Wanted) -> None:
    picture = ""
    if wanted.picture is not None:
        for one in scored:
            if one.run is not None and one.case.picture:
                draw(wanted.picture, one.case.title, one.run, one.labels, one.case.drawn.within(one.run.seen))
                picture = wanted.picture.name
                break
    if wanted.json is not None:
        wanted.json.write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=1) + b"\n")
    if wanted.markdown is not None:
        wanted.markdown.write_text(markdown(card, picture=picture), encoding="utf-8")


def _ablation(
    cases: Sequence[Case],
    labels: Mapping[str, Sequence[Label]],
    data: Path | None,
    jobs: int,
    calibration: Calibration | None,
) -> list[AblationCard]:
    """Replay a part of each case anew without each rule that opened a condition in it; the others change nothing."""
    parts = {case.name: case for case in cases if case.ablate is not None}
    whole = {
        name: outcome.result
        for name, outcome in _replayed(
            {
                name: Task(case=case, data=data, window=case.ablate, calibration=calibration)
                for name, case in parts.items()
            },
            jobs,
        ).items()
        if isinstance(outcome, Done)
    }
    tasks = {
        (rule, name): Task(case=parts[name], data=data, window=parts[name].ablate, off=(rule,), calibration=calibration)
        for rule in RULES
        for name, run in whole.items()
        if rule in rules_seen(run.transitions)
    }
    without = _replayed(tasks, jobs)
    cards: list[AblationCard] = []
    for rule in RULES if whole else ():
        names = [name for name in whole if (rule, name) in tasks]
        cards += [
            ablated(rule, name, whole[name], outcome.result, quiet_stretches(parts[name], whole[name], labels[name]))
            for name in names
            if isinstance(outcome := without[rule, name], Done)
        ]
        if not names:
            cards.append(never_began(rule, whole))
    return cards


def _replayed(tasks: Mapping[Key, Task], jobs: int) -> dict[Key, Done[Run] | Failed]:
    """What became of each task, in whatever order they ended; how it goes is told on standard error."""
    keys, found = list(tasks), {}
    for count, (position, outcome) in enumerate(in_parallel(_play, list(tasks.values()), jobs=jobs), 1):
        found[keys[position]] = outcome
        _say(f"[{count}/{len(keys)}] {tasks[keys[position]]}: {' '.join(_words(outcome))}")
    return found


def _play(task: Task) -> Run:
    return replay_case(
        task.case, task.data, window=task.window, off=task.off, rivals=task.rivals, calibration=task.calibration
    )


def _words(outcome: Done[Run] | Failed) -> Iterator[str]:
    if isinstance(outcome, Failed):
        yield f"not scored: {outcome.error}"
    else:
        yield f"{outcome.result.events:,} events, {len(outcome.result.alerts)} alerts"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
