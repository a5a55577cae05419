"""A notifier as its configuration wants it, with its store, its HTTP client and its sinks; closed in their order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

from detector.runtime.notify.clocks import Clock
from detector.runtime.notify.notifier import Notifier, Pictures
from detector.sinks.config import NotifyConfig
from detector.sinks.http import Http
from detector.sinks.kafka import KafkaSinkSettings
from detector.sinks.registry import open_sink
from detector.sinks.settings import SinkSettings
from detector.store.only_one import only_one
from detector.store.store import Store
from producers.errors import UsageError
from producers.kafka.settings import KafkaSettings
from schemas.topics import ALERTS

PATIENCE_S = 0.1
"""Nothing is sent, and in `cascade run` nothing is heard, while the store is waited for; what cannot be written now is
written later."""


@asynccontextmanager
async def open_notifier(
    config: NotifyConfig,
    clock: Clock,
    *,
    store: Path | None = None,
    remembers: bool = True,
    kafka: KafkaSettings | None = None,
    reads: bool = False,
    pictures: Pictures | None = None,
    polite: bool = False,
) -> AsyncIterator[Notifier]:
    """The notifier; nothing is sent yet.

    Parameters
    ----------
    store
        In place of the configuration's.
    remembers
        A notifier of a recording does not: what is known of today's alerts is none of its business.
    kafka
        The cluster of sinks that name none of their own.
    reads
        Whether the alerts come from there.
    """
    settings = {name: _on(kafka, name, given, reads=reads) for name, given in config.sinks.items()}
    path = (store or config.store) if remembers else None
    async with Http(config.notify.allow_private) as http:
        with only_one(path) if path is not None else nullcontext(), Store(path, patience_s=PATIENCE_S) as memory:
            sinks = {
                name: open_sink(name, its, http=http, memory=memory.memory(name)) for name, its in settings.items()
            }
            notifier = Notifier(
                routes=config.routes,
                sinks=sinks,
                store=memory,
                clock=clock,
                expires_s=config.notify.expires_s,
                pictures=pictures if any(sink.traits.pictures for sink in sinks.values()) else None,
                polite=polite,
            )
            try:
                yield notifier
            finally:
                await notifier.close()


def wants_pictures(notifier: Notifier) -> bool:
    """Whether any sink shows them."""
    return any(sink.traits.pictures for sink in notifier.sinks.values())


def _on(kafka: KafkaSettings | None, name: str, settings: SinkSettings, *, reads: bool) -> SinkSettings:
    if not isinstance(settings, KafkaSinkSettings) or kafka is None:
        return settings
    placed = settings.on(kafka)
    topic = settings.topic or (placed.kafka or kafka).topic(ALERTS)
    same = placed.kafka is not None and set(placed.kafka.addresses()) & set(kafka.addresses())
    if reads and same and topic == kafka.topic(ALERTS):
        raise UsageError(f"the sink {name} would write to {topic}, where alerts are read from: name another topic")
    return placed
