"""SIGKILL of a producer whose venues go on without it: what nobody heard is a gap, and books are unknown meanwhile."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.request import urlopen

import msgspec
import pytest

from schemas.base import EVERY_INSTRUMENT, Event
from schemas.clock import Tick
from schemas.codec import decode_event
from schemas.frames import decode_frame
from schemas.health import Gap
from schemas.market import BookSnapshot, Trade
from schemas.reading import MarketReading, Reading
from schemas.topics import FRAME_PARTITIONS, FRAMES, HEALTH, READINGS
from tests.kit.crash_cluster import STAMPED, Cluster
from tests.kit.kafka.choice import SharedBroker
from tests.kit.kafka_log import deployment, read_topic
from tests.kit.positions import until_done
from tests.kit.spoken import spoken
from tests.kit.tail import Tail

NS = 1_000_000_000
START, END, SPEED = "21:00", "21:08", 20.0
DIES_NS, ENDS_NS = 1_760_130_120 * NS, 1_760_130_420 * NS
"""21:02 and 21:07 UTC."""
AWAY_NS = 60 * NS
WITHIN_S = 120.0
NAMES = ("first", "second")

Place = tuple[str, str]


@pytest.mark.kafka
@pytest.mark.timeout(300)
async def test_what_a_killed_producer_did_not_hear_is_a_gap_and_its_books_are_unknown_until_their_next_snapshot(
    broker: SharedBroker, tmp_path: Path
) -> None:
    """A minute that nobody heard would be a calm minute, and a book of before it a book of now."""
    settings = await deployment(broker.bootstrap)
    cluster = Cluster(settings, tmp_path)
    with cluster.programs:
        await asyncio.to_thread(cluster.detect, "w1")
        venues = await asyncio.to_thread(lambda: cluster.serve(start=START, end=END, speed=SPEED, live=True))
        first = cluster.produce(venues.url, name="first", live=True)
        async with Tail(settings, READINGS) as readings:
            await readings.until(lambda record: spoken(record).ts_ns >= DIES_NS, within_s=WITHIN_S)
            first.kill()
            await _played(venues.url, await asyncio.to_thread(_position_ns, venues.url) + AWAY_NS)
            second = cluster.produce(venues.url, name="second", live=True)
            await readings.until(lambda record: spoken(record).ts_ns >= ENDS_NS, within_s=WITHIN_S)
            code = await asyncio.to_thread(second.terminate)
            await until_done(settings, within_s=WITHIN_S)
            await readings.catch_up()
        written = [
            (record.partition, record.headers["producer"].decode(), event)
            for record in await read_topic(settings, FRAMES)
            for event in decode_frame(record.value)
        ]
        health = [decode_event(record.value) for record in await read_topic(settings, HEALTH)]
    assert code == 0
    since_ns = max(event.ts_event_ns for _, by, event in written if by == "first" and isinstance(event, Tick))
    trades_ns = {by: [e.ts_event_ns for _, who, e in written if who == by and isinstance(e, Trade)] for by in NAMES}
    assert min(trades_ns["second"]) - max(trades_ns["first"]) > AWAY_NS // 2
    assert max(trades_ns["first"]) < since_ns + 2 * NS

    gaps = {event.venue: event for event in health if isinstance(event, Gap) and _is_start(event)}
    assert gaps.keys() == set(STAMPED)
    assert {gap.since_ns for gap in gaps.values()} == {since_ns}
    for partition in range(FRAME_PARTITIONS):
        begins = [event for where, by, event in written if where == partition and by == "second"][: len(gaps)]
        assert begins == list(gaps.values()), f"partition {partition} has something before the gaps"

    told = [msgspec.json.decode(record.value, type=Reading) for record in readings.seen]
    snapshots = _first_snapshots([event for _, by, event in written if by == "second"])
    books = _books(told, at_ns=since_ns)
    for place in books:
        unknown = [market for ns, market in _of(told, place) if since_ns + NS < ns <= snapshots.get(place, ENDS_NS)]
        assert len(unknown) > AWAY_NS // 2 // NS, place
        assert all(market.bid_depth_usd is None and market.book_fault for market in unknown), place
    # A quiet book begins again with its next change, which may be minutes away.
    assert _books(told, at_ns=ENDS_NS) & books == {place for place in books if snapshots.get(place, ENDS_NS) < ENDS_NS}
    assert len(snapshots.keys() & books) >= len(books) / 2 > 3


def _position_ns(url: str) -> int:
    """How far the recording was played."""
    with urlopen(f"{url}/_control/status") as answer:  # noqa: S310 - our own server
        position: int = json.load(answer)["position_ns"]
        return position


async def _played(url: str, until_ns: int) -> None:
    async with asyncio.timeout(WITHIN_S):
        while await asyncio.to_thread(_position_ns, url) < until_ns:  # noqa: ASYNC110 - another process's clock
            await asyncio.sleep(0.05)


def _is_start(gap: Gap) -> bool:
    return gap.instrument == EVERY_INSTRUMENT and gap.channel == "all"


def _first_snapshots(events: list[Event]) -> dict[Place, int]:
    """When each book began anew, by its venue's clock."""
    found: dict[Place, int] = {}
    for event in events:
        if isinstance(event, BookSnapshot) and not event.keyframe:
            found.setdefault((event.venue, event.instrument), event.ts_event_ns)
    return found


def _books(told: list[Reading], *, at_ns: int) -> set[Place]:
    """Markets whose books were known in the last second before a moment."""
    last_ns = max(reading.ts_ns for reading in told if reading.ts_ns <= at_ns)
    return {
        (market.venue, market.instrument)
        for reading in told
        if reading.ts_ns == last_ns
        for asset in reading.assets
        for market in asset.markets
        if market.bid_depth_usd is not None
    }


def _of(told: list[Reading], place: Place) -> list[tuple[int, MarketReading]]:
    return [
        (reading.ts_ns, market)
        for reading in told
        for asset in reading.assets
        for market in asset.markets
        if (market.venue, market.instrument) == place
    ]
