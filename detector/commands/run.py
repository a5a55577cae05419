"""`cascade run`: live venues to staged alerts in one process."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from detector.calibration.calibrated import Calibration
from detector.commands.endpoints import parse_endpoints
from detector.commands.recorders import Recorders
from detector.config import Config
from detector.console.json_lines import JsonLines
from detector.console.screen import Screen
from detector.console.summary import engine_lines
from detector.engine import Engine
from detector.runtime.embedded import run_embedded
from detector.runtime.notify.following import beside, following, must_open, sent_lines
from detector.runtime.pipeline import Listener, Pipeline
from detector.sinks.config import NotifyConfig
from producers.health import Health
from producers.keeping import Keeping
from producers.venues.registry import venues_of


def run(
    *,
    venue_names: Sequence[str],
    symbols: Sequence[str],
    endpoints: Sequence[str],
    as_json: bool,
    record_to: Path | None,
    keeping: Keeping,
    at_most: int | None,
    recorded_clock: bool,
    calibration: Calibration | None = None,
    notify: NotifyConfig | None = None,
) -> None:
    """Run until Ctrl-C or SIGTERM, then print what was seen; `notify` also sends messages.

    Raises `ValueError` for names that nobody knows.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    # A venue named twice, by itself and by its group, is still one venue.
    venues = list({venue.id: venue for name in venue_names for venue in venues_of(name)}.values())
    overrides = parse_endpoints(endpoints, venues)
    keeping.check(len(venues))
    if notify is not None:
        asyncio.run(must_open(notify, environ=os.environ))
    engine, health = Engine(Config(calibration=calibration or Calibration())), Health()
    with ExitStack() as stack:
        screen = None if as_json else stack.enter_context(Screen(engine, " ".join(venue.id for venue in venues)))
        listener: Listener = JsonLines(sys.stdout.buffer) if screen is None else screen
        pipeline = Pipeline(engine, [listener])
        recorders = stack.enter_context(Recorders(record_to, keeping=keeping)) if record_to is not None else None
        if not as_json:
            print(f"watching {', '.join(symbols)} on {', '.join(v.id for v in venues)}; Ctrl-C ends", file=sys.stderr)
        watching = partial(
            run_embedded,
            pipeline=pipeline,
            venues=venues,
            symbols=symbols,
            overrides=overrides,
            clock="recorded" if recorded_clock else "wall",
            record=recorders,
            at_most=at_most,
            health=health,
            on_turn=screen.refresh if screen is not None else lambda: None,
        )
        if notify is None:
            interrupted = asyncio.run(_until_stopped(watching()))
        else:
            interrupted = asyncio.run(_tell(watching, pipeline, notify, recorded_clock))
    pipeline.finish()
    print(f"{pipeline.events:,} events", *engine_lines(engine), *_health_lines(health), sep="\n", file=sys.stderr)
    if interrupted == signal.SIGINT:
        raise KeyboardInterrupt


async def _tell(
    watching: Callable[[], Coroutine[object, object, None]], pipeline: Pipeline, notify: NotifyConfig, recorded: bool
) -> signal.Signals | None:
    """Run and send messages, and what still waits once it has ended; the signal that ended it."""
    async with following(pipeline.engine, notify, environ=os.environ, recorded=recorded) as follower:
        pipeline.listeners = [*pipeline.listeners, follower]
        caught = await _until_stopped(beside(watching(), follower.serve()))
        pipeline.finish()
        await follower.finish()
        print(*sent_lines(follower.notifier), sep="\n", file=sys.stderr)
    return caught


async def _until_stopped(work: Coroutine[object, object, None]) -> signal.Signals | None:
    """Run `work` to its end or to a signal; the signal that ended it."""
    task = asyncio.ensure_future(work)
    caught: list[signal.Signals] = []

    def stop(which: signal.Signals) -> None:
        caught.append(which)
        task.cancel()

    loop = asyncio.get_running_loop()
    for which in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(which, stop, which)
    try:
        await task
    except asyncio.CancelledError:
        if not caught:
            raise
    return caught[0] if caught else None


def _health_lines(health: Health) -> Iterator[str]:
    for venue, name, label, count in health.rows():
        yield f"{venue} {name}{' ' + label if label else ''}: {count:,}"
