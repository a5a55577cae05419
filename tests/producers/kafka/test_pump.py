"""From sockets to a real Kafka and back: what was published is what is there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from producers.bundled import CALM_SECONDS
from producers.errors import FleetError
from producers.fleet import EndpointOverride
from producers.kafka.publisher import Publisher
from producers.kafka.pump import MIB, Pump, SpoolSize
from producers.kafka.settings import KafkaSettings
from producers.ticker.ticker import Ticker
from producers.venue import Venue
from producers.venue_server.server import VenueServer
from producers.venue_server.timeline import Frame, recorded
from producers.venues.binance_coinm import BinanceCoinm
from producers.venues.binance_spot import BinanceSpot
from producers.venues.binance_usdm import BinanceUsdm
from schemas.base import Event
from schemas.clock import Tick
from schemas.codec import decode_event, decode_output, encode
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, Liquidation
from schemas.state import Heartbeat
from schemas.topics import HEALTH, LIQUIDATIONS, STATE
from tests.kit.kafka.broker import Broker
from tests.kit.kafka.choice import SharedBroker
from tests.kit.kafka_log import deployment, quiet_client, read_frames, read_topic
from tests.kit.stream import BTC, ETH, VENUE, definition, liquidation, raw, snapshot

pytestmark = pytest.mark.kafka

PLAYED_S = 40
WIDE = raw([(f"{90 + step / 100:.2f}", "1.5") for step in range(40)])


class Load:
    """A fleet that publishes some thousand book changes a second, and liquidations of two assets."""

    BATCH = 40

    def __init__(self, *, publish: Callable[[Sequence[Event]], None], **_: Any) -> None:
        self._publish = publish
        self.liquidations: list[Event] = []
        Load.latest = self

    async def run(self) -> None:
        self._publish([definition(), definition(ETH)])
        self._publish([_now(snapshot(0))])
        while True:
            forced = [_now(liquidation(len(self.liquidations) + at, market)) for at, market in enumerate((BTC, ETH))]
            self.liquidations += forced
            self._publish([*(_delta() for _ in range(self.BATCH)), *forced])
            await asyncio.sleep(0.01)

    latest: Load


def _now(event: Any) -> Any:
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    return type(event)(**fields | {"ts_event_ns": time.time_ns(), "ts_recv_ns": time.time_ns()})


def _delta() -> BookDelta:
    now_ns = time.time_ns()
    return BookDelta(venue=VENUE, instrument=BTC, ts_event_ns=now_ns, ts_recv_ns=now_ns, bids=WIDE, asks=raw([]))


def loaded(settings: KafkaSettings, folder: Path, **size: float) -> Pump:
    return Pump(
        settings=settings,
        worker="here-1",
        size=SpoolSize(folder=folder, **size),
        venues=[BinanceUsdm()],
        symbols=["BTC"],
        overrides={},
    )


async def until(condition: Callable[[], bool], within_s: float = 30) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110  # nobody wakes who looks from outside
            await asyncio.sleep(0.01)


def left_in(folder: Path) -> list[Path]:
    """What waits on disk."""
    return list(folder.glob("*.spool"))


def first_seconds(frames: Iterable[Frame]) -> Iterable[Frame]:
    until_ns = 0
    for frame in frames:
        until_ns = until_ns or frame[0] + PLAYED_S * 10**9
        if frame[0] >= until_ns:
            return
        yield frame


def published_again(events: Sequence[Event]) -> list[Event]:
    """Without keyframes, and without definitions that were there before."""
    told: list[Event] = []
    defined: set[bytes] = set()
    for event in events:
        if isinstance(event, Instrument):
            if (text := encode(event)) in defined:
                continue
            defined.add(text)
        if not (isinstance(event, BookSnapshot) and event.keyframe):
            told.append(event)
    return told


async def test_a_recording_is_in_the_log_as_it_was_published(
    broker: SharedBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The detector behind the log would see another market than the one in one process; with so little memory it has
    to make the server wait.
    """
    settings = await deployment(broker.bootstrap)
    published: list[Event] = []
    take = Publisher.publish

    def publish(self: Publisher, events: Sequence[Event]) -> None:
        published.extend(events)
        take(self, events)

    monkeypatch.setattr(Publisher, "publish", publish)
    venues: list[Venue] = [BinanceUsdm(), BinanceCoinm(), BinanceSpot()]
    async with VenueServer(first_seconds(recorded(CALM_SECONDS)), speed=0, expect_sockets=4) as server:
        pump = Pump(
            settings=settings,
            worker="here-1",
            size=SpoolSize(folder=tmp_path, memory_mb=0.5),
            venues=venues,
            symbols=["BTC", "ETH"],
            overrides={
                venue.id: EndpointOverride(
                    websocket_base=server.websocket_url(venue.id), rest_base=server.rest_url(venue.id)
                )
                for venue in venues
            },
            clock="recorded",
        )
        async with asyncio.timeout(60):
            await pump.run(stop=asyncio.Event(), drain_s=10)
    assert (pump.publisher.overflow.total, pump.disk.spilled_records, pump.kept_records) == (0, 0, 0)
    ticker = Ticker()
    expected = ticker.take(published) + ticker.finish()
    assert pump.spool.peak_bytes < sum(len(encode(event)) for event in expected) / 2
    frames = await read_frames(settings)
    for asset in ("BTC", "ETH"):
        (log,) = (events for events in frames.values() if any(e.instrument.startswith(asset) for e in events))
        seen = [encode(event) for event in published_again(log) if event.instrument.split("-")[0] in (asset, "*")]
        assert seen == [encode(event) for event in expected if event.instrument.split("-")[0] in (asset, "*")]
    assert sum(isinstance(event, Tick) for event in log) >= PLAYED_S
    beats = [decode_output(record.value) for record in await read_topic(settings, STATE)]
    assert isinstance(beats[-1], Heartbeat)
    assert (beats[-1].worker, beats[-1].state) == ("here-1", "stopping")


async def test_a_broker_that_is_away_under_load_costs_market_data_and_no_liquidation(
    fresh_broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker goes down when everybody liquidates."""
    settings = await deployment(fresh_broker.bootstrap)
    monkeypatch.setattr("producers.kafka.pump.Fleet", Load)
    pump = loaded(settings, tmp_path, memory_mb=2)
    stop = asyncio.Event()
    with quiet_client():
        running = asyncio.ensure_future(pump.run(stop=stop, drain_s=20))
        await until(lambda: pump.lanes.sent_records > 200)
        await asyncio.to_thread(fresh_broker.stop)
        await until(lambda: pump.publisher.overflow.total > 5_000)
        assert pump.spool.full
        await asyncio.to_thread(fresh_broker.start)
        await until(lambda: not pump.spool.full, 60)
        dropped = pump.publisher.overflow.total
        sent = pump.publisher.events
        await until(lambda: pump.publisher.events > sent + 2_000)
        stop.set()
        await running
    assert pump.publisher.overflow.total == dropped
    assert pump.spool.peak_bytes < 2 * MIB * 1.1
    assert (pump.disk.lost_records, pump.kept_records, left_in(tmp_path)) == (0, 0, [])
    told = [decode_event(record.value) for record in await read_topic(settings, LIQUIDATIONS)]
    for market in (BTC, ETH):
        wanted = [event for event in Load.latest.liquidations if event.instrument == market]
        assert [event for event in told if event.instrument == market] == wanted
        frames = await read_frames(settings)
        (log,) = (events for events in frames.values() if any(e.instrument == market for e in events))
        assert [e for e in log if isinstance(e, Liquidation) and e.instrument == market] == wanted
        if market == BTC:
            gaps = [at for at, event in enumerate(log) if isinstance(event, Gap) and event.channel == "book"]
            assert len(gaps) == 2
            assert not any(isinstance(event, BookDelta) for event in log[gaps[0] : gaps[1]])
            assert any(isinstance(event, BookSnapshot) and event.keyframe for event in log[gaps[1] : gaps[1] + 5])
            ticks = [event.ts_event_ns for event in log if isinstance(event, Tick)]
            assert max(later - earlier for earlier, later in pairwise(ticks)) < 3 * 10**9


async def test_what_cannot_be_sent_before_the_end_is_sent_by_the_next_process(
    fresh_broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped while the broker is away, a producer would take its liquidations with it."""
    settings = await deployment(fresh_broker.bootstrap)
    monkeypatch.setattr("producers.kafka.pump.Fleet", Load)
    first, stop = loaded(settings, tmp_path), asyncio.Event()
    with quiet_client():
        running = asyncio.ensure_future(first.run(stop=stop, drain_s=0.5))
        await until(lambda: first.lanes.sent_records > 50)
        await asyncio.to_thread(fresh_broker.kill)
        seen = first.publisher.events
        await until(lambda: first.publisher.events > seen + 2_000)
        stop.set()
        async with asyncio.timeout(20):
            await running
        assert first.kept_records > 10
        wanted = list(Load.latest.liquidations)
        await asyncio.to_thread(fresh_broker.start)
        second, stop = loaded(settings, tmp_path), asyncio.Event()
        running = asyncio.ensure_future(second.run(stop=stop, drain_s=20))
        await until(lambda: second.lanes.sent_records > 200)
        stop.set()
        await running
    wanted += Load.latest.liquidations
    assert left_in(tmp_path) == []
    told = [decode_event(record.value) for record in await read_topic(settings, LIQUIDATIONS)]
    for market in (BTC, ETH):
        # What was on its way when the broker died may be there twice.
        once = {encode(event): event for event in told if event.instrument == market}
        assert list(once.values()) == [event for event in wanted if event.instrument == market]
    starts = [decode_event(record.value) for record in await read_topic(settings, HEALTH)]
    again = [event for event in starts if isinstance(event, Gap) and event.reason == "the producer started"]
    assert len(again) == 2
    assert again[0].since_ns == again[0].ts_event_ns
    assert 0 < again[1].ts_event_ns - again[1].since_ns < 60 * 10**9


async def test_a_fleet_that_cannot_run_ends_the_process_with_its_reason(
    broker: SharedBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A misspelt symbol would be a traceback, or a process that does nothing for ever."""

    class Idle(Load):
        async def run(self) -> None:
            raise FleetError("no venue lists a market of NOPE")

    monkeypatch.setattr("producers.kafka.pump.Fleet", Idle)
    pump = loaded(await deployment(broker.bootstrap), tmp_path)
    with pytest.raises(FleetError, match="NOPE"):
        async with asyncio.timeout(20):
            await pump.run(stop=asyncio.Event(), drain_s=1)
