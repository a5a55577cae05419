"""One connection at a time: made until it works, replaced once, closed whatever happens."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from producers.kafka.link import Link


class Client:
    def __init__(self) -> None:
        self.closed = asyncio.Event()

    async def close(self) -> None:
        self.closed.set()


class Producer:
    """As much of a producer as a link touches."""

    def __init__(self, *, starts: bool = True, stops: bool = True) -> None:
        self.client = Client()
        self.stopped = False
        self._starts = starts
        self._stops = stops

    async def start(self) -> None:
        if not self._starts:
            raise KafkaConnectionError("nobody there")

    async def stop(self) -> None:
        if not self._stops:
            await self.client.closed.wait()
        self.stopped = True


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producers.kafka.link.RETRY_S", 0.001)
    monkeypatch.setattr("producers.kafka.link.CLOSE_S", 0.01)


def linked(*producers: Producer) -> Link:
    ready: Any = iter(producers)
    return Link(lambda: next(ready))


async def test_it_tries_until_a_connection_works(caplog: pytest.LogCaptureFixture) -> None:
    """A producer that starts while Kafka restarts would end."""
    first, second = Producer(starts=False), Producer()
    link = linked(first, second)
    assert [producer for producer, _ in await asyncio.gather(link.current(), link.current())] == [second, second]
    assert first.stopped
    assert "Kafka takes no records: " in caplog.text
    await link.close()
    assert second.stopped


async def test_all_who_meet_the_same_failure_share_one_replacement() -> None:
    """Each partition would end the connection that another has just made."""
    first, second = Producer(), Producer()
    link = linked(first, second)
    _, broken = await link.current()
    await asyncio.gather(*(link.replace(broken, ValueError("hole")) for _ in range(5)))
    assert broken.done()
    assert first.stopped
    assert link.failures == 1
    producer, whole = await link.current()
    assert producer is second
    assert not whole.done()
    await link.close()


async def test_a_connection_that_will_not_stop_is_cut() -> None:
    """Without a broker the end would wait for ever for what is under way."""
    stuck = Producer(stops=False)
    link = linked(stuck)
    _, broken = await link.current()
    async with asyncio.timeout(5):
        await link.close()
    assert stuck.client.closed.is_set()
    assert broken.done()


async def test_closing_what_was_never_opened_is_nothing() -> None:
    """A wrong address would end in a traceback of the clean-up."""
    await linked().close()
