"""One venue's state: who gets which frame, and which snapshot belongs to whoever asks for one."""

from __future__ import annotations

import asyncio
from typing import cast

import orjson
from aiohttp import web

from producers.recording import rest_line
from producers.venue_server.dialects import dialects
from producers.venue_server.faults import Faults
from producers.venue_server.mount import Mount
from producers.venue_server.peer import Peer
from producers.venue_server.timeline import Ahead, Frame
from tests.kit.short_recording import BTC, SNAPSHOT, depth, mark

NOTHING: list[Frame] = []


def mounted(faults: Faults | None = None) -> Mount:
    """A USD-M mount with one market."""
    return Mount(dialects()["binance-usdm"], faults=faults or Faults(), markets=[BTC])


def peer_of(mount: Mount, *, marked: bool) -> Peer:
    """A subscriber of the book that has just joined."""
    listener = mount.dialect.listener("public/stream", "btcusdt@depth")
    assert listener is not None
    transport = cast("asyncio.Transport", None)
    peer = Peer(socket=web.WebSocketResponse(), transport=transport, listener=listener, marked=marked)
    mount.join(peer, 0)
    return peer


def last_id(snapshot: tuple[bytes, int] | None) -> int | None:
    """The update id of a served book."""
    return None if snapshot is None else orjson.loads(snapshot[0])["lastUpdateId"]


def play(mount: Mount, *numbers: int) -> None:
    """Deliver these deltas, received at their number."""
    for number in numbers:
        mount.deliver(number, depth(number))


async def test_a_client_of_the_recorded_clock_gets_the_recorded_snapshot_whenever_it_asks() -> None:
    """Whether client or server is faster must not show in the events."""
    early, late = mounted(), mounted()
    peer_of(early, marked=True)
    peer_of(late, marked=True)
    coming = Ahead([(3, "binance-usdm", rest_line("book", SNAPSHOT, "BTCUSDT"))])
    before = await early.book("BTCUSDT", coming, 0)
    early.take_recorded_book("BTCUSDT", SNAPSHOT, 3)
    play(late, 1)
    late.take_recorded_book("BTCUSDT", SNAPSHOT, 3)
    play(late, 2, 3, 4, 5)
    after = await late.book("BTCUSDT", Ahead(NOTHING), 5)
    assert before == after == (SNAPSHOT, 3)


async def test_any_other_client_waits_until_the_snapshot_is_reached() -> None:
    """Without recorded times nobody can look into the future."""
    mount = mounted()
    peer_of(mount, marked=False)
    coming = Ahead([(3, "binance-usdm", rest_line("book", SNAPSHOT, "BTCUSDT"))])
    asking = asyncio.create_task(mount.book("BTCUSDT", coming, 0))
    await asyncio.sleep(0)
    assert not asking.done()
    mount.take_recorded_book("BTCUSDT", SNAPSHOT, 3)
    assert await asking == (SNAPSHOT, 3)


async def test_a_recording_without_snapshot_has_none_to_give() -> None:
    """Better no book than one made of deltas alone."""
    mount = mounted()
    peer_of(mount, marked=True)
    play(mount, 1, 2, 3)
    assert await mount.book("BTCUSDT", Ahead(NOTHING), 3) is None


async def test_whoever_joins_a_running_book_gets_it_as_it_stood_then() -> None:
    """After a forced reconnect the snapshot fits the first delta of the new connection, however late it is asked."""
    mount = mounted()
    mount.take_recorded_book("BTCUSDT", SNAPSHOT, 1)
    play(mount, 1, 2, 3, 4)
    mount.leave(peer_of(mount, marked=True))
    peer = peer_of(mount, marked=True)
    mount.subscriptions_changed(set(), peer, 4)
    play(mount, 5, 6, 7)
    served = await mount.book("BTCUSDT", Ahead(NOTHING), 7)
    assert served is not None
    assert (last_id(served), served[1]) == (40, 4)
    assert last_id(await mount.book("BTCUSDT", Ahead(NOTHING), 7)) == 70


async def test_a_skipped_frame_is_a_hole_with_a_snapshot_behind_it() -> None:
    """A client that finds the hole must be able to mend its book."""
    mount = mounted(Faults(skip={"btcusdt@depth": 3}))
    peer_of(mount, marked=True)
    mount.take_recorded_book("BTCUSDT", SNAPSHOT, 1)
    await mount.book("BTCUSDT", Ahead(NOTHING), 1)
    play(mount, 1, 2, 3, 4)
    assert mount.sent == 3
    assert last_id(await mount.book("BTCUSDT", Ahead(NOTHING), 4)) == 30


async def test_those_who_wait_are_told_when_nothing_comes() -> None:
    """At the end of a recording nobody is left hanging."""
    mount = mounted()
    coming = Ahead([(3, "binance-usdm", rest_line("book", SNAPSHOT, "BTCUSDT"))])
    asking = asyncio.create_task(mount.book("BTCUSDT", coming, 0))
    await asyncio.sleep(0)
    mount.refuse_requests()
    assert await asking is None


def test_frames_go_to_whoever_subscribed_them_and_unknown_ones_are_counted() -> None:
    """A socket gets what it asked for, once."""
    mount = mounted()
    peer_of(mount, marked=False)
    mount.deliver(1, depth(1))
    mount.deliver(2, mark(1))
    mount.deliver(3, b"junk")
    assert (mount.sent, mount.unknown_frames) == (1, 1)


def test_silence_sends_nothing_from_its_moment_on() -> None:
    """A venue that stops talking with its sockets open is the hardest fault to see."""
    mount = mounted(Faults(silent_from_ns=3))
    peer_of(mount, marked=False)
    play(mount, 1, 2, 3, 4)
    assert mount.sent == 2


def test_failures_come_first_and_end() -> None:
    """Attempts are counted per venue."""
    mount = mounted(Faults(failed_handshakes=1, failed_requests=2))
    assert [mount.take_failed_handshake() for _ in range(3)] == [True, False, False]
    assert [mount.take_failure() for _ in range(3)] == [True, True, False]
