"""Playing a recording over real sockets: a venue server in a process of its own, a fleet that listens with its
clock.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from detector.runtime.embedded import run_embedded
from detector.runtime.pipeline import Pipeline
from producers.errors import ProducerError
from producers.fleet import EndpointOverride
from producers.health import Health
from producers.venue import Venue

logger = logging.getLogger(__name__)

START_S = 30.0
"""A slow machine imports the server in a few seconds; longer means that it will not come."""

LINGER_S = 600
"""Everything is sent long before a busy machine has read it; we end the server when we have."""

TYPICAL_SYMBOLS = ("BTCUSDT", "BTCUSD_PERP", "BTC")
"""One of these names a market on every venue; a handful of markets needs as many sockets as one."""


async def play(
    *,
    server_arguments: Sequence[str],
    venues: Sequence[Venue],
    symbols: Sequence[str],
    pipeline: Pipeline,
    health: Health,
    on_turn: Callable[[], None],
) -> None:
    """Run the pipeline to the end of what the server plays; raises `ProducerError` when the server does not start."""
    expected = sum(_sockets(venue) for venue in venues)
    async with _server([*server_arguments, "--expect-sockets", str(expected)]) as url:
        overrides = {
            venue.id: EndpointOverride(
                websocket_base=f"{url.replace('http://', 'ws://')}/{venue.id}", rest_base=f"{url}/{venue.id}"
            )
            for venue in venues
        }
        await run_embedded(
            pipeline=pipeline,
            venues=venues,
            symbols=symbols,
            overrides=overrides,
            clock="recorded",
            health=health,
            on_turn=on_turn,
        )


def _sockets(venue: Venue) -> int:
    for symbol in TYPICAL_SYMBOLS:
        if (instrument := venue.infer_instrument(symbol, 0)) is not None:
            return len(venue.sockets([instrument]))
    raise ProducerError(f"{venue.id} has no market of BTC to count sockets with")


@asynccontextmanager
async def _server(arguments: Sequence[str]) -> AsyncIterator[str]:
    options = [*arguments, "--speed", "0", "--recorded-clock", "--linger", str(LINGER_S)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "producers.venue_server",
        *options,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    if process.stdout is None or process.stderr is None:
        raise ProducerError("the venue server has no pipes")
    errors = asyncio.create_task(process.stderr.read())
    try:
        line = b""
        with suppress(TimeoutError):
            async with asyncio.timeout(START_S):
                line = await process.stdout.readline()
        url = line.decode().strip().removeprefix("listening on ")
        if not url.startswith("http"):
            if process.returncode is None:
                process.kill()
            raise ProducerError(
                f"the venue server did not start: {(await errors).decode(errors='replace').strip()[-500:]}"
            )
        yield url
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        said = (await errors).decode(errors="replace").strip()
        if process.returncode not in (0, -signal.SIGTERM):
            logger.warning("the venue server ended with code %s: %s", process.returncode, said[-2000:])
