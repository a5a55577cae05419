"""The Faust app: one agent over the frames, one over the readings. Faust shares the partitions; the rest is ours."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import faust
from faust.types import TP, StreamT

from detector.runtime.cluster.frames_worker import FramesWorker
from detector.runtime.cluster.market_worker import MarketWorker
from detector.runtime.cluster.outbox import Outbox
from detector.runtime.cluster.receipts import Receipts
from detector.runtime.cluster.records import Record, record_of
from producers.kafka.settings import KafkaSettings
from schemas.topics import FRAMES, READINGS

logger = logging.getLogger(__name__)

GROUP = "cascade-detector"

SESSION_S = 10.0
HEARTBEAT_S = 3.0
"""A killed worker is replaced within a session; shorter ones take a busy worker for a dead one."""

COMMIT_S = 1.0


def group_of(settings: KafkaSettings) -> str:
    """The consumer group of a deployment."""
    return settings.named(GROUP)


def build_app(settings: KafkaSettings, frames: FramesWorker, market: MarketWorker, outbox: Outbox) -> faust.App:
    """An app that has not been started. It declares no topic, serves no page and keeps no table."""
    app = faust.App(
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
    )
    _agent(app, "frames", settings.topic(FRAMES), frames.take, Receipts(outbox))
    _agent(app, "readings", settings.topic(READINGS), market.take, Receipts(outbox))

    async def on_assigned(_app: Any, assigned: set[TP], **_: Any) -> None:
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
            await take(record_of(event.message))
            await receipts.put(event)

    app.agent(channel, name=name)(agent)


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


async def run_app(app: faust.App, stop: asyncio.Event) -> None:
    """Run until `stop` is set. Raises what ended the app, if that was not us."""
    await app.start()
    try:
        crashed = asyncio.create_task(app.wait_until_stopped())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((crashed, stopping), return_when=asyncio.FIRST_COMPLETED)
        for task in (crashed, stopping):
            task.cancel()
        if app.crash_reason is not None:
            raise app.crash_reason
    finally:
        await app.stop()
