"""`cascade notify`: one process that tells people what the detectors of a cluster say."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaError

from detector.commands.notify_line import status_line
from detector.runtime.alive_file import alive_file
from detector.runtime.cluster.outbox import Outbox
from detector.runtime.notify.clocks import EventClock, WallClock
from detector.runtime.notify.cluster_life import ClusterLife
from detector.runtime.notify.kafka_source import KafkaSource
from detector.runtime.notify.notifier import Notifier
from detector.runtime.notify.opened import open_notifier, wants_pictures
from detector.runtime.notify.pictures import Pictures
from detector.runtime.notify.vigil import Vigil
from detector.sinks.config import NotifyConfig, load
from detector.sinks.secrets import redact, redact_logs
from producers.kafka.check import check_cluster
from producers.kafka.errors import BrokerError
from producers.kafka.settings import KafkaSettings
from schemas.topics import TOPICS

STATUS_S = 10.0
"""Between two lines on standard error."""
DRAIN_S = 6.0
LAST_WORDS_S = 2.0
"""With what closing takes, it ends within 15 s of a signal whatever its channels and the brokers do."""


def notify(
    *, settings: KafkaSettings, config_path: Path, store: Path | None, alive: Path | None, recorded_clock: bool
) -> None:
    """Run until Ctrl-C or SIGTERM; raises `ProducerError` where the cluster or the configuration cannot be used.

    Parameters
    ----------
    config_path
        Where messages go: `detector/sinks/config.py`.
    store
        In place of the configuration's.
    recorded_clock
        It is as late as the newest that was said: for recordings that are played. Nobody is told of silence then.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    redact_logs()
    logging.getLogger("detector").setLevel(logging.INFO)
    # Forty lines a second while a broker is away, and none that says what to do; the status does.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL + 1)
    config = load(config_path, os.environ)
    # A restarted process is another worker: its heartbeat must not be taken for the dead one's.
    name = f"notifier-{socket.gethostname()}-{time.time_ns() // 1_000_000:x}"
    if asyncio.run(_run(settings, config, store, alive, name, recorded_clock)) == signal.SIGINT:
        raise KeyboardInterrupt


async def _run(
    settings: KafkaSettings, config: NotifyConfig, store: Path | None, alive: Path | None, name: str, recorded: bool
) -> signal.Signals | None:
    stop, caught = asyncio.Event(), list[signal.Signals]()

    def on_signal(which: signal.Signals) -> None:
        if caught:
            os._exit(128 + which)  # asked twice: at once
        caught.append(which)
        stop.set()

    loop = asyncio.get_running_loop()
    for which in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(which, on_signal, which)
    await check_cluster(settings, TOPICS)
    recording = EventClock() if recorded else None
    outbox = Outbox(settings, name)
    clock, pictures = recording or WallClock(), Pictures()
    async with open_notifier(
        config, clock, store=store, kafka=settings, reads=True, pictures=pictures, polite=recorded
    ) as notifier:
        wanted = wants_pictures(notifier)
        told = [story.alert for story in notifier.desk.kept.stories.values()]
        vigil = Vigil(began_ns=time.time_ns(), told=told)
        source = KafkaSource(
            settings,
            notifier,
            vigil,
            worker=name,
            readings=wanted,
            reach=recording.reach if recording is not None else None,
        )
        life = ClusterLife(settings, outbox, source, notifier, None if recorded else vigil)
        _tell(f"{name} on {settings.bootstrap_servers}, to {', '.join(notifier.sinks)}; Ctrl-C ends")
        writing = [asyncio.create_task(outbox.run()), *([asyncio.create_task(pictures.warm())] if wanted else [])]
        try:
            async with alive_file(alive, lambda: redact(status_line(source, notifier, life))):
                await _serve(stop, source, notifier, life, recording)
                await _last_words(life, outbox)
        finally:
            await _cancel(writing)
            await source.close()
            await outbox.close()
        _tell(status_line(source, notifier, life))
    return caught[0] if caught else None


async def _serve(
    stop: asyncio.Event,
    source: KafkaSource,
    notifier: Notifier,
    life: ClusterLife,
    recording: EventClock | None,
) -> None:
    """Until `stop`; then send what waits."""
    try:
        await source.start()
        if recording is None:
            await _unless(stop, source.catch_up())
            _tell(f"caught up: {source.alerts:,} alerts read, {notifier.waiting:,} stories to tell")
    except KafkaError as error:
        raise BrokerError(f"Kafka gives no records: {type(error).__name__}: {error}") from None
    if recording is None:
        sending, reading = asyncio.create_task(notifier.run()), asyncio.create_task(source.run())
        tasks = [sending, reading]
    else:
        tasks = [asyncio.create_task(_play(source, notifier, recording))]
    beside = [asyncio.create_task(life.run()), asyncio.create_task(_status(source, notifier, life))]
    stopping = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait((stopping, *tasks, *beside), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        await _cancel([*tasks[1:], *beside])
        if recording is None:
            await _drain(notifier, tasks[0])
    finally:
        await _cancel([stopping, *tasks, *beside])


async def _play(source: KafkaSource, notifier: Notifier, recording: EventClock) -> None:
    """Each alert is told before the next one is read: the same whatever the speed of the recording."""
    while True:
        read = await source.read_one()
        if source.market is not None and source.caught_up:
            recording.reach(source.market.ts_ns)
        elif not read:
            continue
        await source.read_readings(recording.now_ns())
        await notifier.settle()


async def _drain(notifier: Notifier, sending: asyncio.Task[None]) -> None:
    """Go on for a while: a send that is cut off would be made again by the next life."""
    until_s = time.monotonic() + DRAIN_S
    while notifier.waiting and time.monotonic() < until_s and not sending.done():
        await asyncio.wait((sending,), timeout=0.05)
    if waiting := notifier.waiting:
        _tell(f"cascade: {waiting:,} messages wait still; the next start sends what is not over by then")


async def _last_words(life: ClusterLife, outbox: Outbox) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORDS_S):
            await life.say(stopping=True)
            await outbox.flush()


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Until it is done, or nobody wants it any more."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        await _cancel([working, stopping])


async def _status(source: KafkaSource, notifier: Notifier, life: ClusterLife) -> None:
    while True:
        await asyncio.sleep(STATUS_S)
        _tell(status_line(source, notifier, life))


def _tell(text: str) -> None:
    # Whoever read it may be gone (`cascade notify 2>&1 | head`); the work goes on.
    with suppress(OSError):
        print(redact(text), file=sys.stderr, flush=True)


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    for task in (tasks := list(tasks)):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
