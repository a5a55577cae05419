"""Acknowledging what was taken, in its order, once all that follows from it has arrived.

Faust commits what is acknowledged: an offset that is committed must never be needed again.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

MOST_WAITING = 10_000
"""Records taken and not acknowledged: with the brokers away the worker stops taking more."""


class Acknowledged(Protocol):
    """What Faust hands out."""

    def ack(self) -> bool:
        """Its offset may be committed."""


class Said(Protocol):
    """Counts what was said, and knows what of it has arrived."""

    posted: int

    async def until(self, posted: int) -> None:
        """Wait until the first `posted` have arrived."""


class Receipts:
    """Records in the order in which they were taken; `run` acknowledges them."""

    def __init__(self, outbox: Said) -> None:
        self._outbox = outbox
        self._waiting: asyncio.Queue[tuple[Acknowledged, int]] = asyncio.Queue(MOST_WAITING)

    async def put(self, event: Acknowledged) -> None:
        """A record was taken, and what follows from it was said."""
        await self._waiting.put((event, self._outbox.posted))

    async def run(self) -> None:
        """Acknowledge until cancelled."""
        while True:
            event, posted = await self._waiting.get()
            await self._outbox.until(posted)
            event.ack()
