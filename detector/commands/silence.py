"""`cascade silence add | list | expire`: what nobody wants to hear for a while, in the file of a notifier that runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from detector.alerts.durations import parse_duration
from detector.alerts.match import Match
from detector.alerts.silences import Silence
from detector.store.silences import new_silence
from detector.store.store import Store
from producers.errors import UsageError

NEWEST = 200
"""So many alerts are looked at to say what a silence would have held back."""
COLUMNS = ("id", "until", "what", "sink", "by", "comment")
WIDEST = 300


def add(
    path: Path,
    *,
    asset: Sequence[str] = (),
    stage: Sequence[str] = (),
    level: Sequence[str] = (),
    venue: Sequence[str] = (),
    about: Sequence[str] = (),
    label: Sequence[str] = (),
    sink: str = "",
    for_: str,
    comment: str = "",
    by: str = "",
    everything: bool = False,
) -> None:
    """Add one from now on and print its id, what it matches and what of the newest alerts it would have held back:
    a name that is spelled wrongly mutes nothing.
    """
    match = _match(asset=asset, stage=stage, level=level, venue=venue, about=about, label=label)
    try:
        for_s = parse_duration(for_)
    except ValueError as error:
        raise UsageError(f"--for: {error}") from error
    silence = new_silence(
        match, now_ns=time.time_ns(), for_s=for_s, by=by, comment=comment, sink=sink, everything=everything
    )
    with Store(path, must_exist=True, check=False) as store:
        store.add_silence(silence)
        newest = store.recent(NEWEST)
    held = sum(match.matches(alert) for alert in newest)
    print(f"{silence.id}: {in_words(silence)} until {_moment(silence.until_ns)}")
    mind = ": a name that is spelled wrongly mutes nothing" if newest and not held else ""
    print(f"of the newest {len(newest)} alerts it matches {held}{mind}")


def show(path: Path, *, as_json: bool) -> None:
    """Those in force or to come."""
    with Store(path, must_exist=True, check=False) as store:
        silences = store.silences(time.time_ns())
    if as_json:
        for silence in silences:
            print(msgspec.json.encode(silence).decode())
    elif silences:
        _print_table(silences)
    else:
        print("nothing is silenced")


def expire(path: Path, silence_id: str) -> None:
    """End one now."""
    with Store(path, must_exist=True, check=False) as store:
        if not store.expire_silence(silence_id, time.time_ns()):
            raise UsageError(f"no silence {silence_id[:32]!r} is in force: `cascade silence list` names them")
    print(f"{silence_id}: over")


def in_words(silence: Silence) -> str:
    """What it mutes.

    >>> in_words(Silence(id="", match=Match(asset=("BTC", "ETH"), level=("WARN",)), from_ns=0, until_ns=1))
    'level WARN; asset BTC, ETH'
    """
    named = msgspec.to_builtins(silence.match)
    return "; ".join(f"{name} {', '.join(values)}" for name, values in named.items()) or "everything"


def _match(**named: Sequence[str]) -> Match:
    """In any case, as in the chat; that of venues and labels matters."""
    for name in ("level", "stage", "asset"):
        named[name] = [value.upper() for value in named[name]]
    try:
        return msgspec.convert({name: list(values) for name, values in named.items()}, Match)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"what should be silenced? {error}; stages are S1 to S6, R and D, levels WATCH to EMERGENCY, "
            "about is market, asset or data, labels are macro, microstructure, mixed, undecided"
        ) from error


def _print_table(silences: Sequence[Silence]) -> None:
    view = Table(box=None, pad_edge=False, header_style="bold")
    for name in COLUMNS:
        view.add_column(name, no_wrap=True)
    for silence in silences:
        cells = (_moment(silence.until_ns), in_words(silence), silence.sink or "all", silence.by, silence.comment)
        # Text, not markup: what somebody wrote is shown as it is.
        view.add_row(silence.id, *(Text(cell) for cell in cells))
    Console(highlight=False, width=WIDEST).print(view)


def _moment(ts_ns: int) -> str:
    return datetime.fromtimestamp(ts_ns // 1_000_000_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
