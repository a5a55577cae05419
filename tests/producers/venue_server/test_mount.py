"""One venue's state: who gets which frame, and which snapshot belongs to whoever asks for one."""

from __future__ import annotations

import asyncio
import re
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
    transport = cast("asyncio.Transport", Wire())
    peer = Peer(socket=web.WebSocketResponse(), transport=transport, listener=listener, marked=marked)
    mount.join(peer, 0)
    return peer


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        """Keep."""
        self.written += data

    def is_closing(self) -> bool:
        """Never."""
        return False

    def pause_reading(self) -> None:
        """Nothing is read anyway."""


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


def test_silence_ends_when_it_is_told_to() -> None:
    """A client has to hear a venue that speaks again."""
    mount = mounted(Faults(silent_from_ns=2, silent_until_ns=4))
    peer_of(mount, marked=False)
    play(mount, 1, 2, 3, 4, 5)
    assert mount.sent == 3


def test_sockets_go_half_open_once_and_later_ones_are_whole() -> None:
    """Whoever comes back must be served, or recovery could not be tested."""
    mount = mounted(Faults(deaf_from_ns=2))
    first = peer_of(mount, marked=False)
    play(mount, 1)
    assert not first.deaf
    play(mount, 2)
    second = peer_of(mount, marked=False)
    play(mount, 3)
    assert first.deaf
    assert not second.deaf


def test_a_skipped_frame_takes_its_number_with_it() -> None:
    """Where a venue numbers the messages of a connection, a lost one is a number that never comes."""
    mount = Mount(dialects()["coinbase"], faults=Faults(skip={"market_trades:BTC-USD": 2}), markets=[])
    (market,) = mount.dialect.made_up(["BTC"])
    mount.dialect.list_markets([market])
    listener = mount.dialect.listener("", "")
    assert listener is not None
    wire = Wire()
    peer = Peer(
        socket=web.WebSocketResponse(), transport=cast("asyncio.Transport", wire), listener=listener, marked=False
    )
    mount.join(peer, 0)
    ask = '{"type":"subscribe","channel":"market_trades","product_ids":["BTC-USD"]}'
    mount.dialect.hear(listener, ask, mount.faults)
    mount.subscriptions_changed(set(), peer, 0)
    for number in range(3):
        (raw,) = mount.dialect.write_trade(market, 10**18 + number, price=1.0, qty=1.0, taker="buy")
        mount.deliver(number, raw)
    peer.flush()
    first, second = (int(number) for number in re.findall(rb'"sequence_num":(\d+)', wire.written))
    assert second == first + 2


def test_failures_come_first_and_end() -> None:
    """Attempts are counted per venue."""
    mount = mounted(Faults(failed_handshakes=1, failed_requests=2))
    assert [mount.take_failed_handshake() for _ in range(3)] == [True, False, False]
    assert [mount.take_failure() for _ in range(3)] == [True, True, False]
