"""`python -m benchmarks.kafka_source PLAN`: a market at a steady rate through the real producer, in real time.

What comes out of a websocket's parser is made here: recorded Bitcoin events as those of many assets, stamped with this
machine's clock when they are handed to the pump. Among them are the marked ones: on each derivative market three
liquidations and a deleveraging, each of which changes a condition.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks.kafka_feed import assets, bitcoin, moved
from producers.intake import Publish
from producers.kafka.pump import Pump, SpoolSize
from producers.kafka.settings import KafkaSettings
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import Adl, BookSnapshot, Liquidation

STEP_S = 0.001
VENUE_DELAY_NS = 30_000_000
"""Between a venue's stamp and its receipt."""
WARM_UP_S = 12.0
"""Books are told, workers find their partitions and replay what they missed; nothing is marked yet."""
TAIL_S = 3.0
STEPS = (("S2.liquidations/1", "WARN", 1e5), ("S2.liquidations/1", "HIGH", 3e5), ("S2.liquidations/1", "CRITICAL", 1e6))
"""Dollars of the liquidations of one market, in their order, and what each makes of its condition."""
PRINT = ("S6.print/1", "EMERGENCY", 5e4)


class SourcePlan(msgspec.Struct):
    """What a source does."""

    settings: KafkaSettings
    rate: float
    seconds: float
    """In which events are marked."""
    assets: int
    marks: str
    """Where the marked events are written to, at the end."""


class Mark(msgspec.Struct):
    """A marked event and the change that it makes."""

    rule: str
    venue: str
    asset: str
    severity: str
    recv_ns: int


class _Due(NamedTuple):
    at_s: float
    market: Instrument
    rule: str
    severity: str
    usd: float


class Source:
    """In the place of a fleet of venue sessions."""

    def __init__(self, plan: SourcePlan, publish: Publish) -> None:
        self._plan = plan
        self._publish = publish
        self._names = assets(plan.assets)
        self._due = self._schedule()
        self.marks: list[Mark] = []
        self.late_s = 0.0
        """How far the source fell behind its own rate at most."""

    async def run(self) -> None:
        """Publish to the end of the plan."""
        events = self._events()
        definitions = [moved(event, name, 0, 0) for event in _first() for name in self._names]
        self._hand_over(definitions)
        began_s = time.monotonic()
        count = 0
        while (since_s := time.monotonic() - began_s) < WARM_UP_S + self._plan.seconds + TAIL_S:
            wanted = int(since_s * self._plan.rate) - count
            if since_s > WARM_UP_S:
                self.late_s = max(self.late_s, wanted / self._plan.rate - STEP_S)
            count += wanted
            batch = [next(events) for _ in range(wanted)]
            while self._due and self._due[-1].at_s <= since_s:
                batch.append(self._marked(self._due.pop()))
            self._hand_over(batch)
            await asyncio.sleep(STEP_S)

    def _hand_over(self, events: list[Event]) -> None:
        now_ns = time.time_ns()
        happened_ns = now_ns - VENUE_DELAY_NS
        stamped = [msgspec.structs.replace(e, ts_event_ns=happened_ns, ts_recv_ns=now_ns) for e in events]
        for mark in reversed(self.marks):
            if mark.recv_ns:
                break
            mark.recv_ns = now_ns
        if stamped:
            self._publish(stamped)

    def _events(self) -> Iterator[Event]:
        while True:
            for event in bitcoin():
                if not isinstance(event, Instrument | BookSnapshot):
                    for name in self._names:
                        yield moved(event, name, 0, 0)

    def _schedule(self) -> list[_Due]:
        """Latest first."""
        rng = random.Random(20251010)
        steps = (*STEPS, PRINT)
        quarter_s = self._plan.seconds / len(steps)
        due = [
            _Due(WARM_UP_S + (number + rng.random()) * quarter_s, market, *step)
            for event in _first()
            if isinstance(event, Instrument) and event.market != "spot"
            for name in self._names
            if isinstance(market := moved(event, name, 0, 0), Instrument)
            for number, step in enumerate(steps)
        ]
        return sorted(due, reverse=True, key=lambda one: one.at_s)

    def _marked(self, due: _Due) -> Event:
        market = due.market
        self.marks.append(Mark(due.rule, market.venue, market.base, due.severity, 0))
        number, venue, instrument = len(self.marks), market.venue, market.instrument
        if due.rule == PRINT[0]:
            return Adl(
                venue=venue,
                instrument=instrument,
                ts_event_ns=0,
                ts_recv_ns=0,
                deleveraged="short",
                price=1.0,
                qty_base=due.usd,
                notional_usd=due.usd,
                adl_id=number,
            )
        return Liquidation(
            venue=venue,
            instrument=instrument,
            ts_event_ns=0,
            ts_recv_ns=0,
            liquidated="long",
            price=1.0,
            price_kind="fill",
            qty_base=due.usd,
            notional_usd=due.usd,
            sampled=False,
            liquidation_id=number,
        )


def _first() -> list[Event]:
    """Definitions, then books."""
    return [e for kind in (Instrument, BookSnapshot) for e in bitcoin() if isinstance(e, kind)]


async def _run(plan: SourcePlan) -> tuple[Pump, Source]:
    with tempfile.TemporaryDirectory() as folder:
        pump = Pump(
            settings=plan.settings,
            worker="benchmark-source",
            size=SpoolSize(folder=Path(folder)),
            venues=(),
            symbols=(),
            overrides={},
        )
        source = Source(plan, pump.publisher.publish)
        pump._fleet = source  # type: ignore[assignment]  # all of the pump but the sockets
        await pump.run(stop=asyncio.Event(), drain_s=10)
    return pump, source


def main() -> None:
    """Run the plan and say how it went."""
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=SourcePlan)
    pump, source = asyncio.run(_run(plan))
    Path(plan.marks).write_bytes(msgspec.json.encode(source.marks))
    publisher = pump.publisher
    print(
        f"source: {publisher.events:,} events in {publisher.frames:,} frames, {time.process_time():.1f} s of CPU, "
        f"{source.late_s * 1e3:.0f} ms behind at most, {publisher.overflow.total} dropped",
        flush=True,
    )


if __name__ == "__main__":
    main()
