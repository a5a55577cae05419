"""A venue that is made up, on real sockets: the server plays it, a fleet listens, and a test reads what came of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import msgspec

from producers.connection import Timing
from producers.fleet import EndpointOverride, Fleet
from producers.health import Health
from producers.venue import Venue
from producers.venue_server.dialects import dialects
from producers.venue_server.faults import Faults
from producers.venue_server.mount import Mount
from producers.venue_server.player import Patience
from producers.venue_server.rulebook import Counts
from producers.venue_server.server import VenueServer
from producers.venue_server.synthetic import STEP_NS, synthetic
from producers.venues.registry import VENUES
from schemas.base import Event
from schemas.health import Gap, VenueStatus
from schemas.market import BookDelta, BookSnapshot

COINS = ("BTC", "ETH")
LOOK_S = 0.05

_E = TypeVar("_E", bound=Event)


class MadeUp:
    """What one venue's fleet published, and what the server saw of it."""

    fleet: asyncio.Task[None]

    def __init__(self, venue: Venue, server: VenueServer, health: Health) -> None:
        self.venue = venue
        self.server = server
        self.health = health
        self._began_ns = time.time_ns()
        self.events: list[Event] = []

    def publish(self, events: Sequence[Event]) -> None:
        """Take a batch."""
        self.events += events

    @property
    def mount(self) -> Mount:
        """The venue's side of the server."""
        return self.server.mounts[self.venue.id]

    @property
    def counts(self) -> Counts:
        """How near the client came to the venue's limits."""
        return self.mount.rulebook.counts

    @property
    def position_s(self) -> float:
        """How far the play is."""
        return max(0, self.server.player.position_ns - self._began_ns) / 1e9

    def of(self, kind: type[_E]) -> list[_E]:
        """The events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def gaps(self) -> list[tuple[str, str]]:
        """Market and channel of every gap."""
        return [(gap.instrument, gap.channel) for gap in self.of(Gap)]

    def said(self) -> list[str]:
        """What was said of the sockets: `public-0 up`, with the reason where there is one."""
        return [f"{one.session} {one.state} {one.reason}".strip() for one in self.of(VenueStatus)]

    def states(self) -> dict[str, str]:
        """The last state of each socket."""
        return {one.session: one.state for one in self.of(VenueStatus)}

    def is_up(self) -> bool:
        """Whether every socket is."""
        return bool(self.states()) and set(self.states().values()) == {"up"}

    def books(self) -> dict[str, bool]:
        """Markets of which a book was seen, and whether it is current; a delta upon nothing fails the test."""
        current: dict[str, bool] = {}
        for event in self.events:
            if isinstance(event, BookSnapshot):
                current[event.instrument] = True
            elif isinstance(event, BookDelta):
                assert current.get(event.instrument), f"{event.instrument}: a change of a book that is not known"
            elif isinstance(event, Gap) and event.channel == "book":
                current[event.instrument] = False
        return current

    async def watch(self, seconds: float) -> None:
        """Let time pass, as long as the fleet runs."""
        await asyncio.wait({self.fleet}, timeout=seconds)
        if self.fleet.done():
            self.fleet.result()

    async def until(
        self, condition: Callable[[], bool], *, within_s: float = 120.0, look_every_s: float = LOOK_S
    ) -> None:
        """Wait until it holds, as long as the fleet runs."""
        try:
            async with asyncio.timeout(within_s):
                while not condition():
                    if self.fleet.done():
                        self.fleet.result()
                    await asyncio.sleep(look_every_s)
        except TimeoutError:
            counters = {f"{name} {label}".strip(): count for _, name, label, count in self.health.rows()}
            seen = f"said {self.said()[-5:]}, {counters}, {self.counts}"
            raise AssertionError(f"not within {within_s} s; {seen}") from None


@asynccontextmanager
async def made_up(
    venue: str | Venue,
    *,
    coins: Sequence[str] = COINS,
    seconds: float | None = None,
    step_ns: int = STEP_NS,
    speed: float = 1.0,
    faults: Faults | None = None,
    timing: Timing | None = None,
    override: Callable[[VenueServer], EndpointOverride] | None = None,
    at_most: int | None = None,
) -> AsyncIterator[MadeUp]:
    """A fleet that listens to a made-up venue; the play begins with the first socket that subscribes."""
    listener = VENUES[venue]() if isinstance(venue, str) else venue
    name = listener.id
    writers = {name: dialects()[name]}
    frames = synthetic(writers, coins=coins, seconds=seconds, start_ns=time.time_ns(), step_ns=step_ns)
    patience = Patience(return_s=0.1, settle_s=0.01)
    faulty: Mapping[str, Faults] = {name: faults} if faults is not None else {}
    async with VenueServer(frames, speed=speed, faults=faulty, patience=patience) as server:
        address = (override or whole_address(name))(server)
        run = MadeUp(listener, server, Health())
        fleet = Fleet(
            venues=[listener],
            symbols=coins,
            publish=run.publish,
            overrides={name: address},
            timing=timing,
            at_most=at_most,
            health=run.health,
        )
        run.fleet = asyncio.create_task(fleet.run())
        try:
            yield run
        finally:
            run.fleet.cancel()
            await asyncio.gather(run.fleet, return_exceptions=True)


def whole_address(venue_id: str) -> Callable[[VenueServer], EndpointOverride]:
    """Where the server has this venue."""
    return lambda server: EndpointOverride(
        websocket_base=server.websocket_url(venue_id), rest_base=server.rest_url(venue_id)
    )


def rotating(venue_id: str, *, lifetime_s: float) -> Venue:
    """A venue whose planned rotation comes after so long."""
    venue = VENUES[venue_id]()
    venue.limits = msgspec.structs.replace(venue.limits, lifetime_s=lifetime_s)
    return venue
