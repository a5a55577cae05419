"""The commands of `cascade` that work on history: replay, evaluate, calibrate, fetch; and what the rules are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from detector.cli_notify import PlayedNotifyFile, load_notify

Json = Annotated[
    bool, typer.Option("--json", help="One JSON line per transition and alert on standard output, nothing else.")
]

CalibrationFile = Annotated[
    Path | None,
    typer.Option("--calibration", dir_okay=False, help="What `cascade calibrate` wrote: no ten minutes to warm up."),
]


def register(app: typer.Typer) -> None:
    """Give `cascade` these commands, in the order of its help."""
    for command in (replay, evaluate, calibrate, fetch, rules):
        app.command()(command)


def replay(
    files: Annotated[
        list[str],
        typer.Argument(
            help="Tables (Tardis, Binance Vision), or raw recordings, or a folder that was recorded or fetched to."
        ),
    ],
    json: Json = False,
    venue: Annotated[str | None, typer.Option(help="Venue of raw recordings that do not say theirs.")] = None,
    chunk: Annotated[
        int, typer.Option(min=1, help="Events handed to the engine at once; changes nothing but speed.")
    ] = 512,
    conditions: Annotated[
        bool, typer.Option("--conditions", help="Also print the conditions of single assets.")
    ] = False,
    labels: Annotated[
        Path | None, typer.Option(exists=True, help="A CSV of true onsets to hold the replay against.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Begin at HH:MM of the first day, or at 2025-10-10T20:30; UTC.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="End there.")] = None,
    inject: Annotated[
        list[str] | None,
        typer.Option(
            help="A fault: KIND\\[@HH:MM:SS\\[+SECONDS]]\\[:VENUE]\\[,KEY=VALUE]; may be repeated; `list` names all."
        ),
    ] = None,
    calibration: CalibrationFile = None,
    config: PlayedNotifyFile = None,
) -> None:
    """Replay recordings at full speed."""
    from detector.commands.calibration_file import load_calibration
    from detector.commands.day_window import DayWindow
    from detector.commands.replay import replay as run_replay
    from producers.injection.option import parse_fault
    from producers.injection.registry import described
    from producers.series import recordings_named

    if inject == ["list"]:
        for line in described():
            typer.echo(line)
        return
    run_replay(
        recordings_named(files, skipped=_aside),
        as_json=json,
        venue_id=venue,
        chunk=chunk,
        conditions=conditions,
        window=DayWindow(start, end),
        labels=labels,
        faults=[parse_fault(text) for text in inject or ()],
        calibration=load_calibration(calibration),
        notify=load_notify(config),
    )


def evaluate(
    case: Annotated[list[str] | None, typer.Option(help="Only this case; may be repeated.")] = None,
    data: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder of the recordings; without it only what is bundled.")
    ] = None,
    cases: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="What to replay, what is known of it, and the goals.")
    ] = Path("docs/labels/cases.toml"),
    json: Annotated[Path | None, typer.Option("--json", dir_okay=False, help="Write the scorecard as JSON.")] = None,
    markdown: Annotated[Path | None, typer.Option(dir_okay=False, help="Write it as a page.")] = None,
    picture: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Draw prices, conditions and alerts; .svg or .png.")
    ] = None,
    ablate: Annotated[
        bool, typer.Option("--ablate", help="Also turn each rule off in turn, and say what changes.")
    ] = False,
    baselines: Annotated[
        bool, typer.Option("--baselines", help="Also run the published rules of others on the same events.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Replays at a time.")] = 2,
    calibration: CalibrationFile = None,
) -> None:
    """Hold the detector against what truly happened: recall, delay, lead, false alarms, messages."""
    from detector.baselines.known import baselines as known_rules
    from detector.commands.calibration_file import load_calibration
    from detector.commands.evaluate import Wanted
    from detector.commands.evaluate import evaluate as run_evaluate

    complete = run_evaluate(
        cases=cases,
        data=data,
        names=case or [],
        jobs=jobs,
        ablate=ablate,
        rivals=known_rules() if baselines else {},
        wanted=Wanted(json=json, markdown=markdown, picture=picture),
        calibration=load_calibration(calibration),
    )
    if not complete:
        raise typer.Exit(1)


def calibrate(
    files: Annotated[list[str], typer.Argument(help="Quiet recordings of one kind, or a folder that was recorded to.")],
    out: Annotated[Path, typer.Option(dir_okay=False, help="The file to write, for --calibration.")],
    labels: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True, dir_okay=False, help="A CSV of events, left out with an hour around; may be repeated."
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="An earlier file to compare with; otherwise --out as it was."),
    ] = None,
    venue: Annotated[str | None, typer.Option(help="Venue of raw recordings that do not say theirs.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Begin at HH:MM of the first day, or at 2025-10-10T20:30; UTC.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="End there.")] = None,
) -> None:
    """Measure on a quiet recording what is usual for each market, and its floors.

    Labelled events are never touched, nor what the detector itself calls WARN. Without --labels, those below
    docs/labels are taken where there are any.
    """
    from detector.commands.calibrate import calibrate as run_calibrate
    from detector.commands.day_window import DayWindow
    from producers.series import recordings_named

    run_calibrate(
        recordings_named(files, skipped=_aside),
        out=out,
        labels=labels if labels is not None else sorted(Path("docs/labels").glob("*.csv")),
        against=against or (out if out.exists() else None),
        venue_id=venue,
        window=DayWindow(start, end),
    )


def fetch(
    market: Annotated[str, typer.Option(help="um, cm or spot.")],
    symbols: Annotated[str, typer.Option(help="As the archive names them, comma-separated: BTCUSDT,ETHUSDT.")],
    start: Annotated[str, typer.Option("--from", help="First day, UTC, YYYY-MM-DD.")],
    into: Annotated[Path, typer.Option(file_okay=False, help="Folder that will mirror the archive's paths.")],
    kinds: Annotated[
        str | None,
        typer.Option(
            help="Comma-separated: aggTrades, trades, bookDepth, metrics, klines. "
            "Otherwise the first of them, and of futures bookDepth and metrics too."
        ),
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day, included; otherwise the first.")] = None,
    base_url: Annotated[str | None, typer.Option(help="Of a mirror of the archive.")] = None,
) -> None:
    """Bring days of Binance Vision with their checksums, for `replay` and `evaluate`; what is there already stays."""
    from detector.commands.fetch import fetch_binance_vision
    from producers.binance_vision.archive import ARCHIVE, usual_kinds

    complete = fetch_binance_vision(
        market=market,
        symbols=_names(symbols),
        kinds=_names(kinds) if kinds is not None else list(usual_kinds(market)),
        first=start,
        last=end,
        into=into,
        base_url=base_url or ARCHIVE,
    )
    if not complete:
        raise typer.Exit(1)


def rules(
    stages: Annotated[list[str] | None, typer.Argument(help="Stages, such as S4; otherwise all.")] = None,
    json: Json = False,
    scorecard: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="What `evaluate --json` wrote, for their figures.")
    ] = None,
    write: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Write the pages of the documents in this folder.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Do not write them, but fail where they are not what would be written.")
    ] = False,
) -> None:
    """Every rule: what it sees, when it is blind, and its thresholds."""
    from detector.commands.rules import show
    from detector.commands.rules import write as write_pages

    if write is not None:
        if not write_pages(write, scorecard, check=check):
            typer.echo(f"{write}: not what `cascade rules --write` makes", err=True)
            raise typer.Exit(1)
        return
    show(stages or [], as_json=json)


def _aside(line: str) -> None:
    """Said beside what is replayed."""
    typer.echo(line, err=True)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
