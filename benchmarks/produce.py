"""`python -m benchmarks.produce [--kafka HOST:PORT]`: what an event costs on its way from a venue's parser to Kafka.

Without `--kafka` only what happens in the process is measured: ticks, mirrors of books, frames, JSON, compression. With
it the whole way to an acknowledged record, against one record an event, on topics of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.codec import gzip_encode, lz4_encode, snappy_encode, zstd_encode

from producers.bundled import CALM_SECONDS
from producers.kafka.admin import create_topics
from producers.kafka.framer import Framer
from producers.kafka.keyframes import Keyframes
from producers.kafka.lanes import Lanes
from producers.kafka.publisher import Publisher
from producers.kafka.pump import FLUSH_S, LANES, MIB
from producers.kafka.segments import Segments
from producers.kafka.settings import KafkaSettings
from producers.kafka.spool import Spool
from producers.kafka.writer import BATCH_BYTES, Compression, Writer
from producers.replay import Replay
from producers.ticker.ticker import Ticker
from producers.venues.registry import venues_of
from schemas.base import Event
from schemas.codec import encode, partition_key
from schemas.frames import encode_frame
from schemas.topics import FRAMES

ROUNDS = 3
CODECS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": zstd_encode,
    "lz4": lz4_encode,
    "snappy": snappy_encode,
    "gzip": gzip_encode,
}
COMPRESSIONS: tuple[Compression | None, ...] = (None, "zstd", "lz4")
BATCH = 500
"""Events that a fleet publishes at once in a burst."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.produce", description=__doc__)
    parser.add_argument("--kafka", help="HOST:PORT of a broker that may be loaded")
    servers = parser.parse_args().kafka
    events = [event for batch in Replay(CALM_SECONDS, venues=venues_of("all")) for event in batch]
    print(f"{len(events):,} events of the bundled recordings; µs per event, best of {ROUNDS}")
    in_process(events)
    if servers:
        asyncio.run(to_kafka(events, servers))


def best(work: Callable[[], object]) -> float:
    """Seconds of the fastest round."""
    rounds = []
    for _ in range(ROUNDS):
        began_s = time.perf_counter()
        work()
        rounds.append(time.perf_counter() - began_s)
    return min(rounds)


def in_process(events: Sequence[Event]) -> None:
    """Each step by itself."""

    def mirror() -> None:
        keyframes = Keyframes()
        for event in events:
            keyframes.see(event)

    def frame() -> list[Any]:
        framer = Framer()
        return framer.take(events) + framer.flush()

    frames = frame()
    values = [encode_frame(one.events) for one in frames]
    for name, work in (
        ("ticker", lambda: Ticker().take(events)),
        ("mirrors of books", mirror),
        ("framer", frame),
        ("JSON", lambda: [encode_frame(one.events) for one in frames]),
    ):
        print(f"  {name:<24} {best(work) / len(events) * 1e6:6.2f}")
    batches = [b""]
    for value in values:
        if len(batches[-1]) + len(value) > BATCH_BYTES:
            batches.append(b"")
        batches[-1] += value
    for name, codec in CODECS.items():
        seconds = best(partial(_shrink, codec, batches))
        ratio = sum(map(len, batches)) / sum(map(len, _shrink(codec, batches)))
        print(f"  {name:<24} {seconds / len(events) * 1e6:6.2f}  {ratio:.1f} times smaller")


def _shrink(codec: Callable[[bytes], bytes], batches: Sequence[bytes]) -> list[bytes]:
    return [codec(batch) for batch in batches]


async def to_kafka(events: Sequence[Event], servers: str) -> None:
    """The whole way."""
    for name, seconds in (await compare(events, servers, COMPRESSIONS)).items():
        print(f"  {name:<24} {seconds / len(events) * 1e6:6.2f}  {len(events) / seconds:,.0f} events/s")


async def compare(
    events: Sequence[Event], servers: str, compressions: Sequence[Compression | None] = ("zstd",)
) -> dict[str, float]:
    """Seconds until all events are acknowledged: in frames, and with one record an event, which comes last."""
    settings = KafkaSettings(bootstrap_servers=servers, topic_prefix=f"benchmark-{secrets.token_hex(3)}.")
    await create_topics(settings, LANES)
    rounds: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for compression in compressions:
            name = f"frames, {compression or 'as they are'}"
            rounds.setdefault(name, []).append(await _frames(events, settings, compression))
        rounds.setdefault("one record an event", []).append(await _singly(events, settings))
    return {name: min(seconds) for name, seconds in sorted(rounds.items(), key=lambda item: item[0].startswith("one"))}


async def _frames(events: Sequence[Event], settings: KafkaSettings, compression: Compression | None) -> float:
    with tempfile.TemporaryDirectory() as folder:
        disk = Segments(Path(folder), quota_bytes=MIB, segment_bytes=MIB)
        spool = Spool(lanes=Lanes(LANES), disk=disk, memory_bytes=64 * MIB, lossless=True)
        publisher = Publisher(ticker=Ticker(), spool=spool)
        writer = Writer(settings=settings, lanes=spool.lanes, producer_id="benchmark", compression=compression)
        writing = asyncio.ensure_future(writer.run())
        publisher.publish(events[:1])
        publisher.flush()
        await spool.drained()
        began_s = flushed_s = time.perf_counter()
        for at in range(1, len(events), BATCH):
            publisher.publish(events[at : at + BATCH])
            if time.perf_counter() - flushed_s > FLUSH_S:
                publisher.flush()
                flushed_s = time.perf_counter()
            await asyncio.sleep(0)
        publisher.flush()
        await spool.drained()
        seconds = time.perf_counter() - began_s
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await writer.close()
        disk.close()
    return seconds


async def _singly(events: Sequence[Event], settings: KafkaSettings) -> float:
    producer = AIOKafkaProducer(
        **settings.client(),
        enable_idempotence=True,
        linger_ms=5,
        max_batch_size=128 * 1024,
        compression_type="zstd",
    )
    await producer.start()
    topic = settings.topic(FRAMES)
    await producer.send_and_wait(topic, b"[]", key=b"BTC")
    began_s = time.perf_counter()
    for event in events:
        await producer.send(topic, encode(event), key=partition_key(event))
    await producer.flush()
    seconds = time.perf_counter() - began_s
    await producer.stop()
    return seconds


if __name__ == "__main__":
    main()
