from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Literal

import msgspec
import pytest

from producers.connection import Connection, Timing
from producers.health import Health
from producers.pace import Pace
from producers.session import Session, Speech
from producers.venue import Control, Socket
from schemas.base import Event
from schemas.health import Gap, VenueStatus
from schemas.market import Liquidation, Trade
from tests.kit.scripted_server import Peer, ScriptedServer
from tests.kit.toy_venue import ToyVenue, delta, trade

MARK = '{"m":["BTCUSDT",1]}'
JUNK = ["{", "not json", '{"t":["DOGEUSDT",1,1]}', "[]", "\x00"]


class Broken(ToyVenue):
    """A venue whose parser raises what it must not."""

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        if frame == b'{"t":[1]}':
            raise KeyError("oops")
        return super().parse(frame, ts_recv_ns)


class Ear:
    """An intake that keeps what it hears and lets a test wait for it."""

    def __init__(self, *, recorded: bool = False) -> None:
        self.recorded = recorded
        self.events: list[Event] = []
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def frame(self, session: Session, connection: Connection, raw: bytes) -> None:
        events = connection.read(raw, time.time_ns())
        if session.overlap is not None:
            events = session.overlap.fresh(id(connection), events)
        self._hear(events)

    def mark(self, session: Session, recv_ns: int) -> None:
        raise AssertionError("no marks in a live session")

    def say(self, session: Session, speech: Speech) -> None:
        self._hear(speech(time.time_ns()))

    def _hear(self, events: Sequence[Event]) -> None:
        self.events += events
        task = asyncio.create_task(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(condition)

    def states(self) -> list[str]:
        return [event.state for event in self.events if isinstance(event, VenueStatus)]

    def reasons(self, state: Literal["down", "rejected", "up"]) -> list[str]:
        return [event.reason for event in self.events if isinstance(event, VenueStatus) and event.state == state]

    def trades(self) -> list[object]:
        return [event.trade_id for event in self.events if isinstance(event, Trade)]

    def gaps(self) -> list[Gap]:
        return [event for event in self.events if isinstance(event, Gap)]


@asynccontextmanager
async def running(
    server: ScriptedServer, venue: ToyVenue | None = None, *, timing: Timing | None = None
) -> AsyncIterator[tuple[Ear, Health]]:
    venue = venue or ToyVenue()
    venue.register([venue.instrument("BTCUSDT"), venue.instrument("ETHUSDT")])
    ear, health = Ear(), Health()
    session = Session(
        venue=venue,
        socket=venue.socket(),
        websocket_base=server.websocket_url,
        intake=ear,
        gate=Pace(limit=6000, per_s=60.0, burst=1000, now_s=time.monotonic),
        health=health,
        markets=["BTC-USDT-PERP", "ETH-USDT-PERP"],
        timing=timing or Timing(ack_deadline_s=0.3, first_retry_below_s=0.05, retry_cap_s=0.2, overlap_s=0.2),
    )
    task = asyncio.create_task(session.run())
    try:
        yield ear, health
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not [other for other in others if "producers" in repr(other.get_coro())], "a session left tasks behind"


def saying(*frames: str) -> Callable[[Peer], Awaitable[None]]:
    async def script(peer: Peer) -> None:
        for frame in frames:
            await peer.send(frame)

    return script


async def test_a_socket_is_up_when_its_subscriptions_are_confirmed() -> None:
    """A venue that swallowed the subscription would look connected and calm."""
    async with ScriptedServer(saying(trade(1))) as server, running(server) as (ear, health):
        await ear.until(lambda: "up" in ear.states() and ear.trades() == [1])
        assert ear.states() == ["connecting", "up"]
        assert server.peers[0].said == ['{"sub":1}']
        assert health.total("connects") == 1


async def test_a_reset_is_a_gap_since_the_last_data_and_a_new_connection_at_once() -> None:
    """A cut in the middle of a cascade would be silent, or cost more than the moment it lasted."""
    async with ScriptedServer(saying(trade(1), delta(5, prev=4), MARK)) as server, running(server) as (ear, health):
        await ear.until(lambda: ear.trades() == [1] and len(ear.events) >= 5)
        last_ns = max(event.ts_recv_ns for event in ear.events)
        (await server.peer(1)).reset()
        before = asyncio.get_running_loop().time()
        await server.peer(2)
        assert asyncio.get_running_loop().time() - before < 0.5
        await ear.until(lambda: ear.states().count("up") == 2)
    assert ear.states() == ["connecting", "up", "down", "up"]
    assert {gap.channel for gap in ear.gaps()} == {"trade", "book", "derivative", "liquidation"}
    assert {gap.instrument for gap in ear.gaps()} == {"BTC-USDT-PERP"}
    down = next(event for event in ear.events if isinstance(event, VenueStatus) and event.state == "down")
    for gap in ear.gaps():
        assert gap.since_ns <= last_ns <= gap.ts_recv_ns
        assert ear.events.index(down) < ear.events.index(gap)
    assert health.total("disconnects", label="closed_1006") == 1


async def test_a_socket_of_marks_takes_liquidations_with_it_but_no_book() -> None:
    """Losing a quiet socket would blind the book that its neighbour still proves, or hide lost liquidations."""
    async with ScriptedServer(saying(MARK)) as server, running(server) as (ear, _):
        await ear.until(lambda: "up" in ear.states() and len(ear.events) >= 3)
        await (await server.peer(1)).close(1012, "restart")
        await ear.until(lambda: "down" in ear.states() and bool(ear.gaps()))
    assert {gap.channel for gap in ear.gaps()} == {"derivative", "liquidation"}
    assert ear.reasons("down") == ["closed_1012: restart"]


async def test_silence_is_cut_though_pings_are_answered() -> None:
    """A feed that hangs would be read as a calm market."""

    async def chatter(peer: Peer) -> None:
        await peer.send(trade(1))
        while True:
            await peer.send('{"ack":1}')
            await asyncio.sleep(0.02)

    venue = ToyVenue(stale_after_s=0.3)
    async with ScriptedServer(chatter) as server, running(server, venue) as (ear, health):
        await server.peer(2)
        await ear.until(lambda: "down" in ear.states())
    assert ear.reasons("down")[0].startswith("stale")
    assert health.total("disconnects", label="stale") >= 1


async def test_a_subscription_that_nobody_answers_is_tried_on_a_new_connection() -> None:
    """The socket would stay open and empty for ever."""
    async with ScriptedServer(acks=lambda _: None) as server, running(server) as (ear, _):
        await server.peer(2)
        await ear.until(lambda: "down" in ear.states())
    assert "up" not in ear.states()
    assert ear.reasons("down")[0].startswith("unconfirmed: 0 of 1")


async def test_a_refused_subscription_is_told_and_the_others_go_on() -> None:
    """One delisted market would take all others with it, or its absence go unnoticed."""

    def acks(text: str) -> str:
        return '{"ack":1}' if text == "good" else '{"refuse":"no such stream","action":"ignore"}'

    venue = ToyVenue(subscribe=("good", "bad"))
    async with ScriptedServer(saying(trade(1)), acks=acks) as server, running(server, venue) as (ear, health):
        await ear.until(lambda: "up" in ear.states())
        await (await server.peer(1)).send(trade(2))
        await ear.until(lambda: ear.trades() == [1, 2])
    assert ear.reasons("rejected") == ["1 of 2 subscriptions confirmed: no such stream"]
    assert ear.states() == ["connecting", "rejected", "up"]
    assert len(server.peers) == 1
    assert health.total("refusals") == 1


async def test_data_without_confirmation_is_used_but_not_called_up() -> None:
    """A changed acknowledgement would throw away a working feed."""
    server = ScriptedServer(saying(trade(1)), acks=lambda _: None)
    async with server, running(server) as (ear, _):
        await ear.until(lambda: "rejected" in ear.states())
        await (await server.peer(1)).send(trade(2))
        await ear.until(lambda: ear.trades() == [1, 2])
    assert "up" not in ear.states()


@pytest.mark.parametrize(("action", "reason"), [("reconnect", "asked_to_reconnect: bye"), ("fatal", "refused: bye")])
async def test_an_error_frame_is_obeyed(action: str, reason: str) -> None:
    """A venue that announces its restart would be listened to until it hangs up."""
    async with ScriptedServer(saying(trade(1))) as server, running(server) as (ear, _):
        await ear.until(lambda: "up" in ear.states())
        await (await server.peer(1)).send(f'{{"refuse":"bye","action":"{action}"}}')
        state: Literal["down", "rejected"] = "down" if action == "reconnect" else "rejected"
        await ear.until(lambda: ear.reasons(state) == [reason])
        if action == "reconnect":
            await server.peer(2)


async def test_a_venue_that_asks_for_subscriptions_again_gets_them() -> None:
    """After a venue's own hiccup the socket would stay empty."""
    async with ScriptedServer(saying(trade(1))) as server, running(server) as (ear, _):
        await ear.until(lambda: "up" in ear.states())
        peer = await server.peer(1)
        await peer.send('{"refuse":"again","action":"resubscribe"}')
        async with asyncio.timeout(5):
            while len(peer.said) < 2:  # noqa: ASYNC110  # the server keeps a list and no event
                await asyncio.sleep(0.005)
        assert len(server.peers) == 1


async def test_junk_is_counted_by_reason_and_the_stream_goes_on() -> None:
    """One bad frame would cost all good ones after it."""
    async with ScriptedServer(saying(*JUNK, trade(1), "{}")) as server, running(server) as (ear, health):
        await ear.until(lambda: ear.trades() == [1])
        await (await server.peer(1)).send_binary(b"\xff\xfe")
        await (await server.peer(1)).send(trade(2))
        await ear.until(lambda: ear.trades() == [1, 2])
    assert len(server.peers) == 1
    assert health.total("decode_errors", label="json") == len(JUNK)
    assert health.total("decode_errors", label="unknown_symbol") == 1
    assert health.total("ignored_frames") == 1


async def test_a_parser_that_breaks_its_promise_is_counted_and_the_stream_goes_on() -> None:
    """A mistake in one venue file would end the radar."""
    venue = Broken()
    async with ScriptedServer(saying('{"t":[1]}', trade(1))) as server, running(server, venue) as (ear, health):
        await ear.until(lambda: ear.trades() == [1])
    assert health.total("decode_errors", label="bug_KeyError") == 1


async def test_too_many_requests_waits_as_long_as_the_venue_asks() -> None:
    """Coming back early turns a limit into a ban."""
    server = ScriptedServer(saying(trade(1)), handshakes=(429, None), handshake_headers={"Retry-After": "0.5"})
    async with server, running(server) as (ear, health):
        first, second = await server.attempts(2)
        assert 0.5 <= second - first < 1.5
        await ear.until(lambda: ear.trades() == [1])
    assert health.total("connect_failures", label="http_429") == 1


@pytest.mark.parametrize("status", [403, 451])
async def test_a_closed_door_is_told_once_and_left_alone(status: int) -> None:
    """A user in a blocked region would hammer the venue and never learn why nothing comes."""
    async with ScriptedServer(handshakes=(status,)) as server, running(server) as (ear, _):
        await ear.until(lambda: "rejected" in ear.states())
        await asyncio.sleep(0.4)
        assert len(server.attempts_at) == 1
    assert len(ear.reasons("rejected")) == 1
    assert str(status) in ear.reasons("rejected")[0]
    assert "5 min" in ear.reasons("rejected")[0]


async def test_server_errors_are_tried_again_and_told_once() -> None:
    """A venue's maintenance would need a restart of ours, or fill the log."""
    server = ScriptedServer(saying(trade(1)), handshakes=(503, 503, 503, None))
    async with server, running(server) as (ear, health):
        await ear.until(lambda: ear.trades() == [1])
    assert ear.reasons("down") == ["http_503: HTTP 503: the venue is in trouble: check its status page"]
    assert health.total("connect_failures", label="http_503") == 3


async def test_a_planned_rotation_overlaps_and_loses_and_doubles_nothing() -> None:
    """Every day at the same hour each market would miss seconds, or count them twice."""
    said = 0

    async def broadcast() -> None:
        nonlocal said
        while True:
            said += 1
            for peer in server.peers:
                with suppress(ConnectionError):
                    await peer.send(trade(said))
            await asyncio.sleep(0.01)

    venue = ToyVenue(lifetime_s=0.8)
    async with ScriptedServer() as server, running(server, venue) as (ear, health):
        venue_side = asyncio.create_task(broadcast())
        second = await server.peer(2)
        first = server.peers[0]
        # The old one is still there when the new one comes, and goes by itself.
        assert not first.gone.is_set()
        await asyncio.wait_for(first.gone.wait(), 5)
        assert not second.gone.is_set()
        upto = said + 5
        await ear.until(lambda: upto in ear.trades())
        venue_side.cancel()
        begun = ear.trades()[0]
        assert isinstance(begun, int)
        assert ear.trades() == list(range(begun, begun + len(ear.trades())))
    assert ear.states() == ["connecting", "up"]
    assert not ear.gaps()
    assert health.total("rotations") >= 1


async def test_a_rotation_that_finds_no_new_connection_keeps_the_old_one() -> None:
    """A refused second socket would cost the first."""
    venue = ToyVenue(lifetime_s=0.2)
    server = ScriptedServer(saying(trade(1)), handshakes=(None, 503))
    async with server, running(server, venue) as (ear, _):
        await server.attempts(2)
        await (await server.peer(1)).send(trade(2))
        await ear.until(lambda: ear.trades() == [1, 2])
    assert ear.states() == ["connecting", "up"]


async def test_an_announced_end_is_met_by_another_connection_before_it_comes() -> None:
    """A venue that says a minute ahead that it will restart would be missed for seconds all the same."""

    async def script(peer: Peer) -> None:
        number = server.peers.index(peer)
        await peer.send(trade(1 + 10 * number))
        if not number:
            await peer.send('{"refuse":"restarting soon","action":"replace"}')
            await (await server.peer(2)).send(trade(12))

    server = ScriptedServer(script)
    async with server, running(server) as (ear, health):
        await ear.until(lambda: 12 in ear.trades())
        await asyncio.wait_for(server.peers[0].gone.wait(), 5)
        await asyncio.sleep(0.2)
        assert len(server.peers) == 2
    assert not ear.gaps()
    assert ear.states() == ["connecting", "up"]
    assert health.total("rotations") == 1


@pytest.mark.parametrize(
    ("whose", "missing"),
    [("marks", ["BTC-USDT-PERP"]), ("trades", []), ("all", ["BTC-USDT-PERP", "ETH-USDT-PERP"]), ("none", [])],
)
async def test_a_socket_says_whose_liquidations_go_with_it(
    whose: Literal["marks", "trades", "all", "none"], missing: list[str]
) -> None:
    """The liquidations of every market may come on one socket, and their marks on others."""

    class Venue(ToyVenue):
        def socket(self, name: str = "public-0") -> Socket:
            return msgspec.structs.replace(super().socket(name), liquidations=whose)

    async with ScriptedServer(saying(MARK)) as server, running(server, Venue()) as (ear, _):
        await ear.until(lambda: len(ear.events) >= 3)
        (await server.peer(1)).reset()
        await ear.until(lambda: len(ear.gaps()) > len(missing))
    assert [gap.instrument for gap in ear.gaps() if gap.channel == "liquidation"] == missing


async def test_a_quiet_subscriber_still_hears_of_lost_liquidations() -> None:
    """A lost liquidation would have neither an event nor a gap."""
    async with ScriptedServer(saying(MARK)) as server, running(server) as (ear, _):
        await ear.until(lambda: len(ear.events) >= 3)
        (await server.peer(1)).reset()
        await ear.until(lambda: any(gap.channel == "liquidation" for gap in ear.gaps()))
    assert not any(isinstance(event, Liquidation) for event in ear.events)


async def test_nobody_at_the_address_is_tried_with_backoff() -> None:
    """A venue that is down when the radar starts would never be listened to."""
    server = ScriptedServer()
    server.websocket_url = "ws://127.0.0.1:1"
    async with running(server) as (ear, health):
        await ear.until(lambda: "down" in ear.states())
        async with asyncio.timeout(5):
            while health.total("connect_failures", label="unreachable") < 3:  # noqa: ASYNC110  # a plain counter
                await asyncio.sleep(0.005)
    assert len(ear.reasons("down")) == 1
