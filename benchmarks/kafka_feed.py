"""A busy market for benchmarks: recorded Bitcoin markets of three venues, once for each of many assets."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from aiokafka.partitioner import murmur2

from producers.bundled import CALM_SECONDS
from producers.kafka.framer import Frame, Framer
from producers.kafka.lanes import Record
from producers.replay import Replay
from producers.ticker.ticker import Ticker
from producers.venues.registry import venues_of
from schemas.base import EVERY_INSTRUMENT, Event
from schemas.codec import base_asset
from schemas.frames import EVERY_ASSET, encode_frame
from schemas.instrument import Instrument
from schemas.topics import FRAME_PARTITIONS, FRAMES

RAW = Path(__file__).resolve().parents[2] / "shared" / "data" / "binance-raw"
LONGER = tuple(RAW / f"{name}_20240808.gz" for name in ("usdm_btcusdt", "cm_btcusd_perp", "spot_btcusdt"))
"""Six minutes of what the bundled recordings hold 80 seconds of."""


class Prepared(NamedTuple):
    """Frames as the producer would write them in a burst, and how many events each partition's records hold."""

    records: list[Record]
    events: int
    """Without ticks."""
    by_partition: dict[int, list[int]]
    seconds: float
    """Of event time."""

    @property
    def value_bytes(self) -> int:
        """Of all frames, each counted once."""
        return sum(len(record.value) for record in self.records)


@functools.cache
def bitcoin() -> tuple[Event, ...]:
    """The recorded events of the Bitcoin markets, in their order of receipt."""
    files = LONGER if all(file.exists() for file in LONGER) else CALM_SECONDS
    batches = Replay(files, venues=venues_of("all"))
    return tuple(event for batch in batches for event in batch if event.instrument.startswith("BTC-"))


def assets(count: int) -> list[str]:
    """Names of which each partition gets its share."""
    names: list[str] = []
    number = 0
    while len(names) < count:
        name = f"A{number}"
        if partition_of(name) == len(names) % FRAME_PARTITIONS:
            names.append(name)
        number += 1
    return names


def partition_of(asset: str) -> int:
    """Where an asset's frames are."""
    return int(murmur2(asset.encode()) & 0x7FFFFFFF) % FRAME_PARTITIONS


def spread(names: Sequence[str], *, rate: float, most: int) -> Iterator[Event]:
    """The recorded markets once for each asset, all together `rate` events a second of event time, `most` events.

    Time is compressed, or stretched: intervals between events keep their proportions.
    """
    recorded = bitcoin()
    first_ns = recorded[0].ts_recv_ns
    usual_rate = len(recorded) * len(names) / (recorded[-1].ts_recv_ns - first_ns) * 1e9
    factor = usual_rate / rate
    count = 0
    for event in recorded:
        recv_ns = first_ns + int((event.ts_recv_ns - first_ns) * factor)
        # The delay between a venue and its receiver is not compressed: it is a distance, not a pace.
        happened_ns = recv_ns - (event.ts_recv_ns - event.ts_event_ns)
        for name in names:
            yield moved(event, name, happened_ns, recv_ns)
            count += 1
            if count >= most:
                return


def moved(event: Event, name: str, happened_ns: int, recv_ns: int) -> Event:
    """A Bitcoin event as another asset's."""
    instrument = name + event.instrument.removeprefix(base_asset(event.instrument))
    times = {"instrument": instrument, "ts_event_ns": happened_ns, "ts_recv_ns": recv_ns}
    if isinstance(event, Instrument):
        return msgspec.structs.replace(event, base=name, symbol=name + event.symbol, **times)
    return msgspec.structs.replace(event, **times)


def prepare(names: Sequence[str], *, rate: float, most: int) -> Prepared:
    """Frames of 256 events, cut at each tick."""
    ticker, framer = Ticker(), Framer()
    records: list[Record] = []
    by_partition: dict[int, list[int]] = {number: [] for number in range(FRAME_PARTITIONS)}
    first_ns = newest_ns = count = 0

    def put(frames: Sequence[Frame]) -> None:
        for frame in frames:
            records.append(Record(FRAMES, frame.key, encode_frame(frame.events), precious=False))
            where = range(FRAME_PARTITIONS) if frame.key == EVERY_ASSET else [partition_of(frame.key.decode())]
            real = sum(event.instrument != EVERY_INSTRUMENT for event in frame.events)
            for partition in where:
                by_partition[partition].append(real)

    for event in spread(names, rate=rate, most=most):
        first_ns = first_ns or event.ts_recv_ns
        newest_ns = event.ts_recv_ns
        count += 1
        put(framer.take(ticker.take((event,))))
    put(framer.take(ticker.finish()))
    put(framer.flush())
    return Prepared(records, count, by_partition, (newest_ns - first_ns) / 1e9)
