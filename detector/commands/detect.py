"""`cascade detect`: a worker of the cluster; as many as there are partitions may share the assets."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path

from detector.commands.detect_line import status_line
from detector.config import Config
from detector.runtime.cluster.app import build_app, group_of, run_app
from detector.runtime.cluster.frames_worker import FramesWorker
from detector.runtime.cluster.log import Log
from detector.runtime.cluster.market_worker import MarketWorker
from detector.runtime.cluster.outbox import Outbox
from detector.runtime.cluster.signs_of_life import SignsOfLife
from producers.kafka.check import check_cluster
from producers.kafka.settings import KafkaSettings, load_settings
from schemas.topics import TOPICS

STATUS_S = 10.0
"""Between two lines on standard error."""

STOP_S = 15.0
"""Leaving the group and the last sends take so long at most; then the process ends with what it has."""


def detect(*, servers: str | None, config: Path | None, worker: str | None) -> None:
    """Run until Ctrl-C or SIGTERM; raises `ProducerError` where the cluster cannot be used."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    logging.getLogger("detector").setLevel(logging.INFO)
    settings = load_settings(servers=servers, file=config, environ=os.environ)
    # A restarted process is another worker: its heartbeat must not be taken for the dead one's.
    name = worker or f"{socket.gethostname()}-{os.getpid()}"
    interrupted = asyncio.run(_run(settings, name))
    if interrupted == signal.SIGINT:
        raise KeyboardInterrupt


async def _run(settings: KafkaSettings, name: str) -> signal.Signals | None:
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
    log = Log(settings, group_of(settings))
    frames, market = FramesWorker(settings, Config(), log, outbox), MarketWorker(settings, Config(), log, outbox)
    life = SignsOfLife(outbox, frames, market)
    await outbox.start()
    print(f"worker {name} of {group_of(settings)} on {settings.bootstrap_servers}; Ctrl-C ends", file=sys.stderr)
    background = [asyncio.create_task(life.run()), asyncio.create_task(_status(frames, market, outbox))]
    try:
        await run_app(build_app(settings, frames, market, outbox), stop)
    finally:
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        try:
            async with asyncio.timeout(STOP_S):
                await life.say(stopping=True)
                await outbox.flush()
                await outbox.stop()
        except TimeoutError:
            print("cascade: the brokers do not answer; what was not acknowledged will be said again", file=sys.stderr)
        print(status_line(frames, market, outbox, 0.0, 0), file=sys.stderr)
    return caught[0] if caught else None


async def _status(frames: FramesWorker, market: MarketWorker, outbox: Outbox) -> None:
    before_s, events = time.monotonic(), frames.events
    while True:
        await asyncio.sleep(STATUS_S)
        now_s = time.monotonic()
        print(
            status_line(frames, market, outbox, now_s - before_s, frames.events - events), file=sys.stderr, flush=True
        )
        before_s, events = now_s, frames.events
