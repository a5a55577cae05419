"""`cascade rules`: every rule, what it sees and when it is blind, as a table, as JSON lines, or as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from detector.about import About
from detector.catalog import RULES
from detector.config import Config
from detector.scoring.case import Origin
from detector.scoring.ledger import RuleRow
from detector.scoring.scorecard import Scorecard, StageRow
from producers.errors import UsageError

WIDEST = 220
STAGES = {
    "S1": "S1 · initial trigger",
    "S2": "S2 · price movement with forced flow",
    "S3": "S3 · liquidity withdrawal",
    "S4": "S4 · liquidity void",
    "S5": "S5 · collateral failure",
    "S6": "S6 · auto-deleveraging",
    "R": "R · recovery: what is not whole again",
    "D": "D · data that cannot be believed",
}

ORIGINS: tuple[Origin, ...] = ("recorded", "generated")
BEGIN, END = "<!-- made by `cascade rules --write docs` -->", "<!-- end -->"

HEAD = """# Signals

Every rule, from what its own file says of it (`detector/signals`), with its thresholds as they are configured and its
figures on the record ([scorecard](scorecard.md)). Made by `cascade rules --write docs`; where thresholds come from:
[thresholds](thresholds.md); how rules make levels: [stages](stages.md).
"""


def show(stages: Sequence[str], *, as_json: bool) -> None:
    """Print the rules of these stages, or of all; raises `UsageError` for a stage that does not exist."""
    unknown = [stage for stage in stages if stage not in STAGES]
    if unknown:
        raise UsageError(f"no stage {unknown[0]!r}; there are {', '.join(STAGES)}")
    chosen = [about for about in RULES.values() if not stages or about.stage in stages]
    if as_json:
        for about in chosen:
            print(msgspec.json.encode(about._asdict()).decode())
        return
    table = Table("rule", "place", "sees", "blind", box=None, pad_edge=False)
    for about in chosen:
        table.add_row(about.rule, about.place, about.sees, about.blind)
    Console(width=None if Console().is_terminal else WIDEST).print(table)


def write(folder: Path, scorecard: Path | None, *, check: bool) -> bool:
    """Write `signals.md` and the table in `stages.md` of a folder, or say whether they are what would be written."""
    card = _read(scorecard) if scorecard is not None else None
    stages = folder / "stages.md"
    head, begin, rest = stages.read_text(encoding="utf-8").partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise UsageError(f"{stages}: between {BEGIN!r} and {END!r} the table of stages would stand")
    pages = {
        folder / "signals.md": page(scorecard),
        stages: "\n".join([f"{head}{BEGIN}", "", *_stage_table(card), "", f"{END}{tail}"]),
    }
    if not check:
        for path, text in pages.items():
            path.write_text(text, encoding="utf-8")
        return True
    return all(path.exists() and path.read_text(encoding="utf-8") == text for path, text in pages.items())


def _stage_table(card: Scorecard | None) -> Iterator[str]:
    """Stages with their rules, and on the record how many labels they answered."""
    rows = {(row.stage, row.origin): row for row in card.stages} if card is not None else {}
    yield "| stage | rules | labels of recordings: seen, in time | of the reconstruction |"
    yield "| --- | --- | --- | --- |"
    for stage, title in STAGES.items():
        names = ", ".join(f"`{about.rule.partition('/')[0]}`" for about in RULES.values() if about.stage == stage)
        told = (_answered(rows, stage, origin) for origin in ORIGINS)
        yield f"| {title} | {names} | {' | '.join(told)} |"


def _answered(rows: Mapping[tuple[str, Origin], StageRow], stage: str, origin: Origin) -> str:
    """Labels of a stage and of its partial forms (`S4p`, `S6i`)."""
    found = [row for (name, of), row in rows.items() if of == origin and name[:2] == stage]
    if not found:
        return "-"
    labels, seen, within = (sum(getattr(row, field) for row in found) for field in ("labels", "seen", "within"))
    return f"{seen} of {labels}, {within}"


def page(scorecard: Path | None) -> str:
    """The page of the documents; with a scorecard, each rule's figures on the record."""
    card = _read(scorecard) if scorecard is not None else None
    return "\n".join([HEAD, *_sections(card)])


def _read(path: Path) -> Scorecard:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Scorecard)
    except msgspec.DecodeError as error:
        raise UsageError(f"{path}: no scorecard of this version: {error}; `make scorecard` makes one") from error


def _sections(card: Scorecard | None) -> Iterator[str]:
    quiet = {row.rule: row for row in card.quiet.rules} if card is not None else {}
    for stage, title in STAGES.items():
        yield f"## {title}\n"
        for about in (about for about in RULES.values() if about.stage == stage):
            yield from _rule(about)
            if card is not None:
                yield from _record(about.rule, quiet.get(about.rule), card)
            yield ""


def _rule(about: About) -> Iterator[str]:
    config = Config()
    yield f"### `{about.rule}` · {about.told}\n"
    yield f"* **Sees** {about.sees}. Of {_a(about.place)}; reads {', '.join(about.reads)}."
    yield f"* **Blind**: {about.blind}."
    yield f"* **Ends** when {about.clears}."
    yield f"* **From**: {about.source}."
    if about.limits:
        values = (f"`{limit}` {_value(attrgetter(limit)(config))}" for limit in about.limits)
        yield f"* **Thresholds**: {', '.join(values)}."


def _record(rule: str, row: RuleRow | None, card: Scorecard) -> Iterator[str]:
    seen = [
        f"{label.stage} {label.where} in *{case.name}* {label.error_s:+.0f} s"
        for case in card.cases
        for label in case.labels
        if label.rule == rule and label.error_s is not None
    ]
    if row is None:
        return
    if row.onsets is None:
        quiet = f"could see {row.evaluable:.0%} of the quiet time: no false-alarm figure"
    else:
        quiet = f"{row.onsets} onsets in {row.hours:.1f} quiet hours in which it could see"
    yield f"* **On the record**: {quiet}; first to answer {', '.join(seen) if seen else 'no label'}."


def _a(place: str) -> str:
    return {"market": "the market", "venue": "a venue", "asset": "an asset"}.get(place, "an asset on a venue")


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(str(part) if isinstance(part, str) else "/".join(map(str, part)) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
