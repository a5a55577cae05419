"""The command line of `cascade`. Data on standard output, everything else on standard error."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from io import UnsupportedOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from detector.cli_history import CalibrationFile, Json
from detector.cli_history import register as register_history
from detector.cli_notify import NotifyFile, PlayedNotifyFile, load_notify
from detector.cli_notify import register as register_notify
from producers.errors import ProducerError, UsageError

if TYPE_CHECKING:
    from producers.kafka.settings import KafkaSettings

app = typer.Typer(
    help="Radar of crypto liquidation cascades: which stage which venue is in, with its numbers and its blind spots.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

register_history(app)
register_notify(app)

topics_app = typer.Typer(help="The topics on Kafka: create, list, diff.", no_args_is_help=True)
app.add_typer(topics_app, name="topics")

Venues = Annotated[
    list[str], typer.Option(help="A venue, a group of venues, or all; see `cascade venues`. May be repeated.")
]
Kafka = Annotated[
    str | None,
    typer.Option("--kafka", help="HOST:PORT[,…] of Kafka; otherwise KAFKA_BOOTSTRAP_SERVERS, or localhost:9092."),
]
TopicsJson = Annotated[bool, typer.Option("--json", help="One JSON line per topic on standard output, nothing else.")]
AliveFile = Annotated[
    Path | None,
    typer.Option(envvar="CASCADE_ALIVE_FILE", dir_okay=False, help="Rewritten every 5 s while this process lives."),
]
Config = Annotated[Path | None, typer.Option("--config", dir_okay=False, help="A TOML file with a table \\[kafka].")]


class Every(StrEnum):
    """When a recording goes on in a new file."""

    HOUR = "1h"
    QUARTER = "6h"
    DAY = "24h"


Rotate = Annotated[float, typer.Option("--rotate-mb", min=0.01, help="Begin a new file when one has this size.")]
RotateEvery = Annotated[
    Every, typer.Option("--rotate-every", help="Begin a new file when such a period begins, by UTC and receive time.")
]
Quota = Annotated[
    float | None,
    typer.Option(
        "--quota-gb", min=0, help="Keep the recordings in the folder below this by deleting the oldest complete ones."
    ),
]
KeepFree = Annotated[
    float,
    typer.Option(
        "--keep-free-gb",
        min=0,
        help="Leave so much of the disk free: delete the oldest recordings of the folder, then pause recording.",
    ),
]


def _print_version(wanted: bool) -> None:
    if wanted:
        try:
            typer.echo(f"cascade-detector {version('cascade-detector')}")
        except PackageNotFoundError:
            typer.echo("cascade-detector, version unknown: it runs from its source and is not installed")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options of all commands."""


@app.command()
def run(
    venue: Venues,
    symbols: Annotated[str, typer.Option(help="Base assets, comma-separated, or all.")] = "BTC,ETH,SOL",
    json: Json = False,
    endpoint: Annotated[list[str] | None, typer.Option(help="VENUE=URL instead of the venue's own address.")] = None,
    record: Annotated[
        Path | None, typer.Option(file_okay=False, help="Also record everything received, in this folder.")
    ] = None,
    at_most: Annotated[int | None, typer.Option(min=1, help="Markets per venue at most.")] = None,
    recorded_clock: Annotated[
        bool, typer.Option("--recorded-clock", help="Take receive times from a venue server that plays a recording.")
    ] = False,
    rotate_mb: Rotate = 256,
    rotate_every: RotateEvery = Every.DAY,
    quota_gb: Quota = None,
    keep_free_gb: KeepFree = 1,
    calibration: CalibrationFile = None,
    config: NotifyFile = None,
) -> None:
    """Watch live venues in one process, no broker needed. Rotation, quota and free disk are about --record."""
    from detector.commands.calibration_file import load_calibration
    from detector.commands.run import run as run_live
    from producers.keeping import Keeping

    run_live(
        venue_names=venue,
        symbols=[name for name in symbols.split(",") if name.strip()],
        endpoints=endpoint or [],
        as_json=json,
        record_to=record,
        keeping=Keeping(
            rotate_mb=rotate_mb, rotate_every=rotate_every.value, quota_gb=quota_gb, keep_free_gb=keep_free_gb
        ),
        at_most=at_most,
        recorded_clock=recorded_clock,
        calibration=load_calibration(calibration),
        notify=load_notify(config),
    )


@app.command()
def record(
    venue: Venues,
    to: Annotated[Path, typer.Option(file_okay=False, help="The folder: a series of files for each venue.")],
    symbols: Annotated[str, typer.Option(help="Base assets, comma-separated, or all.")] = "BTC,ETH,SOL",
    endpoint: Annotated[list[str] | None, typer.Option(help="VENUE=URL instead of the venue's own address.")] = None,
    at_most: Annotated[int | None, typer.Option(min=1, help="Markets per venue at most.")] = None,
    rotate_mb: Rotate = 256,
    rotate_every: RotateEvery = Every.DAY,
    quota_gb: Quota = None,
    keep_free_gb: KeepFree = 1,
    recorded_clock: Annotated[
        bool, typer.Option("--recorded-clock", help="Take receive times from a venue server that plays a recording.")
    ] = False,
) -> None:
    """Record live venues for months, and nothing else. `replay` reads the folder, or any of its files.

    The markets are those that the venue lists at the start. Ctrl-C or SIGTERM completes the files.
    """
    from detector.commands.record import record as record_live
    from producers.keeping import Keeping

    record_live(
        venue_names=venue,
        symbols=[name for name in symbols.split(",") if name.strip()],
        endpoints=endpoint or [],
        to=to,
        keeping=Keeping(
            rotate_mb=rotate_mb, rotate_every=rotate_every.value, quota_gb=quota_gb, keep_free_gb=keep_free_gb
        ),
        at_most=at_most,
        recorded_clock=recorded_clock,
    )


@app.command()
def venues(
    names: Annotated[list[str] | None, typer.Argument(help="Venues or groups of venues; otherwise all.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON line per venue, nothing else.")] = False,
    notes: Annotated[bool, typer.Option("--notes", help="Also print what the cells of the table leave out.")] = False,
) -> None:
    """What each venue's public feed tells: all of it, a sample, on request, or nothing."""
    from detector.commands.venues import show

    show(names or [], as_json=json, with_notes=notes)


@app.command()
def demo(
    json: Json = False,
    seed: Annotated[int, typer.Option(help="Seed of the reconstruction.")] = 20251010,
    picture: Annotated[Path | None, typer.Option(dir_okay=False, help="Save alerts and table of (b) as SVG.")] = None,
    config: PlayedNotifyFile = None,
) -> None:
    """A real recording, then a reconstruction of 10 October 2025 and its twin without the cascade; no network
    needed.
    """
    from detector.commands.demo import demo as run_demo

    if json and picture is not None:
        raise typer.BadParameter("a picture shows the terminal, and --json has none: use one of them")

    if not run_demo(as_json=json, seed=seed, picture=picture, notify=load_notify(config)):
        raise typer.Exit(1)


@app.command()
def produce(
    venue: Venues,
    symbols: Annotated[str, typer.Option(help="Base assets, comma-separated, or all.")] = "BTC,ETH,SOL",
    endpoint: Annotated[list[str] | None, typer.Option(help="VENUE=URL instead of the venue's own address.")] = None,
    kafka: Kafka = None,
    config: Config = None,
    spool: Annotated[
        Path, typer.Option(file_okay=False, help="Folder for what must not be lost while Kafka is away.")
    ] = Path("spool"),
    spool_memory_mb: Annotated[float, typer.Option(min=0.1, help="Records waiting in memory; beyond, by policy.")] = 64,
    spool_disk_mb: Annotated[
        float, typer.Option(min=0.1, help="Records waiting on disk; beyond, the oldest go.")
    ] = 512,
    record: Annotated[
        Path | None, typer.Option(file_okay=False, help="Also record everything received, in this folder.")
    ] = None,
    recorded_clock: Annotated[
        bool, typer.Option("--recorded-clock", help="Take receive times from a venue server that plays a recording.")
    ] = False,
    at_most: Annotated[int | None, typer.Option(min=1, help="Markets per venue at most.")] = None,
    producer_id: Annotated[
        str | None,
        typer.Option(help="Name of this process, in its records and heartbeats; otherwise made from host and time."),
    ] = None,
    drain_s: Annotated[float, typer.Option(min=0, help="How long to go on sending after a signal.")] = 10,
    alive_file: AliveFile = None,
) -> None:
    """Send what venues say to Kafka, for `detect` and for subscribers."""
    settings = _kafka_settings(kafka, config)
    from detector.commands.produce import produce as run_produce
    from producers.kafka.pump import SpoolSize

    run_produce(
        settings=settings,
        venue_names=venue,
        symbols=[name for name in symbols.split(",") if name.strip()],
        endpoints=endpoint or [],
        spool=SpoolSize(folder=spool, memory_mb=spool_memory_mb, disk_mb=spool_disk_mb),
        record_to=record,
        at_most=at_most,
        recorded_clock=recorded_clock,
        producer_id=producer_id,
        drain_s=drain_s,
        alive=alive_file,
    )


@app.command()
def detect(
    kafka: Kafka = None,
    config: Config = None,
    worker: Annotated[
        str | None, typer.Option(help="This process's name in heartbeats; otherwise made from host and time.")
    ] = None,
    alive_file: AliveFile = None,
    calibration: CalibrationFile = None,
) -> None:
    """Work on a share of the assets; as many workers as there are partitions may share them."""
    settings = _kafka_settings(kafka, config)
    from detector.commands.calibration_file import load_calibration
    from detector.commands.detect import detect as run_detect

    run_detect(settings=settings, worker=worker, alive=alive_file, calibration=load_calibration(calibration))


@app.command()
def alive(
    file: Annotated[
        Path, typer.Argument(envvar="CASCADE_ALIVE_FILE", help="What a process was told to write by --alive-file.")
    ],
    within: Annotated[float, typer.Option(min=0, help="Seconds; an older file is exit code 1.")] = 15,
) -> None:
    """Say whether a worker or producer lives; for the health checks of containers."""
    from detector.commands.alive import alive as look_at

    look_at(file, within_s=within)


@topics_app.command("create")
def create_topics(
    kafka: Kafka = None,
    config: Config = None,
    json: TopicsJson = False,
    replicas: Annotated[
        int | None, typer.Option(min=1, help="Copies of each partition; otherwise 1 on one broker, up to 3 on more.")
    ] = None,
    alter_config: Annotated[
        bool, typer.Option("--alter-config", help="Also mend the settings of topics that exist.")
    ] = False,
) -> None:
    """Create the topics that are missing; what exists is left as it is."""
    settings = _kafka_settings(kafka, config)
    from detector.commands.topics import create

    if not create(settings, as_json=json, replicas=replicas, alter_config=alter_config):
        raise typer.Exit(1)


@topics_app.command("list")
def list_topics(kafka: Kafka = None, config: Config = None, json: TopicsJson = False) -> None:
    """The topics, what is in them, and whether they are there."""
    settings = _kafka_settings(kafka, config)
    from detector.commands.topics import show

    show(settings, as_json=json)


@topics_app.command("diff")
def diff_topics(kafka: Kafka = None, config: Config = None, json: TopicsJson = False) -> None:
    """What is other than it has to be; exit code 1 where something is."""
    settings = _kafka_settings(kafka, config)
    from detector.commands.topics import diff

    if not diff(settings, as_json=json):
        raise typer.Exit(1)


def _kafka_settings(servers: str | None, file: Path | None) -> KafkaSettings:
    # Before anything that imports the client: this says what to do where it is not installed.
    from producers.kafka.settings import load_settings

    return load_settings(servers=servers, file=file, environ=os.environ)


def main() -> None:
    """Entry point: errors that a user can mend are one line and exit code 1, or 2 where the command itself is written
    wrong; Ctrl-C is 130. Whatever else goes wrong is our fault and keeps its traceback.
    """
    try:
        try:
            app()
        finally:
            # What a full disk did not take would otherwise come up when nobody can catch it any more.
            sys.stdout.flush()
    except UsageError as error:
        _end(str(error), 2)
    except ProducerError as error:
        _end(str(error), 1)
    except KeyboardInterrupt:
        _end("interrupted", 130)
    except BrokenPipeError:
        _drop_output()
        raise SystemExit(0) from None
    except OSError as error:
        _drop_output()
        where = f"{error.filename}: " if error.filename else ""
        _end(f"{where}{error.strerror or error}", 1)


def _end(says: str, code: int) -> NoReturn:
    print(f"cascade: {says}", file=sys.stderr)
    raise SystemExit(code) from None


def _drop_output() -> None:
    # The interpreter flushes once more when it ends, and would say that it could not.
    with suppress(UnsupportedOperation):  # where the output is kept in memory
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
