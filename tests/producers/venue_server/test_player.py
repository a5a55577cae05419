"""When frames are played: the start, the tempo, lost sockets and the end."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

from producers.clock import END_OF_RECORDING_NS
from producers.venue_server.faults import Faults
from producers.venue_server.player import Patience
from producers.venue_server.server import VenueServer
from producers.venue_server.timeline import MARK_EVERY_NS
from tests.kit.short_recording import DELTAS, STEP_NS, T0, depth, listen, short_recording, subscribe

PUBLIC = "/public/stream"
IMPATIENT = Patience(return_s=0.1, settle_s=0.02)


async def test_the_timeline_waits_for_all_expected_sockets() -> None:
    """The first frames must not be lost on whoever connects first."""
    async with VenueServer(short_recording(), speed=0, expect_sockets=2, patience=IMPATIENT) as server:
        base = server.websocket_url("binance-usdm")
        first = asyncio.create_task(listen(base + PUBLIC, subscribe("btcusdt@depth")))
        await asyncio.sleep(0.1)
        assert server.player.position_ns == 0
        second = await listen(base + "/market/stream", subscribe("btcusdt@markPrice@1s"))
        assert len((await first).data()) == DELTAS
        assert len(second.data()) == 2


async def test_marks_give_every_frame_its_recorded_time_and_quiet_sockets_the_hour() -> None:
    """A client that merges its sockets by these marks has the order of the recording."""
    async with VenueServer(short_recording(), speed=0, expect_sockets=2, patience=IMPATIENT) as server:
        base = server.websocket_url("binance-usdm")
        book, quiet = await asyncio.gather(
            listen(base + PUBLIC + "?recorded-clock=1", subscribe("btcusdt@depth")),
            listen(base + "/market/stream?recorded-clock=1", subscribe("btcusdt@forceOrder")),
        )
    assert book.times()[1:] == [T0 + number * STEP_NS for number in range(1, DELTAS + 1)]
    hours = [ns for _, ns in quiet.marks]
    assert quiet.data() == []
    assert hours[-1] == END_OF_RECORDING_NS
    assert max(later - sooner for sooner, later in pairwise(hours[:-1])) <= MARK_EVERY_NS
    assert (quiet.code, quiet.reason) == (1000, "end of recording")


async def test_speed_divides_the_recorded_time() -> None:
    """The demo shows a minute in a few seconds, evenly."""
    async with VenueServer(short_recording(), speed=10, patience=IMPATIENT) as server:
        began_s = time.monotonic()
        await listen(server.websocket_url("binance-usdm") + PUBLIC, subscribe("btcusdt@depth"))
        assert 0.15 < time.monotonic() - began_s < 2.0


async def test_a_forced_reconnect_holds_the_timeline_until_the_client_is_back() -> None:
    """At full speed the rest of the recording would be over before a client can reconnect."""
    faults = {"binance-usdm": Faults(drop_at_ns=(T0 + 10 * STEP_NS,))}
    async with VenueServer(short_recording(), speed=0, faults=faults) as server:
        url = server.websocket_url("binance-usdm") + PUBLIC + "?recorded-clock=1"
        before = await listen(url, subscribe("btcusdt@depth"))
        after = await listen(url, subscribe("btcusdt@depth"))
    assert before.code is None
    assert before.data() + after.data() == [depth(number) for number in range(1, DELTAS + 1)]
    assert after.marks[0] == (0, T0 + 9 * STEP_NS)


async def test_a_client_that_does_not_come_back_is_waited_for_once() -> None:
    """A finished client must not hold the others, nor the exit."""
    faults = {"binance-usdm": Faults(drop_at_ns=(T0 + 5 * STEP_NS,))}
    async with VenueServer(short_recording(), speed=0, faults=faults, patience=IMPATIENT) as server:
        await listen(server.websocket_url("binance-usdm") + PUBLIC, subscribe("btcusdt@depth"))
        async with asyncio.timeout(2):
            await server.finished()
        assert server.player.frames_played == DELTAS + 4


async def test_without_expected_sockets_playing_begins_on_request() -> None:
    """Whoever drives a demo decides when it starts."""
    async with VenueServer(short_recording(), speed=0, expect_sockets=0, patience=IMPATIENT) as server:
        listening = asyncio.create_task(
            listen(server.websocket_url("binance-usdm") + PUBLIC, subscribe("btcusdt@depth"))
        )
        await asyncio.sleep(0.1)
        assert server.player.position_ns == 0
        server.start()
        assert len((await listening).data()) == DELTAS
