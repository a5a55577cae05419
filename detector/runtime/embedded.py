"""Everything in one process: a fleet of venue sessions feeds the engine through an in-memory call, no broker."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Mapping, Sequence

from detector.runtime.pipeline import Pipeline
from producers.clock import ClockName
from producers.fleet import EndpointOverride, Fleet
from producers.health import Health
from producers.intake import Record
from producers.venue import Venue

TICK_S = 1.0
"""Silence must be seen: without events the engine is told once a second that time passes."""

SETTLED_TURNS = 240
"""A minute: by then the markets have spoken and their state is there. It stays as long as the process does, and nobody
needs to look through it for garbage again and again, which stops everything for tens of milliseconds."""


async def run_embedded(
    *,
    pipeline: Pipeline,
    venues: Sequence[Venue],
    symbols: Sequence[str],
    overrides: Mapping[str, EndpointOverride],
    clock: ClockName = "wall",
    record: Record | None = None,
    at_most: int | None = None,
    health: Health | None = None,
    on_turn: Callable[[], None] = lambda: None,
) -> None:
    """Run until cancelled, or with the recorded clock to the end of the recording.

    `on_turn` is called a few times a second for whoever draws.
    """
    fleet = Fleet(
        venues=venues,
        symbols=symbols,
        publish=pipeline.publish,
        at_most=at_most,
        overrides=overrides,
        clock=clock,
        record=record,
        health=health,
    )
    running = asyncio.create_task(fleet.run())
    ticking = asyncio.create_task(_tick(pipeline, live=clock == "wall", on_turn=on_turn))
    try:
        # The first to end is the fleet, or a ticker that failed: silence would not be seen any more.
        done, _ = await asyncio.wait((running, ticking), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (running, ticking):
            task.cancel()
        await asyncio.gather(running, ticking, return_exceptions=True)
    pipeline.finish()


async def _tick(pipeline: Pipeline, *, live: bool, on_turn: Callable[[], None]) -> None:
    turns = 0
    while True:
        await asyncio.sleep(TICK_S / 4)
        turns += 1
        if live and turns % 4 == 0:
            pipeline.tick()
        if live and turns == SETTLED_TURNS:
            gc.collect()
            gc.freeze()
        on_turn()
