"""Everything in one process, over real sockets."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from detector.engine import Engine
from detector.runtime import embedded
from detector.runtime.embedded import run_embedded
from detector.runtime.pipeline import Pipeline
from producers.bundled import CALM_SECONDS
from producers.errors import ProducerError
from producers.fleet import EndpointOverride
from producers.health import Health
from producers.venue_server.server import VenueServer
from producers.venue_server.timeline import Frame, recorded
from producers.venues.registry import venue
from tests.kit.markets import market_of


def first_seconds(seconds: int) -> Iterator[Frame]:
    """The beginning of the bundled spot recording."""
    begins_ns = 0
    for frame in recorded([CALM_SECONDS[2]]):
        begins_ns = begins_ns or frame[0]
        if frame[0] < begins_ns + seconds * 10**9:
            yield frame


def overrides(server: VenueServer) -> dict[str, EndpointOverride]:
    """Binance's addresses on the server."""
    here = EndpointOverride(
        websocket_base=server.websocket_url("binance-spot"), rest_base=server.rest_url("binance-spot")
    )
    return {"binance-spot": here}


async def test_a_recording_is_played_to_its_end_through_the_engine() -> None:
    """The demo, and every test over sockets, would hang or stop early."""
    pipeline = Pipeline(Engine(), [])
    async with VenueServer(first_seconds(3), speed=0, expect_sockets=1) as server, asyncio.timeout(20):
        await run_embedded(
            pipeline=pipeline,
            venues=[venue("binance-spot")],
            symbols=["BTC"],
            overrides=overrides(server),
            clock="recorded",
            health=Health(),
        )
    market = market_of(pipeline.engine, "binance-spot|BTC-USDT-SPOT")
    assert market.quotes.book is not None
    assert 60_000 < market.quotes.book.best_bid < market.quotes.book.best_ask < 63_000
    assert pipeline.events > 100
    assert market.trading.price > 60_000


async def test_a_live_run_lets_time_pass_draws_and_ends_when_it_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence on a live venue would never be noticed; Ctrl-C would hang."""
    monkeypatch.setattr(embedded, "TICK_S", 0.02)
    ticks, drawn = asyncio.Event(), asyncio.Event()

    class Ticking(Pipeline):
        def tick(self) -> None:
            super().tick()
            if self.events:
                ticks.set()

    pipeline = Ticking(Engine(), [])
    async with VenueServer(first_seconds(3), speed=1.0, expect_sockets=1) as server, asyncio.timeout(20):
        running = asyncio.create_task(
            run_embedded(
                pipeline=pipeline,
                venues=[venue("binance-spot")],
                symbols=["BTC"],
                overrides=overrides(server),
                on_turn=drawn.set,
            )
        )
        await ticks.wait()
        await drawn.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    await asyncio.sleep(0)
    assert not any("_tick" in repr(task) for task in asyncio.all_tasks())


async def test_a_settled_state_is_not_looked_through_for_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    """With hundreds of markets an alert would wait for the collector."""
    monkeypatch.setattr(embedded, "TICK_S", 0.004)
    monkeypatch.setattr(embedded, "SETTLED_TURNS", 2)
    frozen: list[int] = []
    settled = asyncio.Event()

    def drawn() -> None:
        frozen.append(gc.get_freeze_count())
        if len(frozen) > 1:
            settled.set()

    ticking = asyncio.create_task(embedded._tick(Pipeline(Engine(), []), live=True, on_turn=drawn))
    try:
        async with asyncio.timeout(5):
            await settled.wait()
    finally:
        ticking.cancel()
        gc.unfreeze()
    assert frozen[0] < frozen[1]


async def test_a_market_that_nobody_lists_is_an_error_and_not_an_endless_silence() -> None:
    """A mistyped symbol would look like a calm market."""
    async with VenueServer(first_seconds(1), speed=0, expect_sockets=1) as server, asyncio.timeout(20):
        with pytest.raises(ProducerError, match="NOPE"):
            await run_embedded(
                pipeline=Pipeline(Engine(), []),
                venues=[venue("binance-spot")],
                symbols=["NOPE"],
                overrides=overrides(server),
                clock="recorded",
            )


async def test_a_failing_listener_ends_the_run_even_from_a_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The detector would go on without ever seeing silence again, and nobody would know."""
    monkeypatch.setattr(embedded, "TICK_S", 0.02)

    class Broken(Pipeline):
        def tick(self) -> None:
            raise RuntimeError("no space left")

    async with VenueServer(first_seconds(3), speed=1.0, expect_sockets=1) as server, asyncio.timeout(20):
        with pytest.raises(RuntimeError, match="no space left"):
            await run_embedded(
                pipeline=Broken(Engine(), []),
                venues=[venue("binance-spot")],
                symbols=["BTC"],
                overrides=overrides(server),
            )
