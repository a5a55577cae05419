"""The ticker: when ticks come, what they say, and that batches change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from producers.ticker.ticker import NS, Ticker, TickerState
from schemas.base import Event
from schemas.clock import Tick
from schemas.health import Gap, VenueStatus
from schemas.market import BookTop
from tests.kit.moments import MS, T0, S, definition, header, trade

randoms = st.integers(0, 2**32 - 1).map(Random)


def status(ms: int) -> VenueStatus:
    """A connection is up."""
    return VenueStatus(**header(ms, instrument="*"), state="up", session="public-0")


def ticked(*events: Event) -> list[Event | int]:
    """What comes out; ticks by their milliseconds."""
    return brief(Ticker().take(events))


def brief(events: Sequence[Event]) -> list[Event | int]:
    """Ticks by their milliseconds."""
    return [(event.ts_event_ns - T0) // MS if isinstance(event, Tick) else event for event in events]


def test_the_first_event_brings_a_tick() -> None:
    """Readers would not know where time begins."""
    assert ticked(trade(0)) == [0, trade(0)]


def test_a_tick_comes_once_the_lateness_has_passed_since_a_second_ended() -> None:
    """A second would be closed before its last trades have come."""
    assert ticked(trade(0), trade(499), trade(500), trade(1_499), trade(1_500)) == [
        *(0, trade(0)),
        trade(499),
        *(500, trade(500)),
        trade(1_499),
        *(1_500, trade(1_500)),
    ]


def test_a_tick_says_when_it_was_received() -> None:
    """The age of the stream could not be told."""
    tick = Ticker().take([trade(0, recv_ms=70)])[0]
    assert (tick.venue, tick.instrument, tick.ts_recv_ns) == ("*", "*", T0 + 70 * MS)


def test_several_seconds_at_once_bring_one_tick() -> None:
    """After an hour's gap readers would be sent thousands."""
    assert ticked(trade(0), trade(50 * S)) == [0, trade(0), 50 * S, trade(50 * S)]


def test_a_late_event_brings_no_tick() -> None:
    """Time would be told to go back."""
    ticker = Ticker()
    ticker.take([trade(10 * S)])
    assert ticker.take([trade(0), trade(9 * S)]) == [trade(0), trade(9 * S)]


def test_what_our_own_clock_says_passes_and_moves_no_time() -> None:
    """Our clock, hours off, would close seconds that have not been."""
    gap = Gap(**header(90 * S), channel="book", since_ns=T0, reason="hole")
    foreign = Tick(**header(90 * S, venue="*", instrument="*"))
    said = [status(90 * S), gap, definition(), foreign]
    ticker = Ticker()
    assert ticker.take(said) == said
    assert ticker.newest_ns == 0
    assert ticker.take([trade(0)])[1:] == [trade(0)]
    assert ticker.newest_ns == T0


def test_a_confirmed_leap_leaves_in_order_with_its_ticks() -> None:
    """The first events after a gap would come before the time that they belong to."""
    after = [trade(3_600_000 + 300 * n, n) for n in range(5)]
    assert ticked(trade(0), *after[:4], status(0), after[4]) == [
        *(0, trade(0), status(0)),
        *(3_600_000, after[0], after[1]),
        *(3_600_600, after[2], after[3], after[4]),
    ]


def test_unconfirmed_leaps_and_impossible_stamps_are_counted() -> None:
    """Nobody would learn that events are thrown away."""
    ticker = Ticker()
    ticker.take([trade(0), trade(3_600_000), trade(1), trade(60_000, recv_ms=-60_000)])
    assert (ticker.stray, ticker.clamped) == (1, 1)


def pulses(event: Event) -> list[tuple[str, int, int]]:
    """Newest trade and longest pause of each venue, in milliseconds."""
    assert isinstance(event, Tick)
    return [(p.venue, (p.last_trade_ns - T0) // MS, p.longest_pause_ns // MS) for p in event.pulses]


def test_a_tick_says_how_venues_trade() -> None:
    """A reader of one partition would take a quiet asset for a dead venue."""
    liquidated = msgspec.structs.replace(trade(400, venue="east"), print="adl")
    top = BookTop(**header(900, venue="west"), bid=1.0, bid_qty=1.0, ask=2.0, ask_qty=1.0)
    out = Ticker().take([trade(0), liquidated, trade(300), top, trade(1_200), trade(1_700), trade(2_700)])
    assert [pulses(event) for event in out if isinstance(event, Tick)] == [
        [],
        [],
        [("east", 400, 0), ("north", 300, 300)],
        [("east", 400, 0), ("north", 1_700, 900)],
    ]


def test_a_late_trade_counts_when_it_is_learnt_of() -> None:
    """A venue whose feed lags by a minute in the crash would be called dead, and its prices thrown away."""
    ticker = Ticker()
    ticker.take([trade(100 * S, venue="south"), trade(0)])
    (tick,) = ticker.advance(T0 + 102_000 * MS)
    assert pulses(tick) == [("north", 99_500, 0), ("south", 100_000, 0)]


def test_a_tick_says_what_dollars_are_worth() -> None:
    """Assets in other partitions would be valued in a coin that has broken."""
    peg = trade(0, instrument="USDC-USD-SPOT", price=0.9)
    ticker = Ticker()
    ticker.take([definition("USDC", "USD"), peg])
    (tick,) = ticker.advance(T0 + 2_000 * MS)
    assert isinstance(tick, Tick)
    assert tick.dollars == {"USDC": 0.9}


def test_a_clock_without_events_brings_ticks() -> None:
    """The last trades before a silence would never be seen, nor the silence."""
    ticker = Ticker()
    assert ticker.advance(T0) == []
    ticker.take([trade(0)])
    assert ticker.advance(T0 + 499 * MS) == []
    (tick,) = ticker.advance(T0 + 500 * MS)
    assert (tick.ts_event_ns, tick.ts_recv_ns) == (T0 + 500 * MS, T0 + 500 * MS)
    assert ticker.newest_ns == T0 + 500 * MS
    assert ticker.advance(T0) == []


def test_a_leap_that_the_clock_confirms_follows_its_tick() -> None:
    """The first events after a machine slept would be lost."""
    ticker = Ticker()
    ticker.take([trade(0), trade(3_600_000)])
    assert brief(ticker.advance(T0 + 3_600_000 * MS)) == [3_600_000, trade(3_600_000)]


def test_the_last_tick_lies_beyond_the_lateness() -> None:
    """The newest events of a recording would never be used."""
    ticker = Ticker()
    assert ticker.finish() == []
    ticker.take([trade(0), trade(3_600_000)])
    (tick,) = ticker.finish()
    assert (tick.ts_event_ns, tick.ts_recv_ns) == (T0 + 500 * MS + 1, T0 + 500 * MS + 1)
    assert ticker.stray == 1


def test_another_lateness_shifts_the_ticks() -> None:
    """The setting would change what is late but not when seconds end."""
    out = Ticker(lateness_ms=200).take([trade(0), trade(200), trade(1_199), trade(1_200)])
    assert brief(out) == [0, trade(0), 200, trade(200), trade(1_199), 1_200, trade(1_200)]


def stream(random: Random) -> list[Event]:
    """A stream with everything in it: late events, leaps, wrong clocks, definitions, pegs."""
    events: list[Event] = [definition("USDC", "USD"), definition("USDT", "USD", venue="south")]
    ms = 0
    for number in range(random.randint(1, 120)):
        ms += random.choice((0, 1, 20, 200, 800, 3_000))
        if random.random() < 0.03:
            ms += 100_000
        venue = random.choice(("north", "south"))
        at = ms + random.choice((0, 0, 0, -300, -5_000, 70_000))
        recv_ms = random.choice((50, 50, 50, -10_000))
        instrument = random.choice(("BTC-USDT-PERP", "ETH-USDT-PERP", "USDC-USD-SPOT", "USDT-USD-SPOT"))
        step = random.choice((1, 1, 1, 1, 4))
        events.append(
            random.choice(
                (
                    trade(at, number * step, venue=venue, instrument=instrument, recv_ms=recv_ms, price=1 + at / 1e7),
                    trade(at, number, venue=venue, instrument=instrument, recv_ms=recv_ms),
                    BookTop(**header(at, venue=venue, recv_ms=recv_ms), bid=1.0, bid_qty=1.0, ask=2.0, ask_qty=1.0),
                    status(at),
                )
            )
        )
    return events


@given(randoms)
def test_batches_and_restarts_change_nothing(random: Random) -> None:
    """Embedded and distributed runs, or a busy and an idle machine, would tell different stories."""
    events = stream(random)
    whole = Ticker()
    expected = whole.take(events) + whole.finish()
    ticker, out, at = Ticker(), [], 0
    while at < len(events):
        size = random.randint(0, 9)
        out += ticker.take(events[at : at + size])
        at += size
        if random.random() < 0.3:
            saved = msgspec.msgpack.encode(ticker.state)
            ticker = Ticker()
            ticker.state = msgspec.msgpack.decode(saved, type=TickerState)
    assert out + ticker.finish() == expected
    assert (ticker.clamped, ticker.stray, ticker.newest_ns) == (whole.clamped, whole.stray, whole.newest_ns)


@given(randoms)
def test_every_event_lies_before_the_next_tick_is_due(random: Random) -> None:
    """A reader would drop as ahead of its time what the ticker believed."""
    lateness_ns, future_ns = 500 * MS, 2_000 * MS
    limit_ns = 0
    for event in Ticker().take(stream(random)):
        if isinstance(event, Tick):
            assert event.ts_event_ns >= limit_ns
            limit_ns = (event.ts_event_ns - lateness_ns) // NS * NS + NS + lateness_ns
        elif not isinstance(event, (Gap, VenueStatus)):
            ns = event.ts_event_ns
            assert (ns if ns <= event.ts_recv_ns + future_ns else event.ts_recv_ns) < limit_ns or not limit_ns
