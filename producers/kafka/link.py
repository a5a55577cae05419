"""One producer of aiokafka at a time: made when it is needed, replaced when it fails, closed within bounds.

A producer that once failed a batch has a hole in its sequence and would be refused from then on: only a new one helps.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

logger = logging.getLogger(__name__)

RETRY_S = 1.0
CLOSE_S = 2.0


class Link:
    """A producer that works, and the news that it does not any more."""

    def __init__(self, make: Callable[[], AIOKafkaProducer]) -> None:
        self.failures = 0
        """Producers that failed."""
        self._make = make
        self._lock = asyncio.Lock()
        self._producer: Any = None  # aiokafka publishes no types
        self._broken: asyncio.Future[None] | None = None

    async def current(self) -> tuple[Any, asyncio.Future[None]]:
        """The producer, connected, and a future that ends with it; tries until there is one."""
        async with self._lock:
            while self._producer is None or self._broken is None:
                producer: Any = self._make()
                try:
                    await producer.start()
                except (KafkaError, OSError) as error:
                    logger.warning("Kafka takes no records: %s", error)
                    await _close(producer)
                    await asyncio.sleep(RETRY_S)
                except BaseException:
                    await _close(producer)
                    raise
                else:
                    self._producer = producer
                    self._broken = asyncio.get_running_loop().create_future()
            return self._producer, self._broken

    async def replace(self, broken: asyncio.Future[None], reason: BaseException) -> None:
        """End a producer that failed; the first who says so ends it for all."""
        if broken.done():
            return
        broken.set_result(None)
        self.failures += 1
        logger.warning("Kafka refused records, and gets them again: %r", reason)
        producer, self._producer = self._producer, None
        await _close(producer)
        await asyncio.sleep(RETRY_S)

    async def close(self) -> None:
        """End it, whether or not the broker is there."""
        producer, self._producer = self._producer, None
        if self._broken is not None and not self._broken.done():
            self._broken.set_result(None)
        if producer is not None:
            await _close(producer)


async def _close(producer: Any) -> None:
    """`stop` waits for what is under way, which without a broker is for ever; without connections it fails."""
    stopping = asyncio.ensure_future(producer.stop())
    try:
        _, late = await asyncio.wait((stopping,), timeout=CLOSE_S)
        if late:
            await producer.client.close()
            await asyncio.wait((stopping,), timeout=CLOSE_S)
    finally:
        stopping.cancel()
        await asyncio.gather(stopping, return_exceptions=True)
