"""A broker that does what a test tells it to: one port that answers each kind of request by script.

Requests come in Kafka's framing: size, kind, version, correlation id. What the script does not know ends the
connection, as a broker ends one that it does not like.
"""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from aiokafka.protocol.admin import SaslAuthenticateResponse_v0, SaslHandShakeResponse_v1
from aiokafka.protocol.metadata import MetadataResponse_v1

PRODUCE, FETCH, METADATA, SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE = 0, 1, 3, 17, 18, 36
KAFKA_2_1 = {PRODUCE: 7, FETCH: 10, METADATA: 1, SASL_HANDSHAKE: 1, API_VERSIONS: 0, SASL_AUTHENTICATE: 0}
KAFKA_2_0 = KAFKA_2_1 | {PRODUCE: 6, FETCH: 8}
"""The highest versions of what is asked here. https://kafka.apache.org/protocol"""

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Script = Mapping[int, bytes]


def versions(highest: Mapping[int, int], *, lowest: int = 0) -> bytes:
    """The answer to ApiVersions, version 0."""
    entries = b"".join(struct.pack(">hhh", kind, lowest, version) for kind, version in highest.items())
    return struct.pack(">hi", 0, len(highest)) + entries


def metadata(port: int, topics: Mapping[str, list[int]], *, host: str = "127.0.0.1", refused: int = 0) -> bytes:
    """The answer to Metadata, version 1: one broker, and the leader of each partition of each topic."""
    told = [
        (refused, name, False, [(0, number, leader, [1], [1]) for number, leader in enumerate(leaders)])
        for name, leaders in topics.items()
    ]
    return _bytes(MetadataResponse_v1([(1, host, port, None)], 1, told))


def handshake(error: int, mechanisms: list[str]) -> bytes:
    """The answer to SaslHandshake, version 1."""
    return _bytes(SaslHandShakeResponse_v1(error, mechanisms))


def authenticate(error: int, says: str) -> bytes:
    """The answer to SaslAuthenticate, version 0."""
    return _bytes(SaslAuthenticateResponse_v0(error, says, b""))


def _bytes(response: Any) -> bytes:
    encoded: bytes = response.encode()
    return encoded


class Listener:
    """A TCP server on a free port, as an async context manager; `serve` has each connection."""

    def __init__(self, serve: Serve, *, tls: ssl.SSLContext | None = None) -> None:
        self._serve = serve
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def address(self) -> str:
        """Host and port, as a setting has them."""
        return f"127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._serve(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.transport.abort()


class ScriptedBroker(Listener):
    """Answers by `script`, and never where it is `silent_on`; `asked` has the kind of each request."""

    def __init__(self, script: Script) -> None:
        super().__init__(self._answer)
        self.script = dict(script)
        self.silent_on: int | None = None
        self.asked: asyncio.Queue[int] = asyncio.Queue()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            (size,) = struct.unpack(">i", await reader.readexactly(4))
            kind, _version, correlation = struct.unpack_from(">hhi", await reader.readexactly(size))
            self.asked.put_nowait(kind)
            if kind == self.silent_on:
                continue
            if kind not in self.script:
                return
            body = struct.pack(">i", correlation) + self.script[kind]
            writer.write(struct.pack(">i", len(body)) + body)
