"""Files of what truly happened, as a table of onsets, and how a replay's onsets lie beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from detector.console.wording import clock
from detector.scoring.case import ns_of
from detector.scoring.labels import EVENT, STRETCHES, TIERS, Label
from detector.scoring.matching import Match
from detector.scoring.stages import place_of
from producers.errors import UsageError

COLUMNS = ("stage", "scope", "asset", "onset_utc", "clear_utc", "tolerance_s", "source")
TIER = "tier"
"""A last column that a file may have: how grave an `event` is."""


class LabelError(UsageError):
    """A label file that cannot be read; the message says which line and why."""


def read_labels(path: Path) -> list[Label]:
    """The labels of a CSV file with the columns of `COLUMNS`, and perhaps `TIER`, by onset."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LabelError(f"{path}: no such file of labels") from None
    except UnicodeDecodeError as error:
        raise LabelError(f"{path}: not written in UTF-8: {error}") from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if tuple(reader.fieldnames or ()) not in (COLUMNS, (*COLUMNS, TIER)):
        raise LabelError(f"{path}: expected the columns {','.join(COLUMNS)}, and perhaps {TIER}")
    try:
        found = [_label(row) for row in reader]
    except (TypeError, ValueError, csv.Error) as error:
        raise LabelError(f"{path}, line {reader.line_num}: {error}") from error
    return sorted(found, key=lambda label: label.onset_ns)


def _label(row: dict[str, str]) -> Label:
    onset_ns, clear_ns = _moment_ns(row["onset_utc"]), _moment_ns(row["clear_utc"])
    if clear_ns < onset_ns:
        raise ValueError(f"it is over at {row['clear_utc']}, before it began")
    stage, tier = row["stage"], row.get(TIER) or ""
    if stage == EVENT and tier not in TIERS:
        raise ValueError(f"an event has a tier, one of {', '.join(TIERS)}")
    # A stretch of time is no onset that something could be late for.
    tolerance_s = 0.0 if stage in STRETCHES else float(row["tolerance_s"])
    return Label(stage, row["scope"], row["asset"], onset_ns, clear_ns, tolerance_s, row["source"], tier)


def _moment_ns(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone; write it as 2025-10-10T20:50:05Z")
    return ns_of(moment)


def match_lines(matches: Sequence[Match], venues: Sequence[str]) -> Iterator[str]:
    """A table of labels and onsets; a venue that was not in the input could not be seen."""
    yield "label  where                    truth     seen      error  tolerance"
    for match in matches:
        label = match.label
        where = place_of(label)
        if match.onset_ns is None:
            absent = label.scope not in venues and label.scope != "market"
            seen, error, mark = ("absent", "", "  venue not in the input") if absent else ("missed", "", "  MISSED")
        else:
            seen, error = clock(match.onset_ns), f"{match.error_s:+.0f} s"
            mark = "" if match.within else "  OUTSIDE"
        times = f"{clock(label.onset_ns)}  {seen:<8} {error:>6}"
        yield f"{label.stage:<6} {where:<24} {times}  {label.tolerance_s:.0f} s{mark}"
