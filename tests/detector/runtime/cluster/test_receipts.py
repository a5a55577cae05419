"""Nothing is acknowledged before everything that follows from it has arrived."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from detector.runtime.cluster import receipts as receipts_module
from detector.runtime.cluster.receipts import Receipts


class Outbox:
    """What has arrived is set by the test."""

    def __init__(self) -> None:
        self.posted = 0
        self.arrived = 0
        self._moved = asyncio.Condition()

    async def until(self, posted: int) -> None:
        async with self._moved:
            await self._moved.wait_for(lambda: self.arrived >= posted)

    async def arrive(self, arrived: int) -> None:
        async with self._moved:
            self.arrived = arrived
            self._moved.notify_all()


class Event:
    def __init__(self, number: int, acknowledged: list[int]) -> None:
        self._number = number
        self._acknowledged = acknowledged

    def ack(self) -> bool:
        self._acknowledged.append(self._number)
        return True


@pytest.fixture
async def running() -> AsyncIterator[tuple[Outbox, Receipts]]:
    outbox = Outbox()
    receipts = Receipts(outbox)
    task = asyncio.create_task(receipts.run())
    yield outbox, receipts
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_records_are_acknowledged_in_order_when_what_was_said_has_arrived(
    running: tuple[Outbox, Receipts],
) -> None:
    """A kill would lose an alert: its frame is committed, and the alert was never written."""
    outbox, receipts = running
    acknowledged: list[int] = []
    for number, posted in enumerate((0, 2, 2, 5)):
        outbox.posted = posted
        await receipts.put(Event(number, acknowledged))
    await settled()
    assert acknowledged == [0]
    await outbox.arrive(1)
    await settled()
    assert acknowledged == [0]
    await outbox.arrive(4)
    await settled()
    assert acknowledged == [0, 1, 2]
    await outbox.arrive(5)
    await settled()
    assert acknowledged == [0, 1, 2, 3]


async def test_with_the_brokers_away_no_more_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory would grow for as long as a broker is down."""
    monkeypatch.setattr(receipts_module, "MOST_WAITING", 3)
    outbox = Outbox()
    outbox.posted = 1
    receipts = Receipts(outbox)
    for number in range(3):
        await receipts.put(Event(number, []))
    more = asyncio.create_task(receipts.put(Event(3, [])))
    await settled()
    assert not more.done()
    more.cancel()


async def test_an_event_that_cannot_be_acknowledged_ends_it() -> None:
    """Nothing would be committed from then on, and nobody would know."""

    class Broken:
        def ack(self) -> bool:
            raise RuntimeError("no consumer")

    receipts = Receipts(Outbox())
    await receipts.put(Broken())
    with pytest.raises(RuntimeError, match="no consumer"):
        await receipts.run()
