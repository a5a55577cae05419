from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

import msgspec
import pytest

from producers.clock import END_OF_RECORDING_NS
from producers.connection import MAX_FRAME_BYTES, Connection, Timing
from producers.endings import Ending
from producers.errand import Errand
from producers.health import Health
from producers.pace import Pace
from producers.venue import Ack, Control, Limits, Refusal, Socket
from producers.venue_paces import message_pace
from schemas.base import Event
from schemas.market import Trade
from tests.kit.scripted_server import Peer, ScriptedServer
from tests.kit.toy_venue import ToyVenue, trade


class Line:
    """A connection with everything that it needs, and what it delivered."""

    def __init__(
        self,
        server: ScriptedServer,
        *,
        venue: ToyVenue | None = None,
        recorded: bool = False,
        socket: Socket | None = None,
        hold: Callable[[], Awaitable[None]] | None = None,
        pace: Pace | None = None,
    ) -> None:
        venue = venue or ToyVenue()
        venue.register([venue.instrument("BTCUSDT")])
        self.health = Health()
        self.frames: list[bytes] = []
        self.marks: list[int] = []
        self.events: list[Event] = []
        self.told: list[tuple[str, str]] = []
        on_mark: Callable[[int], None] | None = self.marks.append if recorded else None
        self.connection = Connection(
            venue=venue,
            socket=socket or venue.socket(),
            url=server.websocket_url + "/public-0",
            timing=Timing(ack_deadline_s=0.5),
            health=self.health,
            carried=set(),
            on_frame=self._frame,
            on_state=self._state,
            on_mark=on_mark,
            hold=hold,
            pace=pace,
        )

    def _frame(self, connection: Connection, raw: bytes) -> None:
        self.frames.append(raw)
        self.events += connection.read(raw, 1)

    def _state(self, state: Literal["rejected", "up"], reason: str) -> None:
        self.told.append((state, reason))

    @property
    def states(self) -> list[str]:
        return [state for state, _ in self.told]

    async def run(self) -> Ending:
        async with asyncio.timeout(10):
            return await self.connection.run()


async def test_the_application_ping_is_sent_at_its_interval() -> None:
    """Venues that want their own ping would cut the socket while data flows."""
    socket = msgspec.structs.replace(ToyVenue().socket(), ping='{"op":"ping"}', ping_every_s=0.05)

    async def until_pinged(peer: Peer) -> None:
        while peer.said.count('{"op":"ping"}') < 3:  # noqa: ASYNC110  # a plain list
            await asyncio.sleep(0.005)
        await peer.close(1001)

    async with ScriptedServer(until_pinged) as server:
        ending = await Line(server, socket=socket).run()
    assert ending.reason == "closed_1001"


async def test_subscriptions_keep_the_message_limit() -> None:
    """The venue would close the socket for too many requests."""
    heard: list[float] = []

    def acks(_: str) -> str:
        heard.append(asyncio.get_running_loop().time())
        return '{"ack":1}'

    async def later(peer: Peer) -> None:
        while len(peer.said) < 4:  # noqa: ASYNC110  # a plain list
            await asyncio.sleep(0.005)
        await peer.close()

    async with ScriptedServer(later, acks=acks) as server:
        venue = ToyVenue(subscribe=("a", "b", "c", "d"))
        venue.limits = Limits(messages_per_s=10, connects_per_min=60, lifetime_s=None, snapshots_per_min=60)
        await Line(server, venue=venue).run()
    assert heard[-1] - heard[0] > 0.25


async def test_connections_that_share_a_limit_keep_it_together() -> None:
    """A venue that counts by address would refuse the second connection's subscriptions."""
    heard: list[float] = []

    def acks(_: str) -> str:
        heard.append(asyncio.get_running_loop().time())
        return '{"ack":1}'

    async def later(peer: Peer) -> None:
        while len(heard) < 6:  # noqa: ASYNC110  # a plain list
            await asyncio.sleep(0.005)
        await peer.close()

    async with ScriptedServer(later, acks=acks) as server:
        venue = ToyVenue(subscribe=("a", "b", "c"))
        venue.limits = Limits(messages_per_s=25, connects_per_min=60, lifetime_s=None, snapshots_per_min=60)
        pace = message_pace(venue)
        await asyncio.gather(*(Line(server, venue=venue, pace=pace).run() for _ in range(2)))
    assert heard[-1] - heard[0] > 0.2


async def test_an_answer_that_confirms_and_brings_a_book_is_both() -> None:
    """Some venues send the book as the answer to its subscription: it would be lost, and asked for again and again."""

    class Confirming(ToyVenue):
        def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
            said = super().parse(frame, ts_recv_ns)
            return [Ack(), *said] if isinstance(said[0], Trade) else said

    async def script(peer: Peer) -> None:
        while not peer.said:  # noqa: ASYNC110  # a plain list
            await asyncio.sleep(0.005)
        await peer.send(trade(1))
        await asyncio.sleep(0.05)
        await peer.close()

    async with ScriptedServer(script, acks=lambda _: None) as server:
        line = Line(server, venue=Confirming())
        await line.run()
    assert [event.trade_id for event in line.events if isinstance(event, Trade)] == [1]
    assert line.states == ["up"]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        # In one answer with the acknowledgement of the rest; before it; and long after.
        (['{"both":"no such market"}'], [("rejected", "refused: no such market"), ("up", "refused: no such market")]),
        (['{"ack":1}', "pause", '{"refuse":"delisted","action":"ignore"}'], [("up", ""), ("up", "refused: delisted")]),
    ],
)
async def test_a_refusal_among_confirmations_is_told(answers: list[str], said: list[tuple[str, str]]) -> None:
    """One market of many would be missing without a word."""

    class Venue(ToyVenue):
        def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
            if frame.startswith(b'{"both"'):
                return [Ack(), Refusal(frame.decode().split('"')[3], "ignore")]
            return super().parse(frame, ts_recv_ns)

    async def script(peer: Peer) -> None:
        while not peer.said:  # noqa: ASYNC110  # a plain list
            await asyncio.sleep(0.005)
        await peer.send(trade(1))
        for answer in answers:
            await (asyncio.sleep(0.1) if answer == "pause" else peer.send(answer))
        await asyncio.sleep(0.1)
        await peer.close()

    async with ScriptedServer(script, acks=lambda _: None) as server:
        line = Line(server, venue=Venue())
        await line.run()
    assert line.told == said


async def test_an_oversized_frame_ends_the_connection_and_not_the_process() -> None:
    """One frame could fill the memory."""

    async def flood(peer: Peer) -> None:
        await peer.send("x" * (MAX_FRAME_BYTES + 1))

    async with ScriptedServer(flood) as server:
        line = Line(server)
        ending = await line.run()
    assert ending.reason.startswith("closed_")
    assert not line.frames


async def test_marks_frames_and_the_end_of_a_recording_are_told_apart() -> None:
    """A run over sockets could not be compared with the file, or would never end."""

    async def play(peer: Peer) -> None:
        while not peer.said:  # noqa: ASYNC110  # a plain list
            await asyncio.sleep(0.005)
        await peer.mark(7)
        await peer.send(trade(1))
        await peer.send_binary(b"123")
        # A text frame as long as a mark is a text frame.
        await peer.send("12345678")
        await peer.mark(END_OF_RECORDING_NS)
        await peer.close(1000, "end of recording")

    async with ScriptedServer(play) as server:
        line = Line(server, recorded=True)
        ending = await line.run()
    assert ending.finished
    assert line.marks == [7, END_OF_RECORDING_NS]
    assert line.frames == [trade(1).encode(), b"12345678"]
    assert line.states == ["up"]
    assert line.health.total("decode_errors", label="not_a_mark") == 1


async def test_a_recording_that_is_held_is_not_read_and_not_taken_for_stale() -> None:
    """Whoever is slower than the server would be flooded; one that waits long would lose the recording's rest."""
    socket = msgspec.structs.replace(ToyVenue().socket(), stale_after_s=0.08)
    held = asyncio.Event()
    free = asyncio.Event()

    async def hold() -> None:
        if line.marks:
            held.set()
            await free.wait()

    async def play(peer: Peer) -> None:
        await peer.mark(7)
        await peer.send(trade(1))
        await held.wait()
        await asyncio.sleep(0.3)  # several times as long as a silence may last
        assert line.frames == []
        free.set()
        await peer.mark(END_OF_RECORDING_NS)
        await peer.close(1000, "end of recording")

    async with ScriptedServer(play) as server:
        line = Line(server, recorded=True, socket=socket, hold=hold)
        ending = await line.run()
    assert ending.finished
    assert line.frames[0] == trade(1).encode()


@pytest.mark.parametrize("status", [400, 500])
async def test_a_refused_handshake_is_an_ending_and_not_an_error(status: int) -> None:
    """A venue's bad day would end the session's task."""
    async with ScriptedServer(handshakes=(status,)) as server:
        line = Line(server)
        assert (await line.run()).reason == f"http_{status}"
    assert line.health.total("connect_failures") == 1


async def test_an_errand_ends_with_its_connection_whatever_became_of_it() -> None:
    """Whoever waits for its turn would wait for ever, and its book with it."""
    async with ScriptedServer() as server:
        line = Line(server)
    # Nobody listens there any more.
    errand = Errand(['{"sub":2}'], wanted=lambda: True)
    line.connection.tell(errand)
    ending = await line.run()
    late = Errand(['{"sub":3}'], wanted=lambda: True)
    line.connection.tell(late)
    assert ending.reason == "unreachable"
    assert [(one.said, one.over.is_set()) for one in (errand, late)] == [(False, True)] * 2


async def test_an_errand_that_is_wanted_no_more_is_not_said() -> None:
    """Its book has come while its turn was waited for: asking again would take it away."""
    async with ScriptedServer() as server:
        line = Line(server)
        said = Errand(["unsubscribe", "subscribe"], wanted=lambda: True)
        line.connection.tell(Errand(["old"], wanted=lambda: False))
        line.connection.tell(said)
        running = asyncio.create_task(line.run())
        peer = await server.peer(1)
        async with asyncio.timeout(5):
            await said.over.wait()
            while len(peer.said) < 3:  # noqa: ASYNC110 - the server reads at its own pace
                await asyncio.sleep(0.001)
            await peer.close()
            await running
    assert sorted(peer.said) == ["subscribe", "unsubscribe", '{"sub":1}']
    assert [text for text in peer.said if "sub" in text and "{" not in text] == ["unsubscribe", "subscribe"]
