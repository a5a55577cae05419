"""Each venue's client against the venue server, on real sockets: what happens in a day, and what goes wrong in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest

from detector.kernel import Book
from producers.completeness import ChannelName
from producers.health import CounterName
from producers.recording import rest_answer
from producers.venue import Socket, Venue
from producers.venue_server.dialects import dialects
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener
from producers.venue_server.synthetic import synthetic
from producers.venues.registry import VENUES
from schemas.base import Event
from schemas.health import Gap, VenueStatus
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, DerivativeState, Liquidation, OpenInterest, Trade
from tests.kit.hurried import START_NS, hurried
from tests.kit.listing import listed
from tests.kit.made_up import COINS, MadeUp, made_up, rotating

STEP_NS = 500_000_000
BEGIN_S = 10
"""Faults come when everything is up."""
KINDS: Sequence[tuple[ChannelName, type[Event]]] = (
    ("trades", Trade),
    ("book", BookSnapshot),
    ("liquidations", Liquidation),
    ("mark", DerivativeState),
    ("open_interest", OpenInterest),
)

every_venue = pytest.mark.parametrize("venue_id", VENUES)
those_that_rotate = pytest.mark.parametrize("venue_id", [one for one in VENUES if VENUES[one]().limits.lifetime_s])
"""The others are not cut by the clock."""


def after(seconds: float) -> int:
    """A receive time of the play, which begins when the first socket has subscribed."""
    return START_NS + int(seconds * 1e9)


def told(venue: Venue) -> set[type[Event]]:
    """What the venue says that it tells of."""
    kinds = {kind for channel, kind in KINDS if venue.completeness[channel].kind != "none"}
    return kinds | ({BookDelta} if venue.sequencing is not None else set())


def has_books(run: MadeUp) -> bool:
    """Whether every market's book is current."""
    books = run.books()
    expected = len(run.of(Instrument)) if run.venue.completeness["book"].kind != "none" else 0
    return len(books) == expected and all(books.values())


def check_health(run: MadeUp) -> None:
    """Nothing was misread on the way, and no limit broken."""
    unread: tuple[CounterName, ...] = ("decode_errors", "snapshot_failures")
    for name in unread:
        assert not run.health.total(name), [row for row in run.health.rows() if row[1] == name]
    assert not run.counts.violations
    assert not run.mount.unknown_frames


def check_depth(run: MadeUp) -> None:
    """The engine's own books take every level, and end up uncrossed."""
    books: dict[str, Book] = {}
    for event in run.events:
        if isinstance(event, Instrument):
            value = event.contract_value or 1.0
            books[event.instrument] = Book(value, event.contract == "inverse", event.tick_size or 0.0)
        elif isinstance(event, BookSnapshot):
            books[event.instrument].apply_snapshot(bytes(event.bids), bytes(event.asks), event.keeps_far_levels)
        elif isinstance(event, BookDelta):
            books[event.instrument].apply_delta(bytes(event.bids), bytes(event.asks))
    if run.venue.completeness["book"].kind != "none":
        assert all(abs(book.mid - 100.0) < 20 for book in books.values())


@every_venue
@hurried
async def test_all_that_a_venue_tells_streams_and_its_polls_are_answered(venue_id: str) -> None:
    """A channel that stays silent over a socket is silent in production, whatever its parser can read."""
    async with made_up(venue_id, step_ns=STEP_NS) as run:
        await run.until(lambda: run.is_up() and has_books(run))
        failures = run.health.total("poll_failures")
        polls = len(run.venue.polls(run.of(Instrument)))
        missing = told(run.venue)
        await run.until(lambda: not missing.difference(map(type, run.events)), within_s=900)
        await run.until(lambda: run.health.total("polls") >= polls, within_s=900)
        assert not run.health.total("refusals")
        assert not run.health.total("disconnects")
        assert run.health.total("poll_failures") == failures
        assert not run.of(Gap)
        assert {event.instrument for event in run.of(Trade)} <= {event.instrument for event in run.of(Instrument)}
        check_health(run)
        check_depth(run)


@every_venue
@hurried
async def test_a_connection_that_the_venue_cuts_after_its_day_comes_back_whole(venue_id: str) -> None:
    """Every venue ends every connection some day: the gap must be one, and the book after it the venue's."""
    async with made_up(venue_id, step_ns=STEP_NS, faults=Faults(lifetime_s=30.0)) as run:
        await run.until(lambda: run.is_up() and has_books(run))
        sockets = len(run.states())
        await run.until(lambda: run.health.total("disconnects") == sockets)
        await run.until(lambda: run.is_up() and has_books(run), within_s=20)
        await run.watch(5)
        gaps = Counter(run.gaps())
        assert run.health.total("disconnects") == sockets
        assert set(gaps.values()) == {1}, gaps
        if run.venue.completeness["book"].kind != "none":
            assert {name for name, channel in gaps if channel == "book"} == run.books().keys()
        assert {gap.reason for gap in run.of(Gap)} == {"closed_1006"}
        check_health(run)


@those_that_rotate
@hurried
async def test_a_planned_rotation_loses_nothing_and_doubles_nothing(venue_id: str) -> None:
    """The changeover before the venue's own cut would otherwise be a gap a day, or sell every trade twice."""
    async with made_up(rotating(venue_id, lifetime_s=20.0), step_ns=STEP_NS) as run:
        await run.until(lambda: run.is_up() and has_books(run))
        sockets = len(run.states())
        first_s = run.position_s
        await run.until(lambda: run.health.total("rotations") >= 2 * sockets)
        await run.until(lambda: len(run.mount.peers) == sockets, within_s=10)
        assert run.health.total("rotations") >= 2 * sockets
        assert not run.of(Gap)
        assert not run.health.total("disconnects")
        assert has_books(run)
        trades = [(trade.instrument, trade.trade_id, trade.qty) for trade in run.of(Trade)]
        assert len(set(trades)) == len(trades)
        # What came while subscriptions were still being made may be missing; from then on each trade is there once.
        played = [row for at_s, row in written_trades(run.venue, seconds=run.position_s - 1) if at_s > first_s + 1]
        assert played
        assert not set(played).difference(trades)
        check_health(run)


@pytest.mark.slow
@pytest.mark.parametrize("venue_id", ["binance-spot", "bitget"])
@hurried
async def test_a_whole_day_passes_without_a_gap(venue_id: str) -> None:
    """The day as long as it is, for a venue whose books are fetched and one that sends them: nothing is cut."""
    async with made_up(venue_id, step_ns=20 * 10**9) as run:
        await run.until(run.is_up)
        sockets = len(run.states())
        assert run.mount.rulebook.rules.lifetime_s == 24 * 3600
        await run.watch(25 * 3600)
        assert run.health.total("rotations") == sockets
        assert not run.health.total("disconnects")
        assert not run.of(Gap)
        assert has_books(run)
        check_health(run)


def written_trades(venue: Venue, *, seconds: float) -> list[tuple[float, tuple[str, str | int | None, float]]]:
    """The trades in the frames of the play, read by another object of the same venue."""
    reader, dialect = VENUES[venue.id](), dialects()[venue.id]
    reader.register(listed(reader, dialect, COINS, START_NS))
    frames = synthetic({venue.id: dialect}, coins=COINS, seconds=seconds, start_ns=START_NS, step_ns=STEP_NS)
    return [
        ((recv_ns - START_NS) / 1e9, (event.instrument, event.trade_id, event.qty))
        for recv_ns, _, raw in frames
        if rest_answer(raw) is None
        for event in reader.parse(raw, recv_ns)
        if isinstance(event, Trade)
    ]


def lost_delta(venue_id: str) -> tuple[str, int, bool] | None:
    """Topic and number of a change of the first market's book some seconds into the play, where its loss can show.

    And whether it is the connection's messages that are numbered.
    """
    venue, dialect = VENUES[venue_id](), dialects()[venue_id]
    instruments = listed(venue, dialect, COINS, START_NS)
    venue.register(instruments)
    numbers: Counter[str] = Counter()
    for recv_ns, _, raw in synthetic({venue_id: dialect}, coins=COINS, seconds=60, start_ns=START_NS, step_ns=STEP_NS):
        if rest_answer(raw) is not None or not (topics := dialect.topics(raw)):
            continue
        numbers[topics[0]] += 1
        if recv_ns < after(BEGIN_S + 10):
            continue
        for event in venue.parse(raw, recv_ns):
            if isinstance(event, BookDelta) and event.instrument == instruments[0].instrument:
                counted = venue.message_number(dialect.payload(raw, topics, Listener(""))) is not None
                if event.last_id is not None or counted:
                    return topics[0], numbers[topics[0]], counted
    return None


@every_venue
@hurried
async def test_a_lost_book_message_is_one_gap_and_then_a_whole_book(venue_id: str) -> None:
    """Depth upon a hole is wrong; depth that does not come back is blindness."""
    found = lost_delta(venue_id)
    if found is None:
        pytest.skip("its books are whole each time, or carry no number: a loss cannot show")
    topic, number, counted = found
    async with made_up(venue_id, step_ns=STEP_NS, faults=Faults(skip={topic: number})) as run:
        await run.until(lambda: run.is_up() and has_books(run))
        await run.until(lambda: bool(run.of(Gap)))
        await run.until(lambda: has_books(run), within_s=30)
        await run.watch(15)
        assert set(Counter(run.gaps()).values()) == {1}
        # Nobody knows what was in a lost message of a connection: it is opened anew, with all that it carries.
        assert len(run.of(Gap)) == 1 or counted
        assert run.health.total("lost_messages") == run.health.total("disconnects") == counted
        assert has_books(run)
        check_health(run)


@every_venue
@hurried
async def test_subscriptions_that_nobody_confirms_are_told_and_what_comes_is_used(venue_id: str) -> None:
    """A venue that forgets its answers still sends data; calling such a socket up would hide what is missing."""
    async with made_up(venue_id, step_ns=STEP_NS, faults=Faults(acks=False)) as run:
        await run.until(lambda: has_books(run) and len(run.events) > 50)
        await run.watch(120)
        unconfirmed = [said for said in run.said() if "subscriptions confirmed" in said]
        # Where a whole book is the answer to its subscription, it cannot be swallowed.
        assert unconfirmed or run.is_up()
        assert has_books(run)
        assert run.counts.connects_within_a_minute <= 8 * len(run.states())
        assert not run.health.total("decode_errors")
        assert not run.counts.violations


@every_venue
@hurried
async def test_pings_keep_a_quiet_connection_open(venue_id: str) -> None:
    """Some venues cut whoever says nothing, while data flows or because none does."""
    venue = VENUES[venue_id]()
    sockets = venue.sockets

    def patient(instruments: Sequence[Instrument]) -> list[Socket]:
        return [msgspec.structs.replace(one, stale_after_s=1e6) for one in sockets(instruments)]

    venue.sockets = patient  # type: ignore[method-assign]
    async with made_up(venue, step_ns=STEP_NS, faults=Faults(silent_from_ns=after(BEGIN_S))) as run:
        rules = run.mount.rulebook.rules
        term_s = max(rules.client_silence_s or 0, rules.idle_s or 0, rules.server_ping_s or 0, 60.0)
        await run.until(lambda: run.is_up() and has_books(run))
        await run.watch(BEGIN_S + 2.2 * term_s)
        assert not run.health.total("disconnects")
        assert run.is_up()
        check_health(run)


def rejected_topic(venue_id: str) -> str:
    """What a subscription to the first market's trades is called, or to its liquidations where there is no tape."""
    dialect = dialects()[venue_id]
    markets = dialect.made_up(COINS)
    dialect.list_markets(markets)
    trade = dialect.write_trade(markets[0], START_NS, price=100.0, qty=1.0, taker="buy")
    frames = trade or dialect.write_liquidation(markets[0], START_NS, price=100.0, qty=1.0, liquidated="long")
    return dialect.topics(frames[0])[0]


@every_venue
@hurried
async def test_one_refused_subscription_is_told_and_the_others_live(venue_id: str) -> None:
    """A delisted market would take its neighbours with it, or be missing without a word."""
    faults = Faults(rejected=frozenset({rejected_topic(venue_id)}))
    async with made_up(venue_id, step_ns=STEP_NS, faults=faults) as run:
        await run.until(lambda: any("rejected" in said for said in run.said()))
        await run.watch(100)
        (refused,) = {one.session for one in run.of(VenueStatus) if one.state == "rejected"}
        reason = next(one.reason for one in run.of(VenueStatus) if one.state == "rejected")
        assert len(reason) > len("refused: ")
        assert run.health.total("refusals") == 1
        if run.states()[refused] == "up":
            _, *others = (instrument.instrument for instrument in run.of(Instrument))
            assert {trade.instrument for trade in run.of(Trade)} == set(others)
            # Where one request names several topics, the one that cannot be had takes the rest of its request along.
            assert all(run.books().get(name) for name in others)
        else:
            # A venue that takes a whole list or nothing: the socket is left alone, for minutes and not for seconds.
            assert reason.startswith("refused: ")
            assert run.counts.connections == len(run.states())
        assert all(state == "up" for session, state in run.states().items() if session != refused)
        assert not run.health.total("decode_errors")
        assert not run.counts.violations


def shortest_silence_s(venue_id: str) -> float:
    """After how much silence the first of the venue's sockets is cut."""
    venue, dialect = VENUES[venue_id](), dialects()[venue_id]
    return min(socket.stale_after_s for socket in venue.sockets(listed(venue, dialect, COINS, START_NS)))


@every_venue
@hurried
async def test_silence_is_cut_though_pings_are_answered_and_a_venue_that_speaks_again_is_heard(venue_id: str) -> None:
    """A socket that lives and says nothing looks like a calm market."""
    stale_s = shortest_silence_s(venue_id)
    step_s = max(STEP_NS / 1e9, stale_s / 50)
    begin_s, end_s = BEGIN_S + 10 * step_s, BEGIN_S + 3 * stale_s
    faults = Faults(silent_from_ns=after(begin_s), silent_until_ns=after(end_s))
    async with made_up(venue_id, step_ns=int(step_s * 1e9), faults=faults) as run:
        await run.until(lambda: run.is_up() and has_books(run))
        sockets = len(run.states())
        await run.until(lambda: bool(run.of(Gap)), within_s=begin_s + 1.5 * stale_s)
        assert {gap.reason for gap in run.of(Gap)} == {"stale"}
        await run.until(lambda: run.position_s > end_s, within_s=4 * stale_s)
        await run.until(lambda: run.is_up() and has_books(run), within_s=2 * stale_s + 35)
        # Each try waits for its data as long as the first.
        assert run.mount.handshakes <= sockets * 5
        check_health(run)


@every_venue
@hurried
async def test_a_half_open_connection_is_noticed_within_a_minute(venue_id: str) -> None:
    """A router that forgot us sends no word: without our own pings the book would be believed for ever."""
    async with made_up(venue_id, step_ns=STEP_NS, faults=Faults(deaf_from_ns=after(BEGIN_S))) as run:
        await run.until(lambda: run.is_up() and has_books(run))
        sockets = len(run.states())
        await run.until(lambda: run.health.total("disconnects") == sockets, within_s=BEGIN_S + 60)
        gaps = run.of(Gap)
        assert {gap.reason for gap in gaps} <= {"closed_1011", "closed_1006", "stale"}
        assert set(Counter(run.gaps()).values()) == {1}
        await run.until(lambda: run.is_up() and has_books(run), within_s=30)
        await run.watch(45)
        assert len(run.of(Gap)) == len(gaps)
        assert run.health.total("disconnects") == sockets
        check_health(run)
