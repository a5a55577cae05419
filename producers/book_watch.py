"""Says which markets have no book though their venue confirmed the subscription: on some, an ack proves nothing.

What has no book is unknown to the detector and never calm; but whoever runs it should know the name of what is missing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from producers.continuity import BookSyncs
from producers.health import Health
from producers.venue import Venue
from schemas.instrument import Instrument

logger = logging.getLogger(__name__)

FIRST_BOOK_WITHIN_S = 120.0
"""Longer than the slowest start that a venue's own limits allow for a few dozen markets; and how often it is looked."""
NAMED = 5


class BookWatch:
    """Looks at a venue's books again and again; each market is named once, and counted as `silent_books`."""

    def __init__(
        self,
        *,
        venue: Venue,
        books: BookSyncs,
        instruments: Sequence[Instrument],
        health: Health,
        every_s: float = FIRST_BOOK_WITHIN_S,
    ) -> None:
        self._venue = venue
        self._books = books
        self._missing = [instrument.instrument for instrument in instruments]
        self._health = health
        self._every_s = every_s
        self._told: set[str] = set()

    async def run(self) -> None:
        """Look until cancelled, or until every book has come once."""
        if self._venue.completeness["book"].kind == "none":
            return
        while self._missing:
            await asyncio.sleep(self._every_s)
            self._missing = [name for name in self._missing if not self._books.of(name).synced]
            self._tell([name for name in self._missing if name not in self._told])

    def _tell(self, names: Sequence[str]) -> None:
        if not names:
            return
        self._told.update(names)
        self._health.add(self._venue.id, "silent_books", count=len(names))
        shown = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
        logger.warning("%s: subscribed %.0f s ago and still without a book: %s", self._venue.id, self._every_s, shown)
