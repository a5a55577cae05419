"""The Faust app: one agent over the frames, one over the readings. Faust shares the partitions; the rest is ours."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import faust
from aiokafka.errors import KafkaError
from faust.types import TP, StreamT

from detector.runtime.cluster.frames_worker import FramesWorker
from detector.runtime.cluster.market_worker import MarketWorker
from detector.runtime.cluster.receipts import Receipts
from detector.runtime.cluster.records import Record, record_of
from producers.errors import ProducerError
from producers.kafka.settings import KafkaSettings
from schemas.topics import FRAMES, READINGS

logger = logging.getLogger(__name__)

GROUP = "cascade-detector"

SESSION_S = 10.0
HEARTBEAT_S = 3.0
"""A killed worker is replaced within a session; shorter ones take a busy worker for a dead one."""

COMMIT_S = 1.0

FETCH_WAIT_MS = 50
"""How long a broker may wait for something to send. One fetch is under way at a time, and while a worker is busy it is
one for those partitions alone of which nothing is left to take: all others then wait for these, with what Faust sets up
to 1.5 s.
"""

AGAIN_S = 1.0
"""Pause before a record is taken again that needs something from brokers that are away."""


def group_of(settings: KafkaSettings) -> str:
    """The consumer group of a deployment."""
    return settings.named(GROUP)


class WorkerError(ProducerError):
    """The worker ended although nobody asked it to."""


class App(faust.App):
    """Faust's, without the folders for tables that it makes wherever it is started."""

    logger = logging.getLogger("faust")  # what it says of itself is Faust's, not ours

    def _create_directories(self) -> None:
        pass


def build_app(settings: KafkaSettings, frames: FramesWorker, market: MarketWorker, receipts: Receipts) -> faust.App:
    """An app that has not been started. It declares no topic, serves no page and keeps no table."""
    app = App(
        id=group_of(settings),
        broker=[f"kafka://{host}:{port}" for host, port in settings.addresses()],
        broker_credentials=_credentials(settings),
        broker_session_timeout=SESSION_S,
        broker_heartbeat_interval=HEARTBEAT_S,
        broker_commit_interval=COMMIT_S,
        consumer_auto_offset_reset="earliest",
        key_serializer="raw",
        value_serializer="raw",
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        store="memory://",
        # Faust makes a folder of its own, in the working directory unless told, although nothing is kept there.
        datadir=str(Path(gettempdir()) / "cascade-detector"),
    )
    _agent(app, "frames", settings.topic(FRAMES), frames.take, receipts)
    _agent(app, "readings", settings.topic(READINGS), market.take, receipts)

    async def on_assigned(_app: Any, assigned: set[TP], **_: Any) -> None:
        consumer: Any = app.consumer
        consumer._thread._consumer._fetcher._fetch_max_wait_ms = FETCH_WAIT_MS  # Faust has no setting for it
        frames.keep({tp.partition for tp in assigned if tp.topic == settings.topic(FRAMES)})
        if not any(tp.topic == settings.topic(READINGS) for tp in assigned):
            market.forget()
        logger.info("partitions assigned: %s", " ".join(sorted(f"{tp.topic}-{tp.partition}" for tp in assigned)))

    app.on_partitions_assigned.connect(on_assigned)  # type: ignore[arg-type]
    return app


def _agent(
    app: faust.App, name: str, topic: str, take: Callable[[Record], Awaitable[None]], receipts: Receipts
) -> None:
    channel = app.topic(topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    async def agent(stream: StreamT[bytes]) -> None:
        async for event in stream.noack().events():  # type: ignore[attr-defined]
            try:
                await patiently(take, record_of(event.message))
            except Exception as error:
                # Faust would start the agent anew, and the record would never be acknowledged nor committed past.
                await app.crash(error)
                raise
            await receipts.put(event)

    app.agent(channel, name=name)(agent)


async def patiently(take: Callable[[Record], Awaitable[None]], record: Record, *, again_s: float = AGAIN_S) -> None:
    """Have a record taken, however long the brokers are away."""
    while True:
        try:
            return await take(record)
        except (KafkaError, OSError) as error:
            logger.warning(
                "%s-%d offset %d waits, trying again: %s", record.topic, record.partition, record.offset, error
            )
            await asyncio.sleep(again_s)


def _credentials(settings: KafkaSettings) -> Any:
    client = settings.client()
    protocol = client.get("security_protocol", "PLAINTEXT")
    context = client.get("ssl_context")
    if protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=client.get("sasl_plain_username"),
            password=client.get("sasl_plain_password"),
            mechanism=client.get("sasl_mechanism"),
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if protocol == "SSL" else None


async def run_app(app: faust.App, stop: asyncio.Event, background: Iterable[asyncio.Task[None]]) -> None:
    """Start the app and return when `stop` is set. Raises whatever ended it, or ended what runs beside it, before."""
    living, stopping = asyncio.create_task(_live(app)), asyncio.create_task(stop.wait())
    watched: tuple[asyncio.Task[Any], ...] = (living, *background)
    try:
        done, _ = await asyncio.wait((stopping, *watched), return_when=asyncio.FIRST_COMPLETED)
        if stopping not in done:
            for task in done:
                task.result()
            raise WorkerError("a part of the worker ended by itself")
    finally:
        for task in (living, stopping):
            task.cancel()
        await asyncio.gather(living, stopping, return_exceptions=True)


async def _live(app: faust.App) -> None:
    try:
        await app.start()
        await app.wait_until_stopped()
    except (KafkaError, OSError) as error:
        raise WorkerError(f"the connection to Kafka cannot be used: {_words(error)}") from error
    reason = app.crash_reason
    if isinstance(reason, (KafkaError, OSError)):
        raise WorkerError(f"the connection to Kafka was lost: {_words(reason)}") from reason
    if reason is not None:
        raise reason


async def stop_app(app: faust.App, *, within_s: float) -> bool:
    """Leave the group; False where that takes longer, and then its threads keep the process alive."""
    stopping = asyncio.ensure_future(app.stop())
    # Its services take a cancellation for the end of one of their parts and go on: they are left behind.
    done, _ = await asyncio.wait((stopping,), timeout=within_s)
    return bool(done)


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")
