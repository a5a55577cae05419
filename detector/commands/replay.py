"""`cascade replay`: recordings at full speed through the engine."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from detector.against_labels import match_labels
from detector.commands.labels import match_lines, read_labels
from detector.console.json_lines import JsonLines
from detector.console.progress import ShareBar
from detector.console.summary import coverage_lines, engine_lines, speed_line
from detector.console.wording import alert_lines, clock, transition_line
from detector.engine import Engine
from detector.inhibition import Inhibition
from detector.runtime.pipeline import Pipeline
from detector.shard import Output
from producers.errors import RecordingError
from producers.replay import Replay, Tally
from producers.tardis_csv import TardisReplay, TardisTrades, is_trades_file
from producers.venues.registry import venues_of
from schemas.alert import MARKET, Alert, Transition
from schemas.base import Event
from schemas.instrument import Instrument

NS = 1_000_000_000
DAY_NS = 86_400 * NS

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
) -> Engine:
    """Replay recordings of one kind as one session.

    Raises `RecordingError` where a file is no recording that we know.
    """
    say: Say = _to_stderr if as_json else print
    engine = Engine()
    truth = read_labels(labels) if labels is not None else []
    transitions: list[Transition] = []

    def keep(output: Output) -> None:
        if truth and isinstance(output, Transition):
            transitions.append(output)

    pipeline = Pipeline(engine, [keep, JsonLines(sys.stdout.buffer) if as_json else _Words(print, conditions)])
    source = _open(paths, venue_id, chunk)
    started = time.perf_counter()
    with ShareBar("replaying") as bar:
        for batch in source:
            pipeline.publish(window.of(batch))
            bar.show(source.progress(), f"{clock(engine.newest_ns)}  {pipeline.events:,} events")
        pipeline.finish()
    wall_s = time.perf_counter() - started
    for line in _trades_lines(source.sources) if isinstance(source, TardisReplay) else _frames_lines(source.tallies):
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
    return engine


class DayWindow:
    """Times of day, UTC, of the recording's first day: what was received outside is left out, definitions are not."""

    def __init__(self, start: str | None, end: str | None) -> None:
        self._start_s = _seconds(start) if start else 0
        self._end_s = _seconds(end) if end else None
        if self._end_s is not None and self._end_s <= self._start_s:
            self._end_s += 86_400  # over midnight
        self._midnight_ns: int | None = None

    def of(self, batch: list[Event]) -> list[Event]:
        """The events of a batch that lie inside."""
        if not self._start_s and self._end_s is None:
            return batch
        if self._midnight_ns is None:
            first = next((event for event in batch if not isinstance(event, Instrument)), None)
            if first is None:
                return batch
            self._midnight_ns = first.ts_recv_ns // DAY_NS * DAY_NS
        first_ns = self._midnight_ns + self._start_s * NS
        last_ns = self._midnight_ns + self._end_s * NS if self._end_s is not None else None
        return [
            event
            for event in batch
            if isinstance(event, Instrument)
            or (event.ts_recv_ns >= first_ns and (last_ns is None or event.ts_recv_ns < last_ns))
        ]


def _seconds(text: str) -> int:
    try:
        moment = time.strptime(text, "%H:%M")
    except ValueError:
        raise ValueError(f"{text!r} is not a time of day; write HH:MM, in UTC") from None
    return moment.tm_hour * 3600 + moment.tm_min * 60


def _open(paths: Sequence[Path], venue_id: str | None, chunk: int) -> TardisReplay | Replay:
    tables = [is_trades_file(path) for path in paths]
    if all(tables):
        return TardisReplay(paths, batch_events=chunk)
    if any(tables):
        raise RecordingError("CSV files and raw recordings cannot be merged in one replay")
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


def _trades_lines(sources: Sequence[TardisTrades]) -> Iterator[str]:
    for source in sources:
        names = ", ".join(f"{i.venue} {i.instrument}" for i in source.instruments.values())
        unknown = [i.instrument for i in source.instruments.values() if i.contract_value is None]
        skipped = "".join(f", {count:,} rows skipped: {reason}" for reason, count in sorted(source.skipped.items()))
        yield f"{source.path.name}: {source.rows:,} trades of {names}{skipped}"
        if unknown:
            yield f"  contract value of {', '.join(unknown)} unknown: its notional stays unknown"
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
