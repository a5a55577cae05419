"""`cascade detect`: a worker of the cluster; as many as there are partitions may share the assets."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import faust

from detector.calibration.calibrated import Calibration
from detector.commands.detect_line import status_line
from detector.config import Config
from detector.runtime.alive_file import alive_file
from detector.runtime.cluster.app import build_app, group_of, run_app, stop_app
from detector.runtime.cluster.frames_worker import FramesWorker
from detector.runtime.cluster.log import Log
from detector.runtime.cluster.market_worker import MarketWorker
from detector.runtime.cluster.outbox import Outbox
from detector.runtime.cluster.receipts import Receipts
from detector.runtime.cluster.signs_of_life import SignsOfLife
from producers.errors import ProducerError
from producers.kafka.check import check_cluster
from producers.kafka.settings import KafkaSettings
from schemas.topics import TOPICS

STATUS_S = 10.0
"""Between two lines on standard error."""
LOOK_S = 5.0

LAST_WORDS_S = 3.0
LEAVE_S = 6.0
"""With what closing takes, a worker ends within 15 s of a signal whether or not there are brokers."""


def detect(
    *, settings: KafkaSettings, worker: str | None, alive: Path | None, calibration: Calibration | None = None
) -> None:
    """Run until Ctrl-C or SIGTERM; raises `ProducerError` where the cluster cannot be used."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    logging.getLogger("detector").setLevel(logging.INFO)
    # Forty lines a second while a broker is away, and none that says what to do: see `_status`.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL + 1)
    # A restarted process is another worker: its heartbeat must not be taken for the dead one's.
    name = worker or f"{socket.gethostname()}-{time.time_ns() // 1_000_000:x}"
    config = Config(calibration=calibration or Calibration())
    interrupted = asyncio.run(_run(settings, config, name, alive))
    if interrupted == signal.SIGINT:
        raise KeyboardInterrupt


async def _run(settings: KafkaSettings, config: Config, name: str, alive: Path | None) -> signal.Signals | None:
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
    outbox = Outbox(settings, name)
    log, receipts = Log(settings, group_of(settings)), Receipts(outbox)
    frames, market = FramesWorker(settings, config, log, outbox), MarketWorker(settings, config, log, outbox)
    life = SignsOfLife(outbox, frames, market)
    app = build_app(settings, frames, market, receipts)
    _tell(f"worker {name} of {group_of(settings)} on {settings.bootstrap_servers}; Ctrl-C ends")
    told = [asyncio.create_task(life.run()), asyncio.create_task(_status(settings, frames, market, outbox))]
    writing = [asyncio.create_task(outbox.run()), asyncio.create_task(receipts.run())]
    failure: Exception | None = None
    try:
        async with alive_file(alive, lambda: status_line(frames, market, outbox, 0.0, 0)):
            await run_app(app, stop, (*told, *writing))
    except Exception as error:  # noqa: BLE001
        # It is raised again when the others have been told that we leave.
        failure = error
    await _cancel(told)
    left = await _leave(app, life, outbox)
    await _cancel(writing)
    await outbox.close()
    _tell(status_line(frames, market, outbox, 0.0, 0))
    if not left:
        _end(failure, caught)
    if failure is not None:
        raise failure
    return caught[0] if caught else None


async def _leave(app: faust.App, life: SignsOfLife, outbox: Outbox) -> bool:
    """Say so, commit what is acknowledged, leave the group; False where the app could not be ended."""
    try:
        async with asyncio.timeout(LAST_WORDS_S):
            await life.say(stopping=True)
            await outbox.flush()
    except TimeoutError:
        _tell("cascade: the brokers do not answer; what was not acknowledged will be said again")
    # Faust's threads fall over brokers that are away; that they are is said above.
    threading.excepthook = lambda _: None
    return await stop_app(app, within_s=LEAVE_S)


def _end(failure: Exception | None, caught: list[signal.Signals]) -> NoReturn:
    """Faust's threads wait for brokers that are away, and the process would wait for them."""
    if failure is not None:
        _tell(f"cascade: {failure}")
    os._exit(1 if failure is not None else 130 if caught[0] == signal.SIGINT else 0)


def _tell(text: str) -> None:
    # Whoever read it may be gone (`cascade detect 2>&1 | head`); the work goes on.
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


async def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _status(settings: KafkaSettings, frames: FramesWorker, market: MarketWorker, outbox: Outbox) -> None:
    before_s, events = time.monotonic(), frames.events
    while True:
        await asyncio.sleep(STATUS_S)
        now_s = time.monotonic()
        _tell(status_line(frames, market, outbox, now_s - before_s, frames.events - events))
        before_s, events = now_s, frames.events
        if outbox.waiting_s > STATUS_S or now_s - frames.last_record_s > STATUS_S:
            # Clients of Kafka answer most troubles with silence.
            try:
                await check_cluster(settings, TOPICS, within_s=LOOK_S)
            except ProducerError as error:
                _tell(f"cascade: {error}")
