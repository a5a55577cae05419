"""`cascade replay`: recordings at full speed through the engine."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from detector.alerts.inhibition import Inhibition
from detector.calibration.calibrated import Calibration
from detector.commands.day_window import DayWindow
from detector.commands.labels import match_lines, read_labels
from detector.commands.replay_messages import ReplayMessages
from detector.config import Config
from detector.console.json_lines import JsonLines
from detector.console.progress import ShareBar
from detector.console.summary import coverage_lines, engine_lines, speed_line
from detector.console.wording import alert_lines, clock, transition_line
from detector.engine import Engine
from detector.runtime.pipeline import Pipeline
from detector.scoring.matching import match_labels
from detector.shard import Output
from detector.sinks.config import NotifyConfig
from producers.errors import RecordingError
from producers.injection.fault import Plan
from producers.injection.stream import Injection
from producers.replay import Replay, Tally
from producers.tables.known import is_table
from producers.tables.replay import TableReplay
from producers.tables.table import Table
from producers.venues.registry import venues_of
from schemas.alert import MARKET, Alert, Transition

MOST_NAMES = 12
"""Markets of one table that its summary names."""

Say = Callable[[str], None]


def replay(
    paths: Sequence[Path],
    *,
    as_json: bool,
    venue_id: str | None,
    chunk: int,
    conditions: bool,
    window: DayWindow,
    labels: Path | None,
    faults: Sequence[Plan] = (),
    calibration: Calibration | None = None,
    notify: NotifyConfig | None = None,
) -> Engine:
    """Replay recordings of one kind as one session; `notify` also sends its messages, by the recording's time.

    Raises `RecordingError` where a file is no recording that we know.
    """
    say: Say = _to_stderr if as_json else print
    engine = Engine(Config(calibration=calibration or Calibration()))
    truth = read_labels(labels) if labels is not None else []
    transitions: list[Transition] = []

    def keep(output: Output) -> None:
        if truth and isinstance(output, Transition):
            transitions.append(output)

    pipeline = Pipeline(engine, [keep, JsonLines(sys.stdout.buffer) if as_json else _Words(print, conditions)])
    source = open_recordings(paths, venue_id, chunk)
    injection = Injection(faults)
    started = time.perf_counter()
    with ReplayMessages(engine, pipeline, notify) as messages, ShareBar("replaying") as bar:
        for batch in window.inside(injection.apply(source)):
            pipeline.publish(batch)
            messages.catch_up()
            bar.show(source.progress(), f"{clock(engine.newest_ns)}  {pipeline.events:,} events")
        pipeline.finish()
        sent = list(messages.finish())
    wall_s = time.perf_counter() - started
    for line in _table_lines(source.sources) if isinstance(source, TableReplay) else _frames_lines(source.tallies):
        say(line)
    for line in injection.report():
        say(line)
    for line in (*engine_lines(engine), *coverage_lines(engine)):
        say(line)
    if truth:
        seen_ns = range(engine.first_ns, engine.newest_ns)
        told = [label for label in truth if label.onset_ns in seen_ns]
        for line in match_lines(match_labels(told, transitions), engine.venues()):
            say(line)
    if not engine.events:
        say("nothing was replayed: the input is empty, or the window of --from and --to lies outside it")
    say(speed_line(pipeline.events, wall_s, engine))
    for line in sent:
        _to_stderr(line)
    return engine


def open_recordings(paths: Sequence[Path], venue_id: str | None, chunk: int) -> TableReplay | Replay:
    """Recordings of one kind as one stream of batches.

    Raises `RecordingError` where a file is no recording that we know, or tables and frames are mixed.
    """
    tables = [is_table(path) for path in paths]
    if all(tables):
        return TableReplay(paths, batch_events=chunk)
    if any(tables):
        raise RecordingError("tables (CSV files) and raw recordings cannot be merged in one replay; replay them apart")
    return Replay(paths, venues=venues_of("all"), venue_id=venue_id, batch_events=chunk)


class _Words:
    """Prints alerts, and conditions of the market or of whole venues; all conditions when asked."""

    def __init__(self, say: Say, conditions: bool) -> None:
        self.say = say
        self.conditions = conditions
        self.inhibition = Inhibition()

    def __call__(self, output: Output) -> None:
        if isinstance(output, Alert):
            if self.inhibition.allows(output):
                for line in alert_lines(output):
                    self.say(line)
        elif self.conditions or output.venue == MARKET or output.asset == "*":
            self.say(transition_line(output))


def _table_lines(sources: Sequence[Table]) -> Iterator[str]:
    for source in sources:
        markets = [f"{i.venue} {i.instrument}" for i in source.instruments.values()]
        more = f" and {len(markets) - MOST_NAMES} more" if len(markets) > MOST_NAMES else ""
        unknown = [i.instrument for i in source.instruments.values() if i.contract_value is None]
        skipped = "".join(f", {count:,} rows skipped: {reason}" for reason, count in sorted(source.skipped.items()))
        if source.order is not None and source.order.moved:
            skipped += f", {source.order.moved:,} rows not in order: put where they belong"
        if source.order is not None and source.order.late:
            skipped += f", {source.order.late:,} rows not in order: too far behind, kept where they are"
        rows = f"{source.rows:,} {source.kind}"
        yield f"{source.path.name}: {rows} of {', '.join(markets[:MOST_NAMES]) or 'no market'}{more}{skipped}"
        if unknown:
            few = ", ".join(unknown[:MOST_NAMES]) + (" and more" if len(unknown) > MOST_NAMES else "")
            yield f"  contract value of {few} unknown: its notional stays unknown"
        if source.note:
            yield f"  {source.note}"
        if source.damage:
            yield f"  {source.damage}"


def _frames_lines(tallies: Sequence[Tally]) -> Iterator[str]:
    for tally in tallies:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(tally.parsed.items()))
        more = f" and {tally.files - 1} that continue it" if tally.files > 1 else ""
        whole = f"{tally.path.name}{more} ({tally.venue_id})"
        yield f"{whole}: {tally.frames:,} frames, {tally.answers} REST answers; {kinds}"
        yield f"  sequence gaps {sum(tally.gaps.values())}, unread frames {tally.unknown_frames:,}"
        for reason, count in sorted((tally.decode_errors + tally.skipped).items()):
            yield f"  left out, {reason}: {count:,}"
        for warning in tally.warnings:
            yield f"  {warning}"


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr)
