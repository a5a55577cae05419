"""`cascade produce`: what venues say, to Kafka."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

from detector.commands.endpoints import parse_endpoints
from detector.commands.recorders import Recorders
from detector.runtime.alive_file import alive_file
from producers.health import Health
from producers.kafka.pump import MIB, Pump, SpoolSize
from producers.kafka.settings import KafkaSettings
from producers.venues.registry import venues_of

STATUS_S = 10.0


def produce(
    *,
    settings: KafkaSettings,
    venue_names: Sequence[str],
    symbols: Sequence[str],
    endpoints: Sequence[str],
    spool: SpoolSize,
    record_to: Path | None,
    at_most: int | None,
    recorded_clock: bool,
    producer_id: str | None,
    drain_s: float,
    alive: Path | None,
) -> None:
    """Produce until Ctrl-C or SIGTERM; raises `ValueError` for names that nobody knows."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    # It repeats each failed try several times a second; what matters of it is said by the status and by the link.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    # A venue named twice, by itself and by its group, is still one venue.
    venues = list({venue.id: venue for name in venue_names for venue in venues_of(name)}.values())
    overrides = parse_endpoints(endpoints, venues)
    worker = producer_id or f"{socket.gethostname()}-{time.time_ns() // 1_000_000:x}"
    health = Health()
    with ExitStack() as stack:
        recorders = stack.enter_context(Recorders(record_to)) if record_to is not None else None

        async def run() -> Pump:
            pump = Pump(
                settings=settings,
                worker=worker,
                size=spool,
                venues=venues,
                symbols=symbols,
                overrides=overrides,
                clock="recorded" if recorded_clock else "wall",
                record=recorders,
                at_most=at_most,
                health=health,
            )
            names = ", ".join(venue.id for venue in venues)
            _say(f"{worker}: {', '.join(symbols)} on {names} to Kafka at {settings.bootstrap_servers}; Ctrl-C ends")
            async with alive_file(alive, lambda: _words(pump)):
                await pump.run(stop=_signalled(), drain_s=drain_s, on_turn=Status(pump).show)
            return pump

        pump = asyncio.run(run())
    _say(*_summary(pump), *_health_lines(health))


class Status:
    """A line every ten seconds."""

    def __init__(self, pump: Pump) -> None:
        self._pump = pump
        self._shown_s = time.monotonic()
        self._events = self._frames = 0

    def show(self) -> None:
        """Print it, when it is time."""
        now_s = time.monotonic()
        passed_s = now_s - self._shown_s
        if passed_s >= STATUS_S:
            _say(self.line(passed_s))
            self._shown_s = now_s

    def line(self, passed_s: float) -> str:
        """What happened since the line before."""
        pump, publisher = self._pump, self._pump.publisher
        events, frames = publisher.events - self._events, publisher.frames - self._frames
        self._events, self._frames = publisher.events, publisher.frames
        parts = [
            f"{events / passed_s:,.0f} events/s in {frames / passed_s:,.0f} frames/s",
            f"spool {pump.lanes.held_bytes / MIB:.1f} MB, on disk {pump.disk.waiting_bytes / MIB:.1f} MB",
            f"Kafka {pump.lanes.oldest_s():.1f} s behind",
            f"dropped {publisher.overflow.total:,}",
        ]
        if pump.disk.lost_records:
            parts.append(f"LOST {pump.disk.lost_records:,} records that must not be lost")
        return "; ".join(parts)


def _words(pump: Pump) -> str:
    # A producer that spools while the brokers are away is well: to restart it would lose what it holds.
    return f"{pump.publisher.events:,} events; Kafka {pump.lanes.oldest_s():.1f} s behind"


def _summary(pump: Pump) -> Iterator[str]:
    publisher, disk = pump.publisher, pump.disk
    yield f"{publisher.events:,} events in {publisher.frames:,} frames; {pump.lanes.sent_records:,} records in Kafka"
    yield f"the spool held {pump.spool.peak_bytes / MIB:.1f} MB at most; {disk.spilled_records:,} records went to disk"
    if pump.kept_records:
        yield f"{pump.kept_records:,} records wait in {disk.folder} for the next start"
    for kind, count in sorted(publisher.overflow.dropped.items()):
        yield f"dropped for want of room: {count:,} {kind}"
    for what, count in (
        ("records that must not be lost are lost", disk.lost_records),
        ("records were torn on disk", disk.torn_records),
        ("records were too large for Kafka", pump.writer.refused_records),
        ("times a new connection was needed", pump.writer.failures),
    ):
        if count:
            yield f"{count:,} {what}"


def _health_lines(health: Health) -> Iterator[str]:
    for venue, name, label, count in health.rows():
        yield f"{venue} {name}{' ' + label if label else ''}: {count:,}"


def _signalled() -> asyncio.Event:
    """Set by the first signal; the second one does not wait for anything."""
    stop = asyncio.Event()

    def on_signal(which: signal.Signals) -> None:
        if stop.is_set():
            _end_at_once(which)
        stop.set()

    loop = asyncio.get_running_loop()
    for which in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(which, on_signal, which)
    return stop


def _end_at_once(which: signal.Signals) -> NoReturn:
    _say("ended at once: what was not sent is lost, except for what was already on disk")
    os._exit(128 + which)


def _say(*lines: str) -> None:
    print(*lines, sep="\n", file=sys.stderr, flush=True)
