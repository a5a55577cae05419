"""One websocket as the server sees it: frames are encoded here and written many at a time.

Encoding a frame and handing it to the transport with its neighbours costs a tenth of a library call per frame, and the
bytes on the wire are the same: unmasked, uncompressed, unfragmented.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

from aiohttp import web

from producers.clock import MARK_BYTES
from producers.venue_server.listener import Listener

_TEXT, _BINARY, _PING, _PONG = b"\x81", b"\x82", b"\x89", b"\x8a"
_MARK_HEADER = _BINARY + bytes([MARK_BYTES])
_LARGE_BUFFER_BYTES = 1 << 22
"""What may wait for a slow reader before the timeline waits too."""


class Peer:
    """A connected client.

    Parameters
    ----------
    socket, transport
        The connection, after its handshake.
    listener
        What it has subscribed.
    marked
        Whether it is told the recorded receive time of what it gets.
    """

    def __init__(
        self, *, socket: web.WebSocketResponse, transport: asyncio.Transport, listener: Listener, marked: bool
    ) -> None:
        self.socket = socket
        self.listener = listener
        self.marked = marked
        self.last_s = 0.0
        """When either side last said something."""
        self.heard_s = 0.0
        """When the client last did."""
        self.deaf = False
        """Half open: neither heard nor answered."""
        self._pinged = False
        self._transport = transport
        self._out: list[bytes] = []
        self._mark_ns = -1
        self._heard: deque[float] = deque()

    def mark(self, recv_ns: int) -> None:
        """Say what time it is, once."""
        if self.marked and recv_ns != self._mark_ns:
            self._mark_ns = recv_ns
            self._out.append(_MARK_HEADER)
            self._out.append(recv_ns.to_bytes(MARK_BYTES, "big"))

    def send(self, payload: bytes, recv_ns: int) -> None:
        """Queue a frame that was received at this time."""
        self.mark(recv_ns)
        self.answer(payload)

    def answer(self, payload: bytes) -> None:
        """Queue a text frame that belongs to no recorded time: acks, errors, pongs."""
        self._out.append(_header(len(payload)))
        self._out.append(payload)

    def deafen(self) -> None:
        """Be half open from now on: take nothing in, send nothing, close nothing."""
        self.flush()
        self.deaf = True
        self._transport.pause_reading()

    def ping(self) -> bool:
        """Ask for a sign of life, in the protocol's own way; False where the last one was not answered."""
        answered, self._pinged = not self._pinged, True
        self._out.append(_PING + b"\x00")
        self.flush()
        return answered

    def pong(self, payload: bytes) -> None:
        """Answer a ping of the protocol's."""
        self._out.append(_PONG + bytes([len(payload)]))
        self._out.append(payload)
        self.flush()

    def ponged(self) -> None:
        """The client has answered ours."""
        self._pinged = False

    def flush(self) -> None:
        """Write what is queued."""
        if self.deaf:
            self._out.clear()
        if self._out:
            if not self._transport.is_closing():
                self._transport.write(b"".join(self._out))
                self.last_s = time.monotonic()
            self._out.clear()

    async def keep_up(self) -> None:
        """Wait for a reader that is far behind."""
        # A transport says how much waits in it, not when that changes.
        while self._transport.get_write_buffer_size() > _LARGE_BUFFER_BYTES:
            if self._transport.is_closing():
                return
            await asyncio.sleep(0.001)

    def cut(self) -> None:
        """Lose the connection without a closing handshake; what was sent before arrives."""
        self.flush()
        self._transport.close()

    def messages_within_a_second(self, now_s: float) -> int:
        """How many messages this client sent in the last second, with this one."""
        self._heard.append(now_s)
        while self._heard[0] <= now_s - 1:
            self._heard.popleft()
        return len(self._heard)


def _header(length: int) -> bytes:
    if length < 126:
        return _TEXT + bytes([length])
    if length < 1 << 16:
        return _TEXT + b"\x7e" + length.to_bytes(2, "big")
    return _TEXT + b"\x7f" + length.to_bytes(8, "big")
