"""Whole books on demand: which markets wait for one, and fetching them without spending the venue's patience."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from producers.continuity import BookSyncs
from producers.errand import Errand
from producers.errors import RestError
from producers.health import Health
from producers.pace import Pace
from producers.rest import Rest, RestAnswer
from producers.venue import Request, Resubscribe, Venue
from schemas.instrument import Instrument

logger = logging.getLogger(__name__)

PER_INSTRUMENT_PER_MIN = 6
"""Resyncs of one book. A chain that breaks more often than every ten seconds is not mended by one more snapshot."""

BURST_SHARE = 0.2
"""So much of a venue's snapshots per minute may be fetched at once: few markets start quickly, many go on steadily."""

AT_ONCE = 4
"""Concurrent calls to one venue: enough to start quickly, too few to look like an attack."""


RESENT_WITHIN_S = 10.0
"""A book that was asked for on the socket and has not come by then is asked for again."""


class Snapshots:
    """Gets the books that a venue's syncs want: by REST, or by subscribing again where the socket sends them.

    What was fetched goes, unread, to `on_answer`; None where nothing came. `resubscribe` has something said on the
    socket that carries a market's book, and tells whether one does.
    """

    def __init__(
        self,
        *,
        venue: Venue,
        books: BookSyncs,
        instruments: dict[str, Instrument],
        rest: Rest,
        health: Health,
        recorded: bool,
        on_answer: Callable[[Instrument, RestAnswer | None], None],
        resubscribe: Callable[[str, Errand], bool],
    ) -> None:
        self._venue = venue
        self._books = books
        self._instruments = instruments
        self._rest = rest
        self._health = health
        self._recorded = recorded
        self._on_answer = on_answer
        self._resubscribe = resubscribe
        # A playing server answers in the order of its timeline: a call that queues here would hold all of it up.
        self._at_once = asyncio.Semaphore(max(1, len(instruments)) if recorded else AT_ONCE)
        per_min = max(1.0, venue.limits.snapshots_per_min)
        self._venue_pace = Pace(limit=per_min, per_s=60.0, burst=int(per_min * BURST_SHARE), now_s=time.monotonic)
        self._paces: dict[str, Pace] = {}
        self._wanted: asyncio.Queue[tuple[Instrument, Request | Resubscribe]] = asyncio.Queue()
        self._asking: set[str] = set()
        """Markets that somebody subscribes again until their book has come."""
        self.outstanding = 0
        """Asked for and not answered; a recorded run stands still while there are any."""

    def ask(self) -> None:
        """Ask for every book that is wanted now."""
        for name in self._books.wanting():
            instrument = self._instruments.get(name)
            request = None if instrument is None else self._venue.book_request(instrument)
            if instrument is not None and request is not None:
                self._books.of(name).snapshot_requested()
                # A recording that plays holds what followed: the book that somebody asked for then.
                if isinstance(request, Resubscribe) and (self._recorded or name in self._asking):
                    continue
                if isinstance(request, Resubscribe):
                    self._asking.add(name)
                self.outstanding += isinstance(request, Request)
                self._wanted.put_nowait((instrument, request))

    async def run(self) -> None:
        """Fetch until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                instrument, request = await self._wanted.get()
                if isinstance(request, Request):
                    group.create_task(self._fetch(instrument, request))
                else:
                    group.create_task(self._ask_again(instrument, request))

    async def _ask_again(self, instrument: Instrument, request: Resubscribe) -> None:
        """Subscribe again until the book has come: who unsubscribed and was not heard would listen to nothing."""
        sync = self._books.of(instrument.instrument)
        while True:
            await asyncio.sleep(self._pace(instrument.instrument).reserve_s())
            errand = Errand(request.frames, wanted=lambda: not sync.synced)
            if sync.synced or not self._resubscribe(instrument.instrument, errand):
                break
            # Its turn may be long in coming; counted from then on the venue has its time to answer.
            await errand.over.wait()
            if errand.said:
                self._health.add(self._venue.id, "resubscriptions")
                await asyncio.sleep(RESENT_WITHIN_S)
        self._asking.discard(instrument.instrument)
        sync.snapshot_failed()

    async def _fetch(self, instrument: Instrument, request: Request) -> None:
        # A playing server answers at its own time and counts nothing.
        if not self._recorded:
            await asyncio.sleep(self._pace(instrument.instrument).reserve_s())
        answer = None
        try:
            async with self._at_once:
                # Taken as late as this: turns taken before the venue asked for silence would all be due at its end.
                if not self._recorded:
                    await asyncio.sleep(self._venue_pace.reserve_s())
                answer = await self._rest.get(request)
        except RestError as error:
            logger.warning("no book of %s %s: %s", self._venue.id, instrument.instrument, error)
            self._health.add(self._venue.id, "snapshot_failures", error.reason)
            # What a recording does not hold will not be there the next time either.
            if not self._recorded:
                self._books.of(instrument.instrument).snapshot_failed()
        else:
            self._health.add(self._venue.id, "snapshots")
        self.outstanding -= 1
        self._on_answer(instrument, answer)

    def _pace(self, instrument: str) -> Pace:
        pace = self._paces.get(instrument)
        if pace is None:
            pace = Pace(limit=PER_INSTRUMENT_PER_MIN, per_s=60.0, burst=3, now_s=time.monotonic)
            self._paces[instrument] = pace
        return pace
