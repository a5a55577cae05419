"""The REST side of the venues: what the dialect answers, the books that are kept here, and the errors asked for."""

from __future__ import annotations

from aiohttp import web

from producers.clock import RECORDED_RECEIVE_HEADER
from producers.venue_server.dialect import Answer, BookCall
from producers.venue_server.mount import Mount
from producers.venue_server.player import Player

_ASKS_TO_WAIT = (418, 429)


async def answer(request: web.Request, mount: Mount, player: Player, path: str) -> web.StreamResponse:
    """Answer one REST call to a venue."""
    if mount.take_failure():
        status = mount.faults.request_status
        asked = mount.faults.request_retry_after
        headers = {"Retry-After": asked} if status in _ASKS_TO_WAIT and asked is not None else None
        return _json(b'{"code":-1003,"msg":"refused"}', status=status, headers=headers)
    body = await request.read()
    found = mount.dialect.rest(request.method, path, request.query, body)
    if isinstance(found, Answer) and found.later:
        await mount.begun.wait()
        found = mount.dialect.rest(request.method, path, request.query, body)
    if isinstance(found, Answer) and found.later:
        return _json(b'{"code":-1001,"msg":"not yet"}', status=503)
    if found is None:
        return web.Response(status=404)
    if isinstance(found, BookCall):
        return await _book(found.symbol, mount, player)
    return _json(found.body, status=found.status)


async def _book(symbol: str, mount: Mount, player: Player) -> web.StreamResponse:
    found = await player.book(mount, symbol)
    if found is None:
        return _json(b'{"code":-1000,"msg":"The recording holds no book of this symbol."}', status=404)
    body, recv_ns = found
    return _json(body, headers={RECORDED_RECEIVE_HEADER: str(recv_ns)})


def _json(body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")
