"""REST calls that are repeated, against a real HTTP server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import pytest
from aiohttp import web

from producers.health import Health
from producers.poller import Poller
from producers.rest import Rest, RestAnswer, RestLimits
from producers.venue import Poll, Request
from tests.kit.toy_venue import ToyVenue


class Asked:
    """A server that counts, and a poller that asks it until so many answers have come."""

    def __init__(self, *, failing: frozenset[str] = frozenset()) -> None:
        self.paths: list[str] = []
        self.answers: list[tuple[str, RestAnswer]] = []
        self.health = Health()
        self._failing = failing
        self._more = asyncio.Event()

    async def _answer(self, request: web.Request) -> web.Response:
        self.paths.append(request.path)
        self._more.set()
        return web.Response(status=404 if request.path.strip("/") in self._failing else 200, body=b"7")

    async def until(self, polls: Sequence[Poll], *, calls: int) -> None:
        """Run the poller until the server has had so many calls."""
        app = web.Application()
        app.router.add_get("/{path}", self._answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with asyncio.timeout(10), Rest(venue="toy", base=base, health=self.health, limits=RestLimits()) as rest:
            venue = ToyVenue()
            venue.limits = msgspec.structs.replace(venue.limits, polls_per_s=1000)
            poller = Poller(
                venue=venue,
                polls=polls,
                rest=rest,
                health=self.health,
                on_answer=lambda name, answer: self.answers.append((name, answer)),
            )
            running = asyncio.create_task(poller.run())
            while len(self.paths) < calls:
                self._more.clear()
                await self._more.wait()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        await runner.cleanup()


def poll(name: str, every_s: float = 0.05) -> Poll:
    """A call to the path of its name."""
    return Poll(name=name, request=Request(path=f"/{name}"), every_s=every_s)


async def test_each_call_is_repeated_and_its_answer_comes_with_its_name() -> None:
    """Open interest that is asked for once is as old as the program."""
    asked = Asked()
    await asked.until([poll("one"), poll("two")], calls=7)
    assert asked.paths.count("/one") >= 3
    assert asked.paths.count("/two") >= 3
    assert {(name, answer.body) for name, answer in asked.answers} == {("one", b"7"), ("two", b"7")}
    assert asked.health.total("polls") == len(asked.answers)


async def test_a_call_that_fails_is_said_once_counted_and_repeated(caplog: pytest.LogCaptureFixture) -> None:
    """One market without open interest must not end the others, nor fill the log."""
    asked = Asked(failing=frozenset({"bad"}))
    await asked.until([poll("bad"), poll("good")], calls=8)
    assert {name for name, _ in asked.answers} == {"good"}
    assert asked.health.total("poll_failures", label="http_404") >= 2
    assert caplog.text.count("bad: ") == 1


async def test_a_first_round_is_spread_over_its_interval() -> None:
    """Five hundred calls in one second are a ban."""
    asked = Asked()
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    await asked.until([poll(name, every_s=0.4) for name in ("a", "b", "c", "d")], calls=4)
    assert asked.paths == ["/a", "/b", "/c", "/d"]
    assert loop.time() - began_s >= 0.3
