"""Frames as they stand on the wire."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
from aiohttp import web

from producers.venue_server.listener import Listener
from producers.venue_server.peer import Peer


class Wire:
    """A transport that keeps what is written; `waiting` bytes stay in its buffer for a while."""

    def __init__(self, waiting: tuple[int, ...] = ()) -> None:
        self.written = b""
        self.closed = False
        self.paused = False
        self._waiting = list(waiting)

    def write(self, data: bytes) -> None:
        """Keep."""
        self.written += data

    def pause_reading(self) -> None:
        """Take nothing in."""
        self.paused = True

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed

    def close(self) -> None:
        """Close."""
        self.closed = True

    def get_write_buffer_size(self) -> int:
        """What still waits."""
        return self._waiting.pop(0) if self._waiting else 0


def peer_on(wire: Wire, *, marked: bool = False) -> Peer:
    """A peer on this wire."""
    return Peer(
        socket=web.WebSocketResponse(),
        transport=cast("asyncio.Transport", wire),
        listener=Listener(""),
        marked=marked,
    )


@pytest.mark.parametrize(
    ("length", "header"),
    [
        (5, b"\x81\x05"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f" + (65_536).to_bytes(8, "big")),
    ],
)
def test_text_frames_have_the_header_of_their_length(length: int, header: bytes) -> None:
    """Any websocket client must read what we write."""
    wire = Wire()
    peer = peer_on(wire)
    peer.answer(b"x" * length)
    peer.flush()
    assert wire.written == header + b"x" * length


def test_marks_precede_what_was_received_at_their_time_and_are_said_once() -> None:
    """A client merges sockets by these marks."""
    wire = Wire()
    peer = peer_on(wire, marked=True)
    peer.send(b"a", 7)
    peer.send(b"b", 7)
    peer.mark(8)
    peer.flush()
    mark = b"\x82\x08" + bytes(7)
    assert wire.written == mark + b"\x07\x81\x01a\x81\x01b" + mark + b"\x08"


def test_a_client_that_does_not_ask_gets_no_marks() -> None:
    """Frames look as they would from the venue."""
    wire = Wire()
    peer = peer_on(wire)
    peer.mark(7)
    peer.send(b"a", 7)
    peer.flush()
    assert wire.written == b"\x81\x01a"


async def test_a_slow_reader_is_waited_for_until_it_leaves() -> None:
    """Memory does not grow with what a client has not read."""
    await peer_on(Wire(waiting=(1 << 23, 1 << 23, 0))).keep_up()
    gone = Wire(waiting=(1 << 23,) * 9)
    gone.closed = True
    await peer_on(gone).keep_up()


def test_a_cut_sends_what_is_queued_and_nothing_more() -> None:
    """The frames before a forced reconnect arrive: only the connection is lost."""
    wire = Wire()
    peer = peer_on(wire)
    peer.answer(b"last")
    peer.cut()
    peer.answer(b"never")
    peer.flush()
    assert wire.written == b"\x81\x04last"


def test_pings_and_pongs_are_frames_of_their_own_kind() -> None:
    """A client's library answers pings, and takes pongs for life."""
    wire = Wire()
    peer = peer_on(wire)
    assert peer.ping()
    peer.pong(b"abc")
    assert wire.written == b"\x89\x00" + b"\x8a\x03abc"


def test_a_ping_that_was_not_answered_is_known_at_the_next() -> None:
    """Whoever is gone without a word is cut by then."""
    peer = peer_on(Wire())
    assert peer.ping()
    peer.ponged()
    assert peer.ping()
    assert not peer.ping()


def test_a_half_open_connection_says_nothing_and_hears_nothing() -> None:
    """What a router that forgot the connection looks like from either side."""
    wire = Wire()
    peer = peer_on(wire)
    peer.answer(b"last")
    peer.deafen()
    peer.answer(b"never")
    peer.ping()
    peer.flush()
    assert wire.written == b"\x81\x04last"
    assert peer.deaf
    assert wire.paused


def test_messages_are_counted_over_a_second() -> None:
    """The venue's limit is per second, not in all."""
    peer = peer_on(Wire())
    assert [peer.messages_within_a_second(at_s) for at_s in (0.0, 0.5, 0.9, 1.2, 9.0)] == [1, 2, 3, 3, 1]
