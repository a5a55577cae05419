"""`cascade demo`: a real recording over real sockets, then a reconstruction of 10 October 2025 and its twin."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

from detector.alerts.inhibition import Inhibition
from detector.commands.labels import match_lines
from detector.console.json_lines import JsonLines
from detector.console.screen import Screen
from detector.console.summary import speed_line
from detector.engine import Engine
from detector.runtime.notify.following import beside, following, must_open, sent_lines
from detector.runtime.pipeline import Listener, Pipeline
from detector.runtime.played import play
from detector.scoring.matching import match_labels
from detector.shard import Output
from detector.sinks.config import NotifyConfig
from producers.bundled import CALM_SECONDS
from producers.health import Health
from producers.reconstruction import labels
from producers.venues.registry import venues_of
from schemas.alert import LEVELS, Alert, Transition

RECORDED = ("binance",)
REBUILT = ("binance", "hyperliquid")
"""The venues that are in the parts."""
ASSETS = ("BTC", "ETH", "AAVE", "ATOM", "AVAX", "DOT", "UNI", "WLD", "TRX", "FIL", "USDE")
"""Enough assets for breadth and dislocation, few enough for an old laptop."""

FROM, TO = "20:34", "21:24"
"""Baselines warm for a quarter of an hour before the first shock; by the end every stage has begun."""

WATCH = LEVELS.index("WATCH")


class Played(NamedTuple):
    """What a part of the demo gave."""

    alerts: list[Alert]
    transitions: list[Transition]
    events: int
    wall_s: float
    speed: str
    venues: tuple[str, ...]

    @property
    def highest(self) -> int:
        """Highest level of any alert."""
        return max((LEVELS.index(alert.level) for alert in self.alerts), default=0)


def demo(*, as_json: bool, seed: int, picture: Path | None, notify: NotifyConfig | None = None) -> bool:
    """Run all parts; True when everything came out as it should. `picture` saves the alerts and table of (b) as SVG,
    `notify` sends messages of (b).

    Raises `OSError` before anything is played where the picture could not be saved.
    """
    if picture is not None:
        _check_writable(picture)
    if notify is not None:
        asyncio.run(must_open(notify, environ=os.environ))
    say = _to_stderr if as_json else _to_stdout
    window = ["--seed", str(seed), "--from", FROM, "--to", TO]
    say("(a) a real recording: Binance USD-M, COIN-M and spot, 8 August 2024, a calm minute; no alert is due")
    recording = _part("recording", [str(path) for path in CALM_SECONDS], RECORDED, ("all",), as_json)
    say(f"    {recording.speed}; alerts above WATCH: {_above_watch(recording)}")
    say("(b) 10 October 2025, 20:34-21:24 UTC: a RECONSTRUCTION from published facts, not a recording;")
    say("    only Hyperliquid's auto-deleveraging waves in it are real")
    crash = _part("reconstruction", ["--source", "reconstruction", *window], REBUILT, ASSETS, as_json, picture, notify)
    say(f"    {crash.speed}")
    say("(c) its twin: the same trades at the same times without the cascade; nothing above WATCH is due")
    twin = _part("twin", ["--source", "reconstruction-twin", *window], REBUILT, ASSETS, as_json)
    say(f"    {twin.speed}; alerts above WATCH: {_above_watch(twin)}")
    matches = match_labels(labels(), crash.transitions)
    for line in match_lines(matches, crash.venues):
        say(f"    {line}")
    calm = recording.highest <= WATCH and twin.highest <= WATCH
    seen = all(match.within for match in matches)
    total_s = recording.wall_s + crash.wall_s + twin.wall_s
    events = recording.events + crash.events + twin.events
    say(f"{len(crash.alerts)} alerts in (b), all conditions within their tolerance: {'yes' if seen else 'NO'}")
    say(f"nothing above WATCH in (a) and (c): {'yes' if calm else 'NO'}")
    say(f"{events:,} events over real sockets in {total_s:.1f} s")
    return calm and seen


def _part(
    title: str,
    server_arguments: Sequence[str],
    groups: Sequence[str],
    symbols: Sequence[str],
    as_json: bool,
    picture: Path | None = None,
    notify: NotifyConfig | None = None,
) -> Played:
    engine, health = Engine(), Health()
    alerts: list[Alert] = []
    transitions: list[Transition] = []
    inhibition = Inhibition()

    def keep(output: Output) -> None:
        if isinstance(output, Alert):
            if inhibition.allows(output):
                alerts.append(output)
        else:
            transitions.append(output)

    started = time.perf_counter()
    with ExitStack() as stack:
        screen = None if as_json else stack.enter_context(Screen(engine, title, keep=picture is not None))
        shown: Listener = JsonLines(sys.stdout.buffer) if screen is None else screen
        pipeline = Pipeline(engine, [keep, shown])
        playing = partial(
            play,
            server_arguments=server_arguments,
            venues=[venue for group in groups for venue in venues_of(group)],
            symbols=symbols,
            pipeline=pipeline,
            health=health,
            on_turn=screen.refresh if screen is not None else lambda: None,
        )
        sent = asyncio.run(_told(playing, pipeline, notify))
    if screen is not None and title == "reconstruction":
        screen.final_table()
        if picture is not None:
            screen.save(picture)
    for line in sent:
        _to_stderr(f"    {line}")
    wall_s = time.perf_counter() - started
    speed = speed_line(pipeline.events, wall_s, engine)
    return Played(alerts, transitions, pipeline.events, wall_s, speed, tuple(engine.venues()))


async def _told(
    playing: Callable[[], Coroutine[object, object, None]], pipeline: Pipeline, notify: NotifyConfig | None
) -> list[str]:
    """Play, and send messages where there is a configuration; what each sink was told."""
    if notify is None:
        await playing()
        return []
    async with following(pipeline.engine, notify, environ=os.environ, recorded=True) as follower:
        pipeline.listeners = [*pipeline.listeners, follower]
        await beside(playing(), follower.serve())
        await follower.finish()
        return list(sent_lines(follower.notifier))


def _check_writable(path: Path) -> None:
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder", str(path.parent))
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, "cannot be written", str(path))


def _above_watch(part: Played) -> int:
    return sum(LEVELS.index(alert.level) > WATCH for alert in part.alerts)


def _to_stdout(line: str) -> None:
    print(line, flush=True)


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
