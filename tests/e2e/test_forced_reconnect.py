"""A connection lost in the middle of a calm market is a gap in what we know, never a withdrawal of liquidity."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from detector.engine import Engine
from detector.quotes import CELLS
from detector.runtime.embedded import run_embedded
from detector.runtime.pipeline import Pipeline
from detector.shard import Output
from detector.stats.rolling_median import RollingMedian
from producers.fleet import EndpointOverride
from producers.venue_server.faults import Faults
from producers.venue_server.server import VenueServer
from producers.venue_server.timeline import recorded
from producers.venues.binance_usdm import BinanceUsdm
from schemas.alert import Transition
from schemas.base import Event
from schemas.health import Gap

CUT_AFTER_S = 240
"""Late enough that near bands have warmed; 100 s of the recording remain."""


class ImpatientPipeline(Pipeline):
    """Baselines that are known after ten seconds instead of ten minutes: the recording lasts six."""

    def __init__(self, engine: Engine, heard: list[Output]) -> None:
        super().__init__(engine, [heard.append])
        self.gaps: list[Gap] = []

    def publish(self, events: list[Event] | tuple[Event, ...]) -> None:  # type: ignore[override]
        self.gaps += [event for event in events if isinstance(event, Gap)]
        super().publish(events)
        for market in self.engine.markets():
            if market.quotes.usual_spread.every_s != 2:
                market.quotes.usual_depth = [RollingMedian(every_s=2, warm=5) for _ in CELLS]
                market.quotes.usual_spread = RollingMedian(every_s=2, warm=5)


@pytest.mark.slow
async def test_a_reconnect_in_the_middle_raises_no_depth_condition(shared_data: Path) -> None:
    """Every reconnect of a live run would page people otherwise."""
    recording = shared_data / "binance-raw" / "usdm_btcusdt_20240808.gz"
    frames = list(recorded([recording]))
    faults = {BinanceUsdm.id: Faults(drop_at_ns=(frames[0][0] + CUT_AFTER_S * 10**9,))}
    heard: list[Output] = []
    pipeline = ImpatientPipeline(Engine(), heard)
    async with VenueServer(iter(frames), speed=0, expect_sockets=2, faults=faults) as server:
        override = EndpointOverride(
            websocket_base=server.websocket_url(BinanceUsdm.id), rest_base=server.rest_url(BinanceUsdm.id)
        )
        async with asyncio.timeout(50):
            await run_embedded(
                pipeline=pipeline,
                venues=[BinanceUsdm()],
                symbols=["BTC"],
                overrides={BinanceUsdm.id: override},
                clock="recorded",
            )
    (market,) = pipeline.engine.markets()
    assert any(gap.channel == "book" for gap in pipeline.gaps)
    assert market.quotes.bands[4].seconds["proven"] > 300, "the near ask band was never evaluable: nothing was tested"
    assert [output for output in heard if isinstance(output, Transition) and output.stage in ("S3", "S4")] == []
