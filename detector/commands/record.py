"""`cascade record`: what live venues say, to files, for months; no detector."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from detector.commands.endpoints import parse_endpoints
from detector.commands.recorders import Recorders
from detector.console.recording_view import RecordingView
from producers.fleet import Fleet
from producers.health import Health
from producers.keeping import Keeping
from producers.venues.registry import venues_of

TURN_S = 0.25


def record(
    *,
    venue_names: Sequence[str],
    symbols: Sequence[str],
    endpoints: Sequence[str],
    to: Path,
    keeping: Keeping,
    at_most: int | None,
    recorded_clock: bool,
) -> None:
    """Record until Ctrl-C or SIGTERM, or with the recorded clock to the end of the recording.

    Raises `ValueError` for names that nobody knows.
    """
    # A venue named twice, by itself and by its group, is still one venue.
    venues = list({venue.id: venue for name in venue_names for venue in venues_of(name)}.values())
    overrides = parse_endpoints(endpoints, venues)
    keeping.check(len(venues))
    health = Health()
    with Recorders(to, keeping=keeping) as recorders:
        view = RecordingView(recorders, [venue.id for venue in venues])
        with view:
            # After the view has begun: what is logged must not tear its table.
            logging.basicConfig(
                stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%m-%d %H:%M:%S"
            )
            _say(f"recording {', '.join(symbols)} of {', '.join(v.id for v in venues)} to {to}; Ctrl-C ends")
            fleet = Fleet(
                venues=venues,
                symbols=symbols,
                publish=view.hear,
                at_most=at_most,
                overrides=overrides,
                clock="recorded" if recorded_clock else "wall",
                record=recorders,
                health=health,
            )
            asyncio.run(_until_stopped(fleet, view))
    _say(*view.summary(), *_health_lines(health))


async def _until_stopped(fleet: Fleet, view: RecordingView) -> None:
    """Run to a signal, which is how a recording ends, or to the fleet's own end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for which in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(which, stop.set)
    running = asyncio.create_task(fleet.run())
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set() and not running.done():
            await asyncio.wait((running, stopping), timeout=TURN_S, return_when=asyncio.FIRST_COMPLETED)
            view.refresh()
        if running.done():
            running.result()
    finally:
        for task in (running, stopping):
            task.cancel()
        await asyncio.gather(running, stopping, return_exceptions=True)


def _health_lines(health: Health) -> Iterator[str]:
    for venue, name, label, count in health.rows():
        yield f"{venue} {name}{' ' + label if label else ''}: {count:,}"


def _say(*lines: str) -> None:
    print(*lines, sep="\n", file=sys.stderr, flush=True)
