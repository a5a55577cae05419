"""`--labels FILE`: what truly happened, as a table of onsets, and how a replay's onsets lie beside it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from detector.against_labels import Match
from detector.console.wording import clock
from producers.errors import UsageError

COLUMNS = ("stage", "scope", "asset", "onset_utc", "clear_utc", "tolerance_s", "source")


class LabelError(UsageError):
    """A label file that cannot be read; the message says which line and why."""


class Label(NamedTuple):
    """One row: `scope` is a venue or `market`, `asset` a base asset, `*`, or `feed`."""

    stage: str
    scope: str
    asset: str
    onset_ns: int
    clear_ns: int
    tolerance_s: float
    source: str


def read_labels(path: Path) -> list[Label]:
    """The labels of a CSV file with the columns of `COLUMNS`, by onset."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise LabelError(f"{path}: expected the columns {','.join(COLUMNS)}")
        try:
            found = [_label(row) for row in reader]
        except (TypeError, ValueError) as error:
            raise LabelError(f"{path}, line {reader.line_num}: {error}") from error
    return sorted(found, key=lambda label: label.onset_ns)


def _label(row: dict[str, str]) -> Label:
    onset_ns, clear_ns = _moment_ns(row["onset_utc"]), _moment_ns(row["clear_utc"])
    return Label(row["stage"], row["scope"], row["asset"], onset_ns, clear_ns, float(row["tolerance_s"]), row["source"])


def _moment_ns(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone; write it as 2025-10-10T20:50:05Z")
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1_000


def match_lines(matches: Sequence[Match], venues: Sequence[str]) -> Iterator[str]:
    """A table of labels and onsets; a venue that was not in the input could not be seen."""
    yield "label  where                    truth     seen      error  tolerance"
    for match in matches:
        label = match.label
        where = label.scope if label.asset == "*" else f"{label.scope} {label.asset}"
        if match.onset_ns is None:
            absent = label.scope not in venues and label.scope != "market"
            seen, error, mark = ("absent", "", "  venue not in the input") if absent else ("missed", "", "  MISSED")
        else:
            seen, error = clock(match.onset_ns), f"{match.error_s:+.0f} s"
            mark = "" if match.within else "  OUTSIDE"
        times = f"{clock(label.onset_ns)}  {seen:<8} {error:>6}"
        yield f"{label.stage:<6} {where:<24} {times}  {label.tolerance_s:.0f} s{mark}"
