"""Playing a recording with a server in a process of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from detector.engine import Engine
from detector.runtime.pipeline import Pipeline
from detector.runtime.played import play
from producers.bundled import CALM_SECONDS
from producers.errors import ProducerError
from producers.health import Health
from producers.venue import Venue
from producers.venues.registry import venues_of
from tests.kit.markets import market_of


def spot() -> Venue:
    """A fresh spot venue."""
    (venue,) = venues_of("binance-spot")
    return venue


async def test_what_the_server_plays_reaches_the_engine() -> None:
    """The demo would show an empty table."""
    pipeline = Pipeline(Engine(), [])
    async with asyncio.timeout(40):
        await play(
            server_arguments=[str(CALM_SECONDS[2])],
            venues=[spot()],
            symbols=["BTC"],
            pipeline=pipeline,
            health=Health(),
            on_turn=lambda: None,
        )
    market = market_of(pipeline.engine, "binance-spot|BTC-USDT-SPOT")
    assert market.quotes.book is not None
    assert 60_000 < market.quotes.book.best_bid < market.quotes.book.best_ask < 63_000
    assert pipeline.engine.now_ns // 10**9 > pipeline.engine.first_ns // 10**9 + 70


async def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    """The user would wait for ever, or read a traceback."""
    with pytest.raises(ProducerError, match=r"did not start: .*missing.zst"):
        async with asyncio.timeout(40):
            await play(
                server_arguments=[str(tmp_path / "missing.zst")],
                venues=[spot()],
                symbols=["BTC"],
                pipeline=Pipeline(Engine(), []),
                health=Health(),
                on_turn=lambda: None,
            )
