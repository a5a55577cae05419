"""`cascade calibrate`: what markets are in the calm, from a quiet recording, for `--calibration`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from detector.calibration.calibrated import Calibrated
from detector.calibration.changes import Change, changes
from detector.calibration.figures import FIGURES, FLOORS
from detector.calibration.gathering import EVERY_S, Gathering
from detector.calibration.measuring import calibrated
from detector.calibration.text import FORMAT, CalibrationFile, Cut
from detector.commands.calibration_file import read_calibration, recording_of, write_calibration
from detector.commands.day_window import DayWindow
from detector.commands.labels import read_labels
from detector.commands.quiet_stretches import Stretches, labelled
from detector.commands.replay import open_recordings
from detector.config import Config
from detector.console.progress import ShareBar
from detector.console.wording import clock
from detector.engine import Engine
from detector.ordering import NS
from detector.replay_id import ruleset
from detector.scoring.labels import Label
from producers.errors import ProducerError, UsageError
from schemas.base import Event

BATCH_EVENTS = 512
LEAST_QUIET_S = 1_800
WIDEST = 160


class TooLoudError(ProducerError):
    """A recording with too little quiet; the message says what was left out."""


def calibrate(
    paths: Sequence[Path],
    *,
    out: Path,
    labels: Sequence[Path],
    against: Path | None,
    venue_id: str | None,
    window: DayWindow,
) -> CalibrationFile:
    """Measure, print what changes against an earlier file, and write.

    Raises `TooLoudError` where less than half an hour is quiet, `CalibrationError` and `LabelError` for files that
    cannot be read: those before anything is replayed. Nothing is written then, nor when it is interrupted.
    """
    if not out.parent.is_dir():
        raise UsageError(f"{out}: there is no folder {out.parent}")
    before = read_calibration(against) if against is not None else None
    truth = [label for path in labels for label in read_labels(path)]
    recordings = tuple(recording_of(path) for path in paths)
    config, gathering = Config(), Gathering()
    stretches, cuts = _gather(paths, venue_id, window, truth, config, gathering)
    for line in _story(labels, cuts, stretches, gathering):
        print(line)
    if gathering.looks * EVERY_S < LEAST_QUIET_S:
        raise TooLoudError(
            f"{gathering.looks * EVERY_S / 60:.0f} min of quiet, and at least {LEAST_QUIET_S // 60} are needed: "
            "nothing was written. Name a longer or calmer recording; the first ten minutes of each stretch only warm up"
        )
    numbers = {key: calibrated(found, config) for key, found in sorted(gathering.markets.items())}
    markets = tuple(market for market, _ in numbers.values() if _says_anything(market))
    _show(
        changes(
            before.market if before is not None else (),
            markets,
            {(market.venue, market.instrument): why for market, why in numbers.values()},
        )
    )
    file = CalibrationFile(
        format=FORMAT,
        rules=ruleset(config),
        first_utc=_moment(stretches.first_ns),
        last_utc=_moment(stretches.last_ns),
        read_hours=round(stretches.read_ns / NS / 3_600, 2),
        quiet_hours=round(gathering.looks * EVERY_S / 3_600, 2),
        recording=recordings,
        cut=tuple(cuts),
        market=markets,
    )
    write_calibration(out, file)
    print(f"{out}: {len(markets)} markets; give it to replay, run, detect or evaluate as --calibration")
    return file


def _gather(
    paths: Sequence[Path],
    venue_id: str | None,
    window: DayWindow,
    truth: Sequence[Label],
    config: Config,
    gathering: Gathering,
) -> tuple[Stretches, list[Cut]]:
    """Replay what is allowed; what was heard of, and what was left out of it."""
    forbidden = labelled(truth)

    def begin() -> Callable[[Sequence[Event]], None]:
        engine = Engine(config)
        gathering.begin()

        def feed(events: Sequence[Event]) -> None:
            engine.feed(events)
            gathering.look(engine)

        return feed

    stretches = Stretches([stretch for stretch, _ in forbidden], begin)
    source = open_recordings(paths, venue_id, BATCH_EVENTS)
    with ShareBar("calibrating") as bar:
        for batch in window.inside(source):
            stretches.take(batch)
            bar.show(source.progress(), f"{clock(stretches.last_ns)}  {gathering.looks * EVERY_S / 3_600:.1f} h quiet")
    heard = range(stretches.first_ns, stretches.last_ns + 1)
    cuts = [
        Cut(_moment(max(stretch.from_ns, heard.start)), _moment(min(stretch.to_ns, heard.stop - 1)), reason)
        for stretch, reason in forbidden
        if stretch.from_ns < heard.stop and heard.start < stretch.to_ns
    ]
    cuts += [
        Cut(_moment(first_s * NS), _moment(last_s * NS), "the market stood at WARN or above")
        for first_s, last_s in gathering.loud
    ]
    return stretches, sorted(cuts, key=lambda cut: cut.first_utc)


def _story(labels: Sequence[Path], cuts: Sequence[Cut], stretches: Stretches, gathering: Gathering) -> Iterator[str]:
    yield (
        "labels: " + ", ".join(map(str, labels))
        if labels
        else "no labels: nothing is left out but what the detector itself calls WARN"
    )
    for cut in cuts:
        yield f"left out {cut.first_utc} to {cut.last_utc}: {cut.reason}"
    for asset, looks in sorted(gathering.shocked.items()):
        yield f"left out {looks * EVERY_S / 60:.0f} min of {asset}: in a shock of its own, or just after"
    if stretches.first_ns:
        hours, quiet = stretches.read_ns / NS / 3_600, gathering.looks * EVERY_S / 3_600
        yield f"{_moment(stretches.first_ns)} to {_moment(stretches.last_ns)}: {hours:.2f} h read, {quiet:.2f} h quiet"


def _says_anything(market: Calibrated) -> bool:
    return any(getattr(market, name) is not None for name in (*FIGURES, *FLOORS))


def _show(rows: Iterator[Change]) -> None:
    table = Table("market", "number", "old", "new", "new/old", "why", box=None, pad_edge=False)
    for column in table.columns[2:5]:
        column.justify = "right"
    for row in rows:
        table.add_row(
            f"{row.venue} {row.instrument}",
            row.name,
            _figure(row.old),
            _figure(row.new),
            "" if row.ratio is None else f"{row.ratio:.2f}",
            row.why,
        )
    console = Console(soft_wrap=True) if sys.stdout.isatty() else Console(width=WIDEST)
    console.print(table)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"


def _moment(ts_ns: int) -> str:
    return datetime.fromtimestamp(ts_ns // NS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
