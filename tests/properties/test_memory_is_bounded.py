"""What is remembered is bounded by markets times constants, however long the stream."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from detector.engine import Engine
from schemas.base import Event
from schemas.instrument import Instrument, canonical_id
from schemas.market import Liquidation, OpenInterest, Trade

NS = 1_000_000_000
T0_S = 1_760_000_040
MOST_BYTES = 80_000
"""Of a market without a book: rings of seconds, an hour's baselines, a week's busiest minutes."""


def markets(count: int) -> list[Event]:
    """Perpetuals of as many assets on two venues."""
    return [
        Instrument(
            venue=venue,
            instrument=canonical_id(f"COIN{number}", "USDT", "perp", None),
            ts_event_ns=T0_S * NS,
            ts_recv_ns=T0_S * NS,
            symbol=f"COIN{number}USDT",
            base=f"COIN{number}",
            quote="USDT",
            market="perp",
            contract="linear",
            contract_value=1.0,
        )
        for number in range(count // 2)
        for venue in ("north", "south")
    ]


def stream(instruments: list[Event], *, seconds: range, a_second: int, seed: int) -> Iterator[list[Event]]:
    """A second's events at a time: trades, some liquidations and figures of open interest, on markets at random."""
    random = Random(seed)
    for second in seconds:
        batch: list[Event] = []
        for number in range(a_second):
            market = random.choice(instruments)
            at_ns = (T0_S + second) * NS + number * (NS // a_second)
            header: dict[str, Any] = {
                "venue": market.venue,
                "instrument": market.instrument,
                "ts_event_ns": at_ns,
                "ts_recv_ns": at_ns + 1_000_000,
            }
            price = 100.0 * (1 + random.gauss(0, 0.002))
            draw = random.random()
            if draw < 0.02:
                batch.append(
                    Liquidation(
                        **header,
                        liquidated="long",
                        price=price,
                        price_kind="fill",
                        qty_base=1.0,
                        notional_usd=price,
                        sampled=False,
                    )
                )
            elif draw < 0.04:
                lots = random.uniform(1e4, 2e4)
                batch.append(OpenInterest(**header, open_interest=lots, notional_usd=lots * price))
            else:
                batch.append(
                    Trade(**header, price=price, qty=1.0, notional_usd=price, taker=random.choice(("buy", "sell")))
                )
        yield batch


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_a_million_events_of_two_thousand_markets_take_a_bounded_room() -> None:
    """A week of all markets would end in a killed process."""
    instruments = markets(2_000)
    engine = Engine()
    engine.feed(instruments)
    for batch in stream(instruments, seconds=range(100), a_second=10_000, seed=1):
        engine.feed(batch)
    assert engine.events > 990_000
    assert len(engine.snapshot()) < 2_000 * MOST_BYTES


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_after_its_windows_are_full_a_market_grows_no_more() -> None:
    """Something that grows by a little every hour is found after a month, in production."""
    instruments = markets(4)
    engine = Engine()
    engine.feed(instruments)
    sizes: list[int] = []
    for hour in range(4):
        seconds = range(3_600 * hour, 3_600 * (hour + 1))
        for batch in stream(instruments, seconds=seconds, a_second=4, seed=hour):
            engine.feed(batch)
        sizes.append(len(engine.snapshot()))
    assert sizes[3] < sizes[1] * 1.05, sizes
