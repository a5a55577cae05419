"""The REST side of the venues: market lists, books, and the errors that each of them gives."""

from __future__ import annotations

import orjson
from aiohttp import web

from producers.clock import RECORDED_RECEIVE_HEADER
from producers.venue_server.listener import loads
from producers.venue_server.mount import Mount
from producers.venue_server.player import Player

_PREFIXES = {"binance-usdm": "fapi/v1/", "binance-coinm": "dapi/v1/", "binance-spot": "api/v3/"}


async def answer(request: web.Request, mount: Mount, player: Player, path: str) -> web.StreamResponse:
    """Answer one REST call to a venue."""
    if mount.take_failure():
        return _json(b'{"code":-1003,"msg":"Too many requests."}', status=429, headers={"Retry-After": "0"})
    if mount.dialect.venue_id == "hyperliquid":
        return await _hyperliquid(request, mount, player, path)
    match path.removeprefix(_PREFIXES[mount.dialect.venue_id]):
        case "ping":
            return _json(b"{}")
        case "exchangeInfo":
            return _json(mount.market_list or b'{"timezone":"UTC","serverTime":0,"rateLimits":[],"symbols":[]}')
        case "depth":
            return await _book(request, mount, player)
        case _:
            # Binance answers a path that it does not have with an HTML page.
            return web.Response(status=404, text="<html><body><h2>404 Not found</h2></body></html>")


async def _book(request: web.Request, mount: Mount, player: Player) -> web.StreamResponse:
    symbol = request.query.get("symbol", "")
    if symbol not in mount.symbols:
        return _json(b'{"code":-1121,"msg":"Invalid symbol."}', status=400)
    found = await player.book(mount, symbol)
    if found is None:
        return _json(b'{"code":-1000,"msg":"The recording holds no book of this symbol."}', status=404)
    body, recv_ns = found
    return _json(body, headers={RECORDED_RECEIVE_HEADER: str(recv_ns)})


async def _hyperliquid(request: web.Request, mount: Mount, player: Player, path: str) -> web.StreamResponse:
    if path != "info" or request.method != "POST":
        return web.Response(status=404)
    question = loads(await request.read())
    match question:
        case {"type": "meta"}:
            return _json(mount.market_list or b'{"universe":[],"marginTables":[]}')
        case {"type": "l2Book", "coin": str(coin)}:
            frame = loads(mount.latest_l2.get(coin, b"null"))
            body = orjson.dumps(frame["data"] if frame else None)
            return _json(body, headers={RECORDED_RECEIVE_HEADER: str(player.position_ns)})
        case _:
            return web.Response(status=422, text="Failed to deserialize the JSON body into the target type")


def _json(body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")
