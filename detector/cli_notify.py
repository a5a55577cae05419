"""The commands of `cascade` about messages: notify, config, sinks, silence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from detector.sinks.config import NotifyConfig

NotifyFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar="CASCADE_CONFIG",
        dir_okay=False,
        help="A TOML file with sinks and routes: also send messages, as `notify` does.",
    ),
]
PlayedNotifyFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        dir_okay=False,
        help="A TOML file with sinks and routes: also send its messages, as if it were now.",
    ),
]
"""What is played calls people only where it was asked for: they would believe it."""
ConfigFile = Annotated[
    Path,
    typer.Option("--config", envvar="CASCADE_CONFIG", dir_okay=False, help="A TOML file with sinks and routes."),
]
ConfigArgument = Annotated[
    Path, typer.Argument(envvar="CASCADE_CONFIG", dir_okay=False, help="A TOML file with sinks and routes.")
]
Names = Annotated[list[str] | None, typer.Option(help="May be repeated.")]
Store = Annotated[
    Path | None, typer.Option(dir_okay=False, help="The notifier's store, in place of the configuration's.")
]

config_app = typer.Typer(help="The configuration of messages: check, show.", no_args_is_help=True)
sinks_app = typer.Typer(help="The channels: list them, try one.", no_args_is_help=True)
silence_app = typer.Typer(help="What nobody wants to hear for a while: add, list, expire.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Give `cascade` these commands, in the order of its help."""
    app.command()(notify)
    app.add_typer(config_app, name="config")
    app.add_typer(sinks_app, name="sinks")
    app.add_typer(silence_app, name="silence")


def load_notify(file: Path | None) -> NotifyConfig | None:
    """The configuration behind `--config`; None where nobody is to be told."""
    if file is None:
        return None
    from detector.sinks.config import load

    return load(file, os.environ)


def notify(
    config: ConfigFile,
    kafka: Annotated[
        str | None,
        typer.Option("--kafka", help="HOST:PORT[,…] of Kafka; otherwise KAFKA_BOOTSTRAP_SERVERS, or localhost:9092."),
    ] = None,
    store: Store = None,
    recorded_clock: Annotated[
        bool, typer.Option("--recorded-clock", help="It is as late as the newest alert: where a recording is played.")
    ] = False,
    alive_file: Annotated[
        Path | None,
        typer.Option(envvar="CASCADE_ALIVE_FILE", dir_okay=False, help="Rewritten every 5 s while this process lives."),
    ] = None,
) -> None:
    """Tell people what `detect` writes to Kafka: each story once, edited as it goes on."""
    from producers.kafka.settings import load_settings

    # Before anything that imports the client: this says what to do where it is not installed.
    settings = load_settings(servers=kafka, file=config, environ=os.environ)
    from detector.commands.notify import notify as run_notify

    run_notify(settings=settings, config_path=config, store=store, alive=alive_file, recorded_clock=recorded_clock)


@config_app.command("check")
def check_config(file: ConfigArgument) -> None:
    """Everything that is wrong with a configuration, and what it will do; nothing is sent."""
    from detector.commands.config import check

    told, faults = check(file, os.environ)
    for line in told:
        typer.echo(line)
    for fault in faults:
        typer.echo(f"{file}: {fault}", err=True)
    if faults:
        raise typer.Exit(1)
    typer.echo("nothing is wrong with it; `cascade sinks test NAME` says whether messages arrive")


@config_app.command("show")
def show_config(
    file: ConfigArgument,
    json: Annotated[bool, typer.Option("--json", help="One JSON line a key on standard output, nothing else.")] = False,
) -> None:
    """What is in force: the environment before the file before the defaults. Nothing secret is in it."""
    from detector.commands.config import show

    for line in show(file, os.environ, as_json=json):
        typer.echo(line)


@sinks_app.command("list")
def list_sinks(config: NotifyFile = None) -> None:
    """The types of sinks and their keys; with a configuration its sinks."""
    from detector.commands.sinks import configured_in_words, kinds_in_words

    loaded = load_notify(config)
    for line in kinds_in_words() if loaded is None else configured_in_words(loaded):
        typer.echo(line)


@sinks_app.command("test")
def try_sink(
    name: Annotated[str, typer.Argument(help="Of [sinks.NAME].")],
    config: ConfigFile,
    edit: Annotated[bool, typer.Option("--edit", help="Also edit the message, where the channel can.")] = False,
) -> None:
    """Send a message that says that it is a test; exit code 1 where it did not arrive."""
    from detector.commands.sinks import try_sink as run_try
    from detector.sinks.config import load

    if not run_try(load(config, os.environ), name, edit=edit):
        raise typer.Exit(1)


@silence_app.command("add")
def add_silence(
    for_: Annotated[str, typer.Option("--for", help="How long: 30m, 2h, 1d; 30 days at most.")],
    asset: Names = None,
    stage: Names = None,
    level: Names = None,
    venue: Names = None,
    about: Annotated[list[str] | None, typer.Option(help="market, asset or data; may be repeated.")] = None,
    label: Names = None,
    sink: Annotated[str, typer.Option(help="Of this sink alone; otherwise of all.")] = "",
    comment: Annotated[str, typer.Option(help="Why; others will read it.")] = "",
    by: Annotated[str, typer.Option(envvar="USER", help="Who.")] = "",
    everything: Annotated[bool, typer.Option("--everything", help="All of it; otherwise name something.")] = False,
    store: Store = None,
    config: NotifyFile = None,
) -> None:
    """Hold back messages of what is named; feeds for programs go on."""
    from detector.commands.silence import add

    add(
        _store(store, config, sink),
        asset=asset or (),
        stage=stage or (),
        level=level or (),
        venue=venue or (),
        about=about or (),
        label=label or (),
        sink=sink,
        for_=for_,
        comment=comment,
        by=by,
        everything=everything,
    )


@silence_app.command("list")
def list_silences(
    json: Annotated[bool, typer.Option("--json", help="One JSON line a silence, nothing else.")] = False,
    store: Store = None,
    config: NotifyFile = None,
) -> None:
    """Those in force or to come."""
    from detector.commands.silence import show

    show(_store(store, config), as_json=json)


@silence_app.command("expire")
def expire_silence(
    silence: Annotated[str, typer.Argument(help="Its id, as `list` names it.")],
    store: Store = None,
    config: NotifyFile = None,
) -> None:
    """End one now; what it held back and is still true is told."""
    from detector.commands.silence import expire

    expire(_store(store, config), silence)


def _store(store: Path | None, config: Path | None, sink: str = "") -> Path:
    from detector.sinks.table import closest
    from producers.errors import UsageError

    loaded = load_notify(config)
    if loaded is not None and sink and sink not in loaded.sinks:
        raise UsageError(f"{config} has no sink {sink!r}{closest(sink, loaded.sinks)}: {', '.join(loaded.sinks)}")
    if store is not None:
        return store
    if loaded is None:
        raise UsageError("which notifier? Name its configuration by --config or CASCADE_CONFIG, or its file by --store")
    return loaded.store
