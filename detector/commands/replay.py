"""`cascade replay`: recordings at full speed through the engine."""

from __future__ import annotations

import heapq
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from operator import attrgetter
from pathlib import Path

from detector.console.json_lines import JsonLines
from detector.console.progress import ShareBar
from detector.console.summary import coverage_lines, engine_lines, speed_line
from detector.console.wording import alert_lines, clock, transition_line
from detector.engine import Engine, Output
from detector.runtime.pipeline import Pipeline
from producers.errors import RecordingError
from producers.replay import Replay, Tally
from producers.tardis_csv import TardisTrades
from producers.venues.registry import venues_of
from schemas.alert import MARKET, Alert
from schemas.base import Event

Say = Callable[[str], None]


def replay(paths: Sequence[Path], *, as_json: bool, venue_id: str | None, chunk: int, conditions: bool) -> Engine:
    """Replay recordings of one kind; raises `RecordingError` where a file is no recording that we know."""
    say: Say = _to_stderr if as_json else print
    engine = Engine()
    listener = JsonLines(sys.stdout.buffer) if as_json else _Words(print, conditions)
    pipeline = Pipeline(engine, [listener])
    tables = [path for path in paths if path.name.removesuffix(".gz").endswith(".csv")]
    if tables and len(tables) < len(paths):
        raise RecordingError("CSV files and raw recordings cannot be merged in one replay")
    started = time.perf_counter()
    with ShareBar("replaying") as bar:
        if tables:
            sources = [TardisTrades(path) for path in tables]
            batches = _chunks(heapq.merge(*sources, key=attrgetter("ts_recv_ns")), chunk)
            share: Callable[[], float] = lambda: sum(s.progress * s.size for s in sources) / sum(s.size for s in sources)  # noqa: E731
        else:
            recordings = Replay(paths, venues=venues_of("all"), venue_id=venue_id, batch_events=chunk)
            batches = iter(recordings)
            share = recordings.progress
        for batch in batches:
            pipeline.publish(batch)
            bar.show(share(), f"{clock(engine.order.newest_ns)}  {pipeline.events:,} events")
        pipeline.finish()
    wall_s = time.perf_counter() - started
    for line in _source_lines(sources) if tables else _tally_lines(recordings.tallies):
        say(line)
    for line in (*engine_lines(engine), *coverage_lines(engine)):
        say(line)
    say(speed_line(pipeline.events, wall_s, engine))
    return engine


class _Words:
    """Prints alerts, and conditions of the market or of whole venues; all conditions when asked."""

    def __init__(self, say: Say, conditions: bool) -> None:
        self.say = say
        self.conditions = conditions

    def __call__(self, output: Output) -> None:
        if isinstance(output, Alert):
            for line in alert_lines(output):
                self.say(line)
        elif self.conditions or output.venue == MARKET or output.asset == "*":
            self.say(transition_line(output))


def _chunks(events: Iterator[Event], size: int) -> Iterator[list[Event]]:
    while batch := list(islice(events, size)):
        yield batch


def _source_lines(sources: Sequence[TardisTrades]) -> Iterator[str]:
    for source in sources:
        names = ", ".join(f"{i.venue} {i.instrument}" for i in source.instruments.values())
        unknown = [i.instrument for i in source.instruments.values() if i.contract_value is None]
        skipped = "".join(f", {count:,} rows skipped: {reason}" for reason, count in sorted(source.skipped.items()))
        yield f"{source.path.name}: {source.rows:,} trades of {names}{skipped}"
        if unknown:
            yield f"  contract value of {', '.join(unknown)} unknown: its notional stays unknown"
        if source.damage:
            yield f"  {source.damage}"


def _tally_lines(tallies: Sequence[Tally]) -> Iterator[str]:
    for tally in tallies:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(tally.parsed.items()))
        yield f"{tally.path.name} ({tally.venue_id}): {tally.frames:,} frames, {tally.answers} REST answers; {kinds}"
        yield f"  sequence gaps {sum(tally.gaps.values())}, unread frames {tally.unknown_frames:,}"
        for reason, count in sorted((tally.decode_errors + tally.skipped).items()):
            yield f"  left out, {reason}: {count:,}"
        for warning in tally.warnings:
            yield f"  {warning}"


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr)
