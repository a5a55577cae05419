"""REST calls that are repeated: what no socket tells, within what the venue allows. No venue name in here."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from producers.errors import RestError
from producers.health import Health
from producers.pace import Pace
from producers.rest import Rest, RestAnswer
from producers.venue import Poll, Venue

logger = logging.getLogger(__name__)


class Poller:
    """Asks every poll of a venue again and again; each answer goes, unread, to `on_answer` with the poll's name.

    The first round is spread over the interval, so that hundreds of markets are a steady trickle and not a volley.
    """

    def __init__(
        self,
        *,
        venue: Venue,
        polls: Sequence[Poll],
        rest: Rest,
        health: Health,
        on_answer: Callable[[str, RestAnswer], None],
    ) -> None:
        self._venue = venue
        self._polls = polls
        self._rest = rest
        self._health = health
        self._on_answer = on_answer
        self._pace = Pace(limit=venue.limits.polls_per_s, per_s=1.0, burst=1, now_s=time.monotonic)
        self._failing: set[str] = set()

    async def run(self) -> None:
        """Ask until cancelled."""
        async with asyncio.TaskGroup() as group:
            for place, poll in enumerate(self._polls):
                group.create_task(self._repeat(poll, first_after_s=poll.every_s * place / len(self._polls)))

    async def _repeat(self, poll: Poll, *, first_after_s: float) -> None:
        due_s = time.monotonic() + first_after_s
        while True:
            await asyncio.sleep(due_s - time.monotonic())
            await asyncio.sleep(self._pace.reserve_s())
            await self._ask(poll)
            # An answer that took long is not made up for by asking twice.
            due_s = max(due_s + poll.every_s, time.monotonic())

    async def _ask(self, poll: Poll) -> None:
        try:
            answer = await self._rest.get(poll.request)
        except RestError as error:
            self._health.add(self._venue.id, "poll_failures", error.reason)
            if poll.name not in self._failing:
                self._failing.add(poll.name)
                logger.warning("%s %s: %s; asked again every %g s", self._venue.id, poll.name, error, poll.every_s)
            return
        self._failing.discard(poll.name)
        self._health.add(self._venue.id, "polls")
        self._on_answer(poll.name, answer)
