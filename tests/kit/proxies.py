"""The two kinds of proxy that people are behind, on this machine: HTTP (CONNECT and plain requests) and SOCKS5.

Whatever host a client asks for, it gets to the port of that number on this machine: names need not exist.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_NO_AUTH, _PASSWORD, _NONE_OF_THEM = 0, 2, 0xFF
_BY_NAME, _IPV4 = 3, 1


class _Proxy:
    """Use it as an async context manager.

    Parameters
    ----------
    known
        Who is let in, as `user:password`; everybody by default.
    refuses
        Lets nobody through, though it knows them.
    """

    scheme = ""

    def __init__(self, *, known: str = "", refuses: bool = False) -> None:
        self.asked_for: list[str] = []
        """Host and port of each connection that was asked for, and let through or not."""
        self.tries = 0
        """Connections to the proxy."""
        self.port = 0
        self._known = known
        self._refuses = refuses
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def url(self, user_and_password: str = "", *, scheme: str = "") -> str:
        """What to write into the environment."""
        who = f"{user_and_password}@" if user_and_password else ""
        return f"{scheme or self.scheme}://{who}127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self.tries += 1
        try:
            with suppress(asyncio.IncompleteReadError, OSError):
                await self._greet(reader, writer)
        finally:
            await _closed(writer)
            self._open.discard(task)

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, said: bytes) -> None:
        """Carry bytes both ways until either side ends."""
        there, away = await asyncio.open_connection("127.0.0.1", port)
        away.write(said)
        ways = [asyncio.create_task(_carry(reader, away)), asyncio.create_task(_carry(there, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # First what cannot be interrupted.
            away.close()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            await _closed(away)


class HttpProxy(_Proxy):
    """CONNECT, and requests with a whole address in their first line."""

    scheme = "http"

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, _, headers = head.partition(b"\r\n")
        method, target, version = first.decode().split(" ")
        place = urlsplit(f"//{target}" if method == "CONNECT" else target)
        self.asked_for.append(f"{place.hostname}:{place.port}")
        expected = b"Basic " + b64encode(self._known.encode()) + b"\r\n"
        if self._known and expected not in headers:
            writer.write(b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\n')
        elif self._refuses:
            writer.write(b"HTTP/1.1 403 Forbidden\r\n")
        elif method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await self._join(reader, writer, place.port or 0, b"")
            return
        else:
            path = f"{place.path or '/'}?{place.query}".rstrip("?")
            # One request a connection: the next may be for somebody else.
            said = f"{method} {path} {version}\r\nConnection: close\r\n".encode() + headers
            await self._join(reader, writer, place.port or 0, said)
            return
        writer.write(b"Content-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()


class SocksProxy(_Proxy):
    """SOCKS5, RFC 1928 and 1929, as far as clients ask for TCP connections by name or IPv4 address."""

    scheme = "socks5h"

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        methods = await reader.readexactly((await reader.readexactly(2))[1])
        wanted = _PASSWORD if self._known else _NO_AUTH
        if wanted not in methods:
            writer.write(bytes([5, _NONE_OF_THEM]))
            await writer.drain()
            return
        writer.write(bytes([5, wanted]))
        if wanted == _PASSWORD:
            user = await reader.readexactly((await reader.readexactly(2))[1])
            password = await reader.readexactly((await reader.readexactly(1))[0])
            known = b":".join((user, password)) == self._known.encode()
            writer.write(bytes([1, not known]))
            if not known:
                await writer.drain()
                return
        kind = (await reader.readexactly(4))[3]
        if kind == _BY_NAME:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        else:
            assert kind == _IPV4
            host = ".".join(map(str, await reader.readexactly(4)))
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.asked_for.append(f"{host}:{port}")
        writer.write(bytes([5, 2 if self._refuses else 0, 0, _IPV4, 0, 0, 0, 0, 0, 0]))
        if self._refuses:
            await writer.drain()
            return
        await self._join(reader, writer, port, b"")


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
