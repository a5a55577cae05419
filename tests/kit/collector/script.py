"""Troubles that a test asks a channel for. Only `CloseAfterReceipt` lets the request have its effect."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Mapping

import msgspec
from aiohttp import web


class Status(msgspec.Struct, frozen=True):
    """An answer in place of the channel's own."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


class Hang(msgspec.Struct, frozen=True):
    """Reads the request and says nothing."""

    seconds: float = 3_600.0


class SlowBody(msgspec.Struct, frozen=True):
    """A good status, then one byte at a time."""

    seconds_per_byte: float = 0.05
    body: bytes = b'{"ok":true}'


class EndlessBody(msgspec.Struct, frozen=True):
    """A good status, then bytes without end."""


class Reset(msgspec.Struct, frozen=True):
    """A TCP reset in place of an answer."""


class CloseAfterReceipt(msgspec.Struct, frozen=True):
    """The message is shown, and the connection ends before the answer."""


class Pass(msgspec.Struct, frozen=True):
    """What the channel itself would say."""


Step = Status | Hang | SlowBody | EndlessBody | Reset | CloseAfterReceipt | Pass
FOR_EVER = 1 << 30


class Script:
    """What the next requests to one channel meet."""

    def __init__(self) -> None:
        self._steps: deque[tuple[Step, int]] = deque()

    def add(self, step: Step, times: int) -> None:
        """After what was asked for before."""
        self._steps.append((step, times))

    def clear(self) -> None:
        """From now on the channel is well."""
        self._steps.clear()

    def take(self) -> Step:
        """For the next request."""
        if not self._steps:
            return Pass()
        step, times = self._steps.popleft()
        if times > 1:
            self._steps.appendleft((step, times - 1))
        return step


async def play(step: Step, request: web.Request) -> web.StreamResponse:
    """Do to a request what the step says, for the steps that need nothing of the channel."""
    if isinstance(step, Status):
        return web.Response(status=step.status, body=step.body, headers=step.headers)
    if isinstance(step, Hang):
        await asyncio.sleep(step.seconds)
        return web.Response()
    if isinstance(step, SlowBody | EndlessBody):
        return await _drip(step, request)
    return cut(request, reset=isinstance(step, Reset))


def cut(request: web.Request, *, reset: bool) -> web.StreamResponse:
    """End the connection without an answer."""
    if request.transport is not None:
        if reset:
            linger = struct.pack("ii", 1, 0)
            request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        request.transport.abort()
    return web.Response()


async def _drip(step: SlowBody | EndlessBody, request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    if isinstance(step, SlowBody):
        for byte in step.body:
            await response.write(bytes((byte,)))
            await asyncio.sleep(step.seconds_per_byte)
        return response
    while True:
        await response.write(b" " * 65_536)
