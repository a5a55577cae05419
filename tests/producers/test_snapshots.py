from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import msgspec
import pytest

from producers.continuity import BookSyncs
from producers.errand import Errand
from producers.health import Health
from producers.rest import Rest, RestAnswer, RestLimits
from producers.snapshots import AT_ONCE, Snapshots
from producers.venue import Resubscribe, Sequencing
from schemas.base import Event
from schemas.instrument import Instrument
from tests.kit.scripted_server import Reply, ScriptedServer
from tests.kit.toy_venue import ToyVenue, delta


class Fetching:
    """Snapshots of a toy venue whose books all want one."""

    def __init__(self, rest: Rest, *, symbols: int, recorded: bool, per_min: float) -> None:
        self.venue = ToyVenue()
        self.venue.limits = msgspec.structs.replace(self.venue.limits, snapshots_per_min=per_min)
        self.names = [f"C{number}USDT" for number in range(symbols)]
        instruments = [self.venue.instrument(name) for name in self.names]
        self.venue.register(instruments)
        self.books = BookSyncs(venue="toy", sequencing=self.venue.sequencing)
        self.health = Health()
        self.answers: asyncio.Queue[tuple[Instrument, RestAnswer | None]] = asyncio.Queue()
        self.snapshots = Snapshots(
            venue=self.venue,
            books=self.books,
            instruments={instrument.instrument: instrument for instrument in instruments},
            rest=rest,
            health=self.health,
            recorded=recorded,
            on_answer=lambda instrument, answer: self.answers.put_nowait((instrument, answer)),
            resubscribe=lambda _instrument, _frames: False,
        )
        for name in self.names:
            self.break_chain(name)

    def break_chain(self, name: str) -> None:
        frames = (delta(5, prev=4, symbol=name), delta(6, prev=5, symbol=name))
        events = [event for frame in frames for event in self.venue.parse(frame.encode(), 1)]
        self.books.feed(event for event in events if isinstance(event, Event))


@asynccontextmanager
async def fetching(
    rest: Callable[[str], Awaitable[Reply]],
    *,
    symbols: int = 1,
    recorded: bool = False,
    per_min: float = 6000.0,
    attempts: int = 1,
) -> AsyncIterator[tuple[Fetching, ScriptedServer]]:
    async with (
        ScriptedServer(rest=rest) as server,
        Rest(venue="toy", base=server.rest_url, health=Health(), limits=RestLimits(attempts=attempts)) as client,
    ):
        fetch = Fetching(client, symbols=symbols, recorded=recorded, per_min=per_min)
        task = asyncio.create_task(fetch.snapshots.run())
        try:
            yield fetch, server
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_every_wanted_book_is_asked_for_once_and_few_at_a_time() -> None:
    """A start with many markets would look like an attack, or ask for each book with every delta."""
    under_way = most = 0

    async def rest(_: str) -> Reply:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.02)
        under_way -= 1
        return 200, b"5", {}

    async with fetching(rest, symbols=10) as (fetch, server):
        fetch.snapshots.ask()
        fetch.snapshots.ask()
        assert fetch.snapshots.outstanding == 10
        async with asyncio.timeout(10):
            answered = {(await fetch.answers.get())[0].symbol for _ in range(10)}
        assert answered == set(fetch.names)
        assert len(server.calls) == 10
        assert most <= AT_ONCE
        assert fetch.snapshots.outstanding == 0


async def test_a_book_that_breaks_all_the_time_stays_within_its_budget() -> None:
    """A torn feed would spend the whole venue's request weight on one market."""

    async def rest(_: str) -> Reply:
        return 200, b"5", {}

    async with fetching(rest) as (fetch, server):
        for _ in range(20):
            fetch.break_chain(fetch.names[0])
            fetch.books.of("C0-USDT-PERP").snapshot_failed()
            fetch.snapshots.ask()
        async with asyncio.timeout(10):
            await fetch.answers.get()
        await asyncio.sleep(0.1)
        assert len(server.calls) <= 6


async def test_a_failed_fetch_is_counted_and_leaves_the_book_wanting() -> None:
    """A book would wait for ever for an answer that does not come."""

    async def rest(_: str) -> Reply:
        return 400, b"", {}

    async with fetching(rest) as (fetch, _):
        fetch.snapshots.ask()
        assert (await fetch.answers.get())[1] is None
        assert fetch.health.total("snapshot_failures", label="http_400") == 1
        assert fetch.books.wanting() == ["C0-USDT-PERP"]


async def test_a_recording_without_a_book_is_asked_once() -> None:
    """A replay would stop at every delta to ask for what is not there."""

    async def rest(_: str) -> Reply:
        return 404, b"", {}

    async with fetching(rest, recorded=True) as (fetch, _):
        fetch.snapshots.ask()
        assert (await fetch.answers.get())[1] is None
        assert fetch.books.wanting() == []
        assert fetch.snapshots.outstanding == 0


async def test_a_venues_books_are_asked_for_at_its_own_pace() -> None:
    """A start with many markets would spend the venue's request weight, and earn a ban."""

    async def rest(_: str) -> Reply:
        return 200, b"5", {}

    async with fetching(rest, symbols=10, per_min=10) as (fetch, server):
        fetch.snapshots.ask()
        async with asyncio.timeout(10):
            for _ in range(2):
                await fetch.answers.get()
        await asyncio.sleep(0.1)
        assert len(server.calls) == 2  # a fifth of a minute's at once


async def test_a_silence_saves_no_turns_for_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The venue would be asked for everything at once in the moment in which it listens again."""
    calls_at_s: list[float] = []

    async def rest(_: str) -> Reply:
        calls_at_s.append(asyncio.get_running_loop().time())
        return (200, b"5", {}) if len(calls_at_s) > 1 else (429, b"", {"Retry-After": "0.5"})

    # One turn every 30 ms: sixteen would be saved in half a second.
    monkeypatch.setattr("producers.snapshots.BURST_SHARE", 0.0)
    async with fetching(rest, symbols=24, per_min=2000, attempts=3) as (fetch, _):
        fetch.snapshots.ask()
        async with asyncio.timeout(20):
            for _ in range(24):
                await fetch.answers.get()
    ended_s = next(later for now, later in pairwise(calls_at_s) if later - now > 0.3)
    assert sum(ended_s <= at < ended_s + 0.15 for at in calls_at_s) <= AT_ONCE + 6


class Answering:
    """A socket that says an errand when it is told to, and what it was given."""

    def __init__(self) -> None:
        self.errands: list[Errand] = []
        self.told: asyncio.Queue[Errand] = asyncio.Queue()

    def resubscribe(self, _instrument: str, errand: Errand) -> bool:
        """Take it."""
        self.errands.append(errand)
        self.told.put_nowait(errand)
        return True

    def say(self, *, taken: bool = True) -> None:
        """The turn of the last one has come."""
        self.errands[-1].said = taken and self.errands[-1].wanted()
        self.errands[-1].over.set()


async def test_a_book_of_the_sockets_is_asked_for_by_one_errand_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that pile up behind a venue's limits take books away that have long come back."""
    monkeypatch.setattr("producers.snapshots.RESENT_WITHIN_S", 0.05)
    monkeypatch.setattr("producers.snapshots.PER_INSTRUMENT_PER_MIN", 6000)
    venue, socket, health = SocketBooks(), Answering(), Health()
    market = venue.instrument("BTCUSDT")
    books = BookSyncs(venue="toy", sequencing=venue.sequencing)
    snapshots = Snapshots(
        venue=venue,
        books=books,
        instruments={market.instrument: market},
        rest=Rest(venue="toy", base="http://127.0.0.1:1", health=health),
        health=health,
        recorded=False,
        on_answer=lambda _instrument, _answer: None,
        resubscribe=socket.resubscribe,
    )
    running = asyncio.create_task(snapshots.run())
    deltas = [event for last in (2, 3, 4) for event in venue.parse(delta(last, prev=last - 1).encode(), 1)]
    for event in deltas:
        books.feed([event])  # type: ignore[list-item]
        snapshots.ask()
    async with asyncio.timeout(5):
        await socket.told.get()
        await asyncio.sleep(0.1)
        assert len(socket.errands) == 1, "its turn has not come yet"
        socket.say()
        await socket.told.get()
        books.feed([venue.parse_snapshot(b"5", market, 1)])
        socket.say()
        await asyncio.sleep(0.1)
    assert health.total("resubscriptions") == 1
    assert [errand.said for errand in socket.errands] == [True, False]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


class SocketBooks(ToyVenue):
    """Its books come over the socket."""

    def __init__(self) -> None:
        super().__init__()
        self.sequencing = Sequencing(chain="prev_id", snapshots="socket")
        self.register([self.instrument("BTCUSDT")])

    def book_request(self, instrument: Instrument) -> Resubscribe:  # type: ignore[override]
        return Resubscribe(frames=('{"unsub":1}', '{"sub":1}'))
