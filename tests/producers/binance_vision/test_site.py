from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from producers.binance_vision.site import NotPublishedError, Patience, Site, SiteError
from producers.errors import UsageError
from tests.kit.proxies import HttpProxy, SocksProxy
from tests.kit.scripted_server import Reply, ScriptedServer

HASTY = Patience(attempts=3, stall_s=0.2, too_many_wait_s=0.05, backoff_base_s=0.01, backoff_cap_s=0.02)


async def taken(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


async def get(*replies: Reply, patience: Patience = HASTY) -> tuple[bytes, int]:
    pending = list(replies)

    async def rest(_: str) -> Reply:
        return pending.pop(0) if len(pending) > 1 else pending[0]

    async with ScriptedServer(rest=rest) as server, Site(server.rest_url + "/", patience) as site:
        body = await site.get("data/x.zip", taken)
        assert set(server.calls) == {"/data/x.zip"}
        return body, len(server.calls)


async def test_a_body_comes_as_it_was_sent() -> None:
    """A zip that a server says is compressed would be unpacked, and its sum be another."""
    assert await get((200, b"zip", {"Content-Encoding": "x-none"})) == (b"zip", 1)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_broken_server_is_asked_again(status: int) -> None:
    """One hiccup would cost a day of history."""
    assert await get((status, b"", {}), (200, b"ok", {})) == (b"ok", 2)


async def test_a_server_that_stays_broken_is_given_up() -> None:
    """The command would never end."""
    with pytest.raises(SiteError, match=r"HTTP 500 \(3 attempts\)"):
        await get((500, b"", {}))


async def test_too_many_requests_are_answered_with_the_silence_that_was_asked_for() -> None:
    """Going on would lengthen the ban."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    assert await get((429, b"", {"Retry-After": "0.3"}), (200, b"ok", {})) == (b"ok", 2)
    assert loop.time() - began_s >= 0.3


async def test_what_is_not_there_and_what_is_forbidden_are_not_asked_again() -> None:
    """A year of a wrong symbol would be asked for six times over."""
    with pytest.raises(NotPublishedError):
        await get((404, b"", {}), (200, b"", {}))
    with pytest.raises(SiteError, match="HTTP 403"):
        await get((403, b"", {}), (200, b"", {}))


async def test_a_stalled_and_a_cut_answer_are_asked_for_again() -> None:
    """A line that goes dead would hang the command, and a cut body pass for a file."""
    answers = iter(("stall", "cut", "whole"))

    async def answer(request: web.Request) -> web.StreamResponse:
        match next(answers):
            case "whole":
                return web.Response(body=b"whole")
            case how:
                response = web.StreamResponse(headers={"Content-Length": "1000"})
                await response.prepare(request)
                await response.write(b"half")
                await asyncio.sleep(0.4 if how == "stall" else 0)
                if request.transport is not None:
                    request.transport.abort()
                return response

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with Site(f"http://127.0.0.1:{runner.addresses[0][1]}", HASTY) as site:
            assert await site.get("x", taken) == b"whole"
    finally:
        await runner.cleanup()


async def test_nobody_there_and_no_address_are_told() -> None:
    """A traceback instead of a line."""
    async with Site("http://127.0.0.1:9", HASTY) as site:
        with pytest.raises(SiteError, match="no connection: ClientConnectorError"):
            await site.get("x", taken)
    for address in ("http://", "data.binance.vision", "ftp://data.binance.vision"):
        with pytest.raises(UsageError, match="no address"):
            Site(address, HASTY)


@pytest.mark.parametrize("kind", [HttpProxy, SocksProxy])
async def test_a_proxy_is_asked_to_get_there(
    kind: type[HttpProxy | SocksProxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing could be fetched from behind one."""

    async def rest(_: str) -> Reply:
        return 200, b"ok", {}

    async with ScriptedServer(rest=rest) as server, kind() as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url())
        port = server.rest_url.rpartition(":")[2]
        async with Site(f"http://archive.example:{port}", HASTY) as site:
            assert await site.get("x", taken) == b"ok"
        assert proxy.tries == 1


async def test_a_proxy_that_does_not_want_us_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking on may lock the account."""
    async with HttpProxy(known="me:secret") as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url("me:wrong"))
        async with Site("http://archive.example", HASTY) as site:
            with pytest.raises(SiteError, match="wants a user and a password"):
                await site.get("x", taken)
        assert proxy.tries == 1
