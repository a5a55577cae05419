"""Every socket of the venues that were asked for: market lists, subscriptions and books, supervised together."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Literal

import msgspec

from producers.backoff import Backoff
from producers.book_watch import BookWatch
from producers.clock import Clock, ClockName, RecordedClock, WallClock
from producers.connection import Timing
from producers.continuity import BookSyncs
from producers.desk import Desk
from producers.endings import FORBIDDEN_WAIT_S
from producers.errand import Errand
from producers.errors import DecodeError, FleetError, RestError
from producers.health import Health
from producers.intake import LiveIntake, Publish, Record, RecordedIntake
from producers.pace import Pace
from producers.poller import Poller
from producers.proxy import PROXY, REFUSED_BY_PROXY
from producers.rest import ASKED_TO_WAIT, Rest, Silence
from producers.selection import select
from producers.session import Intake, Session
from producers.snapshots import Snapshots
from producers.venue import Venue
from producers.venue_paces import message_pace
from schemas.base import EVERY_INSTRUMENT
from schemas.health import VenueStatus
from schemas.instrument import Instrument

logger = logging.getLogger(__name__)

CONNECT_SHARE = 0.9
"""Of a venue's connections per minute: each is made a little after its turn, so two may be closer than their turns."""
BURST_SHARE = 0.2
"""So much of a venue's connections per minute may be made at once; the rest is spread over the minute."""

MARKET_LIST = "market-list"
"""The session name of statuses that concern the REST market list."""


class EndpointOverride(msgspec.Struct, frozen=True, kw_only=True):
    """Other addresses for a venue: a test network, a proxy, a server that plays a recording."""

    websocket_base: str | None = None
    rest_base: str | None = None


class Fleet:
    """Runs the sessions of some venues and publishes what they say.

    Parameters
    ----------
    venues, symbols, at_most
        Whom to listen to and for which base assets (see `producers.selection`); `at_most` caps the markets per venue.
    publish
        Takes each batch of events in order. `Instrument` events precede all others of their venue.
    overrides
        Addresses by venue id.
    clock
        `recorded` expects servers that play a recording and runs on its receive times, to its end.
    record
        Sees all raw input before it is parsed.
    hold
        Awaited before each frame of a recording: whoever takes the events may be slower than the server.
    """

    def __init__(
        self,
        *,
        venues: Sequence[Venue],
        symbols: Sequence[str],
        publish: Publish,
        at_most: int | None = None,
        overrides: Mapping[str, EndpointOverride] | None = None,
        clock: ClockName = "wall",
        record: Record | None = None,
        health: Health | None = None,
        timing: Timing | None = None,
        hold: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.health = health or Health()
        self._recorded_clock = RecordedClock() if clock == "recorded" else None
        self.clock: Clock = self._recorded_clock or WallClock()
        """What time it is for the published events."""
        self._venues = venues
        self._symbols = symbols
        self._publish = publish
        self._at_most = at_most
        self._overrides = overrides or {}
        self._clock_name = clock
        self._record = record
        self._timing = timing or Timing()
        self._hold = hold
        self._listens = False
        self._silences: dict[str, Silence] = {}

    async def run(self) -> None:
        """Run until cancelled, or to the end of the recording. Raises what `publish` raises."""
        try:
            async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
                rests = {venue.id: await stack.enter_async_context(self._rest(venue)) for venue in self._venues}
                if self._recorded_clock is not None:
                    await self._run_recorded(rests, self._recorded_clock, group)
                else:
                    for venue in self._venues:
                        group.create_task(self._run_live(venue, rests[venue.id], group))
        except BaseExceptionGroup as failures:
            # One cause is raised as itself: whoever embeds the fleet should not need to know how it is built.
            raise failures.exceptions[0] from failures
        if not self._listens:
            raise FleetError("no venue lists a market of " + ", ".join(self._symbols))

    def _rest(self, venue: Venue) -> Rest:
        base = self._override(venue).rest_base or venue.rest_base
        silence = self._silences.setdefault(venue.limits.weight_pool or venue.id, Silence())
        return Rest(venue=venue.id, base=base, health=self.health, clock=self._clock_name, silence=silence)

    def _override(self, venue: Venue) -> EndpointOverride:
        return self._overrides.get(venue.id) or EndpointOverride()

    async def _run_live(self, venue: Venue, rest: Rest, group: asyncio.TaskGroup) -> None:
        instruments = await self._insistent_markets(venue, rest)
        if not instruments:
            self._complain(venue, "rejected", "none of these symbols is listed: " + ", ".join(self._symbols))
            return
        desk, books = self._desk(venue)
        intake = LiveIntake(desk=desk, publish=self._publish, record=self._record, health=self.health)
        sessions = self._sessions(venue, instruments, intake)
        desk.snapshots = Snapshots(
            venue=venue,
            books=books,
            instruments={instrument.instrument: instrument for instrument in instruments},
            rest=rest,
            health=self.health,
            recorded=False,
            on_answer=intake.answer,
            resubscribe=partial(_resubscribe, sessions),
        )
        self._publish(instruments)
        polls = venue.polls(instruments)
        poller = Poller(venue=venue, polls=polls, rest=rest, health=self.health, on_answer=intake.polled)
        group.create_task(intake.run())
        group.create_task(desk.snapshots.run())
        group.create_task(poller.run())
        group.create_task(BookWatch(venue=venue, books=books, instruments=instruments, health=self.health).run())
        for session in sessions:
            group.create_task(session.run())

    async def _run_recorded(self, rests: Mapping[str, Rest], clock: RecordedClock, group: asyncio.TaskGroup) -> None:
        desks: dict[str, Desk] = {}
        intake = RecordedIntake(desks=desks, clock=clock, publish=self._publish, record=self._record)
        sessions: list[Session] = []
        for venue in self._venues:
            instruments = await self._markets(venue, rests[venue.id])
            desk, books = self._desk(venue)
            desk.snapshots = Snapshots(
                venue=venue,
                books=books,
                instruments={instrument.instrument: instrument for instrument in instruments},
                rest=rests[venue.id],
                health=self.health,
                recorded=True,
                on_answer=intake.answer,
                resubscribe=partial(_resubscribe, sessions),
            )
            desks[venue.id] = desk
            self._publish(instruments)
            sessions += self._sessions(venue, instruments, intake)
        if not sessions:
            return
        for session in sessions:
            intake.join(session)
        running = [group.create_task(session.run()) for session in sessions]
        running += [group.create_task(desk.snapshots.run()) for desk in desks.values() if desk.snapshots is not None]
        await intake.run()
        for task in running:
            task.cancel()

    def _desk(self, venue: Venue) -> tuple[Desk, BookSyncs]:
        books = BookSyncs(venue=venue.id, sequencing=venue.sequencing)
        return Desk(venue=venue, books=books, health=self.health), books

    def _sessions(self, venue: Venue, instruments: Sequence[Instrument], intake: Intake) -> list[Session]:
        self._listens = self._listens or bool(instruments)
        limit = CONNECT_SHARE * venue.limits.connects_per_min
        at_once = venue.limits.connects_at_once or int(limit * BURST_SHARE)
        gate = Pace(limit=limit, per_s=60.0, burst=at_once, now_s=time.monotonic)
        pace = message_pace(venue) if venue.limits.messages_shared else None
        return [
            Session(
                venue=venue,
                socket=socket,
                websocket_base=self._override(venue).websocket_base or venue.websocket_base,
                intake=intake,
                gate=gate,
                health=self.health,
                timing=self._timing,
                hold=self._hold,
                pace=pace,
                markets=[instrument.instrument for instrument in instruments],
            )
            for socket in venue.sockets(instruments)
        ]

    async def _markets(self, venue: Venue, rest: Rest) -> list[Instrument]:
        """The venue's markets that were asked for, made known to it."""
        answers = [await rest.get(request) for request in venue.instruments_requests()]
        listed = [one for answer in answers for one in venue.parse_instruments(answer.body, answer.ts_recv_ns)]
        instruments = select(listed, self._symbols, at_most=self._at_most)
        venue.register(instruments)
        if self._record is not None:
            self._record(venue.id, answers[-1].ts_recv_ns, msgspec.json.encode(instruments), "markets")
        return instruments

    async def _insistent_markets(self, venue: Venue, rest: Rest) -> list[Instrument]:
        """The same, tried until it works: a venue that is away or closed to us must not stop the others."""
        backoff = Backoff(base_s=self._timing.first_retry_below_s, cap_s=self._timing.retry_cap_s)
        complaint = ""
        while True:
            try:
                return await self._markets(venue, rest)
            except RestError as error:
                refused = error.status is not None and 400 <= error.status < 500 and error.status not in ASKED_TO_WAIT
                refused = refused or error.reason == REFUSED_BY_PROXY
                reason = f"no market list: {error}; {self._advice(error, refused)}"
            except DecodeError as error:
                refused = False
                reason = f"unreadable market list: {error}; {self._advice(None, refused)}"
            if reason != complaint:
                complaint = reason
                self._complain(venue, "rejected" if refused else "down", reason)
            await asyncio.sleep(backoff.next_s() + (FORBIDDEN_WAIT_S if refused else 0.0))

    def _advice(self, error: RestError | None, refused: bool) -> str:
        """What a person can do about a market list that did not come, and when it is asked for again."""
        status = error.status if error is not None else None
        if status in (401, 403, 451):
            advice = "this venue refuses your location or network: check where you connect from"
        elif error is not None and error.reason in (PROXY, REFUSED_BY_PROXY):
            advice = ""  # the error says it
        elif refused:
            advice = "the venue has nothing there: check the address"
        elif error is None:
            advice = "what answers there is not this venue's: check the address, or a login page in between"
        elif status in ASKED_TO_WAIT:
            return "the venue asks for silence: check what else uses it from here; next try when it is over"
        elif status is not None:
            advice = "the venue is in trouble: check its status page"
        else:
            advice = "check the address and your connection"
        again = f"in {FORBIDDEN_WAIT_S / 60:.0f} min" if refused else f"within {self._timing.retry_cap_s:.0f} s"
        return "; ".join(filter(None, (advice, f"next try {again}")))

    def _complain(self, venue: Venue, state: Literal["down", "rejected"], reason: str) -> None:
        logger.warning("%s: %s", venue.id, reason)
        now_ns = self.clock.now_ns()
        status = VenueStatus(
            venue=venue.id,
            instrument=EVERY_INSTRUMENT,
            ts_event_ns=now_ns,
            ts_recv_ns=now_ns,
            state=state,
            session=MARKET_LIST,
            reason=reason,
        )
        self._publish([status])


def _resubscribe(sessions: Sequence[Session], instrument: str, errand: Errand) -> bool:
    """Have something said on the socket that carries the book of a market; whether there is one."""
    return any(session.resubscribe(instrument, errand) for session in sessions)
