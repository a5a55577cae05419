"""The hurried loop: whoever reads the clock sees true waits, and nobody waits for them."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.kit.hurried import START_NS, hurried

CLOCK = time.perf_counter
"""The machine's own: `time.monotonic` is the loop's meanwhile."""


@hurried
async def test_a_day_passes_in_a_moment_for_every_clock() -> None:
    """The tests of a day's length would take one."""
    began_s = CLOCK()
    assert (time.monotonic(), time.time_ns()) == (0.0, START_NS)
    await asyncio.sleep(86_400)
    assert time.monotonic() == pytest.approx(86_400)
    assert time.time_ns() == pytest.approx(START_NS + 86_400 * 10**9)
    assert CLOCK() - began_s < 5


@hurried
async def test_a_deadline_does_not_pass_while_an_answer_is_under_way() -> None:
    """Every test would fail by timeouts that no client would meet in life."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
    for _ in range(1_000):
        writer.write(b"x\n")
        async with asyncio.timeout(10):
            assert await reader.readline() == b"x\n"
    assert time.monotonic() < 10
    writer.close()
    await writer.wait_closed()
    server.close()
    await asyncio.sleep(1)  # for the other end


@hurried
async def test_what_a_thread_would_do_is_done_before_the_clock_leaps() -> None:
    """A look into a file would time out."""
    async with asyncio.timeout(10):
        assert await asyncio.to_thread(sum, [1, 2]) == 3
        with pytest.raises(ZeroDivisionError):
            await asyncio.get_running_loop().run_in_executor(None, divmod, 1, 0)
    assert time.monotonic() == 0


def test_the_clocks_are_the_machines_again_afterwards() -> None:
    """The next test would live in another time."""

    @hurried
    async def nothing() -> None:
        await asyncio.sleep(1000)

    before_s = time.monotonic()
    nothing()
    assert 0 <= time.monotonic() - before_s < 5
    assert time.time_ns() != START_NS + 1000 * 10**9
