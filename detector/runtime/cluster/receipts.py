"""Acknowledging what was taken, in its order, once all that follows from it has arrived.

Faust commits what is acknowledged: an offset that is committed must never be needed again.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from detector.runtime.cluster.outbox import Outbox

MOST_WAITING = 10_000
"""Records taken and not acknowledged: with the brokers away the worker stops taking more."""


class Acknowledged(Protocol):
    """What Faust hands out."""

    def ack(self) -> bool:
        """Its offset may be committed."""


class Receipts:
    """Records in the order in which they were taken."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._waiting: asyncio.Queue[tuple[Acknowledged, int]] = asyncio.Queue(MOST_WAITING)
        self._task: asyncio.Task[None] | None = None

    async def put(self, event: Acknowledged) -> None:
        """A record was taken, and what follows from it was said."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        await self._waiting.put((event, self._outbox.posted))

    async def _run(self) -> None:
        while True:
            event, posted = await self._waiting.get()
            await self._outbox.until(posted)
            event.ack()
