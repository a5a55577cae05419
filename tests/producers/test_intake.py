from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from producers.clock import END_OF_RECORDING_NS, RecordedClock
from producers.connection import Connection, Timing
from producers.continuity import BookSyncs
from producers.desk import Desk
from producers.health import Health
from producers.intake import LiveIntake, RecordedIntake
from producers.pace import Pace
from producers.rest import RestAnswer
from producers.session import Session
from schemas.base import Event
from schemas.market import Trade
from tests.kit.toy_venue import ToyVenue, trade

Recorded = list[tuple[str, int, bytes, str]]


def trades(batches: Sequence[Sequence[Event]]) -> list[object]:
    return [event.trade_id for batch in batches for event in batch if isinstance(event, Trade)]


class Stage:
    """An intake of either kind with its surroundings, but without a network."""

    def __init__(self) -> None:
        self.venue = ToyVenue(sockets=("a", "b"))
        self.venue.register([self.venue.instrument("BTCUSDT")])
        self.health = Health()
        self.clock = RecordedClock()
        self.batches: list[Sequence[Event]] = []
        self.recorded: Recorded = []
        books = BookSyncs(venue="toy", sequencing=self.venue.sequencing)
        self.desk = Desk(venue=self.venue, books=books, health=self.health)

    def record(self, *entry: object) -> None:
        self.recorded.append(entry)  # type: ignore[arg-type]

    def live(self) -> LiveIntake:
        return LiveIntake(desk=self.desk, publish=self.batches.append, record=self.record, health=self.health)

    def recorded_intake(self) -> RecordedIntake:
        return RecordedIntake(
            desks={"toy": self.desk}, clock=self.clock, publish=self.batches.append, record=self.record
        )

    def session(self, name: str, intake: LiveIntake | RecordedIntake) -> Session:
        return Session(
            venue=self.venue,
            socket=self.venue.socket(name),
            websocket_base="ws://127.0.0.1:1",
            intake=intake,
            gate=Pace(limit=1, per_s=1.0, burst=1, now_s=lambda: 0.0),
            health=self.health,
        )

    def connection(self) -> Connection:
        return Connection(
            venue=self.venue,
            socket=self.venue.socket(),
            url="ws://127.0.0.1:1",
            timing=Timing(),
            health=self.health,
            carried=set(),
            on_frame=lambda *_: None,
            on_state=lambda *_: None,
        )


@asynccontextmanager
async def running(intake: LiveIntake | RecordedIntake) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(intake.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_burst_is_published_as_one_batch_in_order() -> None:
    """Thousands of frames would cost thousands of calls when it matters most."""
    stage = Stage()
    intake = stage.live()
    session, connection = stage.session("a", intake), stage.connection()
    async with running(intake):
        for number in range(100):
            intake.frame(session, connection, trade(number).encode())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert trades(stage.batches) == list(range(100))
    assert len(stage.batches) == 1
    assert stage.health.total("frames") == 100


async def test_what_was_received_before_a_cancel_is_published() -> None:
    """The last moments before a stop would be lost."""
    stage = Stage()
    intake = stage.live()
    async with running(intake):
        await asyncio.sleep(0)
        intake.frame(stage.session("a", intake), stage.connection(), trade(1).encode())
    assert trades(stage.batches) == [1]


async def test_the_recorder_sees_raw_bytes_before_they_are_parsed_even_junk() -> None:
    """The frame that broke a parser would be the one missing in the recording."""
    stage = Stage()
    intake = stage.live()
    intake.frame(stage.session("a", intake), stage.connection(), b"junk")
    intake.answer(stage.venue.known["BTCUSDT"], RestAnswer(b"5", 77))
    assert [(venue, raw, kind) for venue, _, raw, kind in stage.recorded] == [
        ("toy", b"junk", "frame"),
        ("toy", b"5", "book:BTCUSDT"),
    ]


async def test_recorded_sockets_are_published_by_receive_time_to_their_end() -> None:
    """Two sockets of one recording would be read in the order in which the machine was busy."""
    stage = Stage()
    intake = stage.recorded_intake()
    first, second = stage.session("a", intake), stage.session("b", intake)
    connection = stage.connection()
    intake.join(first)
    intake.join(second)
    async with running(intake) as task:
        intake.mark(second, 20)
        intake.frame(second, connection, trade(2).encode())
        intake.mark(second, END_OF_RECORDING_NS)
        await asyncio.sleep(0)
        intake.mark(first, 10)
        intake.frame(first, connection, trade(1).encode())
        intake.mark(first, 30)
        intake.frame(first, connection, trade(3).encode())
        intake.mark(first, END_OF_RECORDING_NS)
        await asyncio.wait_for(task, 5)
    assert trades(stage.batches) == [1, 2, 3]
    assert [event.ts_recv_ns for batch in stage.batches for event in batch] == [10, 20, 30]
    assert stage.clock.now_ns() == 30
    assert [entry[1] for entry in stage.recorded] == [10, 20, 30]


async def test_an_engine_that_fails_stops_the_intake() -> None:
    """A broken detector would go on swallowing events in silence."""
    stage = Stage()

    def fail(_: Sequence[Event]) -> None:
        raise ZeroDivisionError

    intake = LiveIntake(desk=stage.desk, publish=fail, record=None, health=stage.health)
    async with running(intake) as task:
        intake.frame(stage.session("a", intake), stage.connection(), trade(1).encode())
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(asyncio.shield(task), 5)
