"""Two producers side by side: every fact once, whoever brings it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from detector.duplicates import KEEP_NS, MOST_FACTS, MOST_HOLES, MOST_PRODUCERS, NS, Duplicates
from schemas.base import Event
from schemas.clock import Tick
from schemas.health import Channel, Gap, VenueStatus
from schemas.market import (
    Adl,
    BookDelta,
    BookSnapshot,
    BookTop,
    DerivativeState,
    Insurance,
    Liquidation,
    OpenInterest,
    Position,
)
from tests.kit.moments import LEVELS, MS, T0, S, definition, header, trade

Said = tuple[Event, str]


def liquidation(ms: int, number: int | str | None = None, *, side: Position = "long", **where: Any) -> Liquidation:
    """A forced close."""
    return Liquidation(
        **header(ms, **where),
        liquidated=side,
        price=2.0,
        price_kind="fill",
        qty_base=1.0,
        notional_usd=2.0,
        sampled=True,
        liquidation_id=number,
    )


def adl(ms: int, number: int | str | None = None) -> Adl:
    """A deleveraging."""
    return Adl(**header(ms), deleveraged="short", price=2.0, qty_base=1.0, notional_usd=2.0, adl_id=number)


def delta(ms: int, last_id: int | None = None) -> BookDelta:
    """Changed levels."""
    return BookDelta(**header(ms), bids=LEVELS, asks=LEVELS, last_id=last_id)


def snapshot(ms: int, last_id: int | None = None) -> BookSnapshot:
    """A book."""
    return BookSnapshot(**header(ms), bids=LEVELS, asks=LEVELS, last_id=last_id)


def gap(ms: int, channel: Channel = "all", *, since_ms: int | None = None, instrument: str = "BTC-USDT-PERP") -> Gap:
    """A producer misses something since half a second ago, unless told."""
    where = header(ms, instrument=instrument, recv_ms=0)
    return Gap(**where, channel=channel, since_ns=T0 + (ms - 500 if since_ms is None else since_ms) * MS, reason="hole")


def fresh(duplicates: Duplicates, *said: Said) -> list[bool]:
    """Which of these are to be used."""
    return [duplicates.fresh(event, producer) for event, producer in said]


def both() -> Duplicates:
    """A venue of which A and B have spoken, and of which a book, a trade and a mark are known."""
    duplicates = Duplicates()
    fresh(duplicates, (snapshot(0, 10), "A"), (trade(0, 10), "A"), (DerivativeState(**header(0)), "A"))
    fresh(duplicates, (snapshot(0, 10), "B"), (trade(0, 10), "B"), (DerivativeState(**header(0)), "B"))
    return duplicates


def test_all_that_one_producer_says_is_taken() -> None:
    """With a single producer the detector would say something else than embedded."""
    events: list[Event] = [trade(5, 7), trade(5, 7), trade(4, 6), delta(5, 9), delta(4, 8), snapshot(3, 3)]
    events += [liquidation(1), liquidation(1), adl(1, 1), adl(1, 1), delta(1), snapshot(0), gap(9), gap(9)]
    events += [BookTop(**header(0), bid=1.0, bid_qty=1.0, ask=None, ask_qty=None)] * 2
    events += [DerivativeState(**header(ms)) for ms in (9, 8)]
    duplicates = Duplicates()
    assert all(duplicates.fresh(event, "A") for event in events)


def test_the_copies_of_a_producer_that_joins_are_known() -> None:
    """Everything of the last seconds would count twice when a standby starts."""
    events: list[Event] = [snapshot(0, 1), delta(1, 2), trade(2, 5), trade(2, "x"), liquidation(3), adl(3, "y")]
    events += [BookTop(**header(4), bid=1.0, bid_qty=1.0, ask=None, ask_qty=None), DerivativeState(**header(4))]
    events += [OpenInterest(**header(5), open_interest=1.0, notional_usd=None), Insurance(**header(5), balance_usd=1.0)]
    duplicates = Duplicates()
    assert all(fresh(duplicates, *((event, "A") for event in events)))
    assert not any(fresh(duplicates, *((event, "B") for event in events)))


def test_producers_of_different_venues_do_not_meet() -> None:
    """One venue's ids would be the other's copies."""
    duplicates = both()
    assert fresh(duplicates, (trade(0, 10, venue="south"), "B"), (trade(0, 9, venue="south"), "B")) == [True, True]


def test_definitions_states_and_ticks_always_pass() -> None:
    """A market would stay unknown, or time stand still."""
    status = VenueStatus(**header(0, instrument="*"), state="up", session="public-0")
    tick = Tick(**header(0, venue="*", instrument="*"))
    duplicates = both()
    said: list[Said] = [(event, who) for event in (definition(), status, tick) for who in "AB"]
    assert all(fresh(duplicates, *said))
    assert set(duplicates.venues) == {"north"}


# Trades


def test_a_print_is_taken_from_whoever_brings_it_first() -> None:
    """Flow and trade rates would double."""
    said = [(trade(1, 11), "A"), (trade(1, 11), "B"), (trade(2, 12), "B"), (trade(2, 12), "A"), (trade(3, 13), "A")]
    assert fresh(both(), *said) == [True, False, True, False, True]


def test_a_print_that_one_producer_lost_comes_from_the_other() -> None:
    """A loss on one line would look like fills that did not print."""
    said = [(trade(5, 15), "A"), *((trade(n - 10, n), "B") for n in range(11, 16)), (trade(3, 13), "A")]
    assert fresh(both(), *said) == [True, True, True, True, True, False, False]


def test_a_counter_that_restarts_is_believed() -> None:
    """A market would be blind until its ids have passed the old ones."""
    said = [(trade(9_000, 1), "A"), (trade(11_000, 2), "A"), (trade(11_000, 2), "B"), (trade(11_001, 3), "B")]
    assert fresh(both(), *said) == [False, True, False, True]


def test_what_was_skipped_is_remembered_within_bounds() -> None:
    """A counter that skips all the time would fill the memory."""
    duplicates = both()
    fresh(duplicates, *((trade(n, 10 + 3 * n), "A") for n in range(1, 1_000)))
    assert len(duplicates.venues["north"].markets["BTC-USDT-PERP"].holes) == MOST_HOLES


# Books


def test_a_change_of_the_book_is_applied_once_and_in_order() -> None:
    """Old quantities would replace new ones."""
    said = [(delta(1, 11), "A"), (delta(2, 12), "A"), (delta(1, 11), "B"), (delta(2, 12), "B"), (delta(3, 13), "B")]
    assert fresh(both(), *said, (snapshot(3, 13), "A"), (delta(3, 13), "A")) == [
        True,
        True,
        False,
        False,
        True,
        *(False,) * 2,
    ]


def test_a_book_without_ids_goes_by_its_time() -> None:
    """As above, on venues that send whole books."""
    said = [(snapshot(1), "A"), (snapshot(1), "B"), (snapshot(3), "B"), (snapshot(2), "A"), (snapshot(3), "A")]
    assert fresh(Duplicates(), *said) == [True, False, True, False, False]


def test_a_copy_of_the_book_is_good_to_begin_with_unless_it_is_behind() -> None:
    """A reader would begin with a book that lacks changes which it was given, and which never come again."""
    copies = [msgspec.structs.replace(snapshot(3, last), keyframe=True) for last in (11, 12)]
    said: list[Said] = [(delta(2, 12), "A"), *((copy, who) for copy in copies for who in "AB"), (delta(3, 13), "B")]
    assert fresh(both(), *said) == [True, False, False, True, True, True]
    assert fresh(both(), (snapshot(3), "A"), (msgspec.structs.replace(snapshot(2), keyframe=True), "B")) == [
        True,
        False,
    ]


def test_a_snapshot_that_heals_a_lost_book_is_taken() -> None:
    """A book would stay unknown although both producers have it again."""
    duplicates = both()
    assert fresh(duplicates, (gap(100), "A"), (gap(100), "B")) == [False, True]
    assert fresh(duplicates, (snapshot(200, 5), "A"), (delta(201, 6), "A"), (delta(201, 6), "B")) == [True, True, False]


def test_a_book_without_ids_is_healed_by_any_snapshot() -> None:
    """It would stay unknown while it does not change."""
    duplicates = both()
    fresh(duplicates, (snapshot(5), "A"), (gap(100), "A"), (gap(100), "B"))
    assert fresh(duplicates, (snapshot(5), "B")) == [True]


def test_a_change_before_the_healing_snapshot_does_not_hide_it() -> None:
    """The straggler of one producer would keep the other's snapshot out."""
    duplicates = both()
    fresh(duplicates, (gap(100), "A"), (gap(100), "B"))
    assert fresh(duplicates, (delta(101, 50), "B"), (snapshot(200, 40), "A"), (delta(201, 41), "A")) == [True] * 3


def test_a_venue_that_counts_its_books_anew_is_believed_at_a_snapshot() -> None:
    """A book would be frozen for days; or new changes be applied to the old book."""
    said = [(snapshot(9_000, 1), "A"), (delta(11_000, 2), "A"), (snapshot(11_001, 3), "A"), (delta(11_002, 4), "B")]
    assert fresh(both(), *said) == [False, False, True, True]


# What is counted


@pytest.mark.parametrize("made", [liquidation, adl, trade])
def test_equal_prints_of_one_producer_are_real(made: Any) -> None:
    """Two liquidations of the same size in one millisecond would count as one."""
    said = [(made(1), "A"), (made(1), "A"), (made(1), "B"), (made(1), "B"), (made(1), "B"), (made(1), "A")]
    assert fresh(both(), *said) == [True, True, False, False, True, False]


@pytest.mark.parametrize("made", [liquidation, adl, trade])
def test_ids_tell_equal_prints_apart(made: Any) -> None:
    """Two fills of one order would be copies of each other."""
    said = [(made(1, "x"), "A"), (made(1, "y"), "B"), (made(1, "x"), "B"), (made(1, "y"), "A")]
    assert fresh(both(), *said) == [True, True, False, False]


def test_one_fill_may_close_two_accounts() -> None:
    """A long and a short that were liquidated against each other would count as one."""
    long, short = liquidation(1, "x"), liquidation(1, "x", side="short")
    assert fresh(both(), (long, "A"), (short, "B"), (long, "B"), (short, "A")) == [True, True, False, False]


def test_what_an_insurance_fund_took_over_is_counted() -> None:
    """The same bankruptcy would be told twice."""
    taken = Insurance(**header(1), taken_over_usd=5.0)
    assert fresh(both(), (taken, "A"), (taken, "B"), (taken, "B")) == [True, False, True]


def test_copies_are_known_for_ten_seconds_and_then_forgotten() -> None:
    """A slow standby would double everything; or the memory would grow for months."""
    duplicates = both()
    flood = [liquidation(ms) for ms in range(0, 60_000, 10)]
    assert all(fresh(duplicates, *((event, "A") for event in flood)))
    late = flood[-999:]
    assert not any(fresh(duplicates, *((event, "B") for event in late)))
    venue = duplicates.venues["north"]
    assert sum(len(said) for said in (*venue.recent.values(), *venue.earlier.values())) <= 4 * KEEP_NS // (10 * MS)


def test_a_flood_without_time_is_bounded() -> None:
    """A producer whose clock stands still would fill the memory."""
    duplicates = both()
    for number in range(MOST_FACTS * 2 + 10):
        duplicates.fresh(trade(0, str(number)), "A")
    venue = duplicates.venues["north"]
    assert sum(len(said) for said in (*venue.recent.values(), *venue.earlier.values())) <= MOST_FACTS * 2


# States


def test_states_are_taken_when_they_are_newer() -> None:
    """A mark of ten seconds ago would replace that of now."""
    marks = [DerivativeState(**header(ms), mark=float(ms)) for ms in (1, 2, 3)]
    said = [(marks[1], "A"), (marks[0], "B"), (marks[1], "B"), (marks[2], "B"), (marks[2], "A")]
    assert fresh(both(), *said) == [True, False, False, True, False]


def test_one_producer_may_say_several_things_of_one_moment() -> None:
    """Funding that follows the mark in the same millisecond would be lost."""
    mark, funding = DerivativeState(**header(1), mark=1.0), DerivativeState(**header(1), funding_rate=0.1)
    said = [(mark, "A"), (mark, "B"), (funding, "B"), (funding, "A")]
    assert fresh(both(), *said) == [True, False, False, True]


def test_a_stamp_far_ahead_does_not_make_what_follows_old() -> None:
    """One wrong stamp would freeze the mark for an hour."""
    wrong = DerivativeState(**header(3_600_000, recv_ms=-3_600_000 + 1))
    assert fresh(both(), (wrong, "A"), (DerivativeState(**header(2)), "A")) == [True, True]


# Gaps


def test_a_gap_that_another_producer_fills_is_none() -> None:
    """Every reconnect of one of two producers would blind the detector."""
    duplicates = both()
    fresh(duplicates, (trade(900, 11), "B"))
    assert fresh(duplicates, (gap(1_000), "A"), (delta(1_001, 11), "B")) == [False, True]


@pytest.mark.parametrize("channel", ["book", "trade", "derivative", "all"])
def test_when_all_are_in_a_gap_it_counts(channel: Channel) -> None:
    """An outage of the venue would look like calm."""
    duplicates = both()
    fresh(duplicates, (trade(900, 11), "A"), (trade(900, 11), "B"))
    assert fresh(duplicates, (gap(1_000, channel), "A"), (gap(1_000, channel), "B")) == [False, True]


def test_gaps_of_different_channels_and_markets_fill_each_other() -> None:
    """Two producers that together have everything would be called blind."""
    duplicates = both()
    fresh(duplicates, (trade(900, 11), "A"), (trade(900, 11), "B"))
    said: list[Said] = [(gap(1_000, "trade"), "A"), (gap(1_000, "book"), "B")]
    assert fresh(duplicates, *said, (gap(1_000, "book", instrument="ETH-USDT-PERP"), "A")) == [False] * 3


@pytest.mark.parametrize(
    ("channel", "back"),
    [("trade", trade(800, 11)), ("book", snapshot(800, 11)), ("liquidation", DerivativeState(**header(800)))],
)
def test_a_producer_that_has_its_data_again_fills_gaps(channel: Channel, back: Event) -> None:
    """After its first reconnect a standby would be good for nothing."""
    duplicates = both()
    assert fresh(duplicates, (gap(100, channel), "B"), (back, "B"), (gap(1_000, channel), "A")) == [False, True, False]


def test_a_snapshot_does_not_end_a_gap_in_the_trades() -> None:
    """Lost trades would be excused by a book."""
    duplicates = both()
    fresh(duplicates, (gap(100), "B"), (snapshot(800, 11), "B"))
    assert fresh(duplicates, (gap(1_000, "trade"), "A")) == [True]


def test_a_producer_that_is_not_heard_any_more_fills_nothing() -> None:
    """The data that is missing would seem to come from the dead."""
    assert fresh(both(), (gap(2_051, since_ms=0), "A")) == [True]
    assert fresh(both(), (gap(2_050, since_ms=0), "A")) == [False]


def test_a_producer_whose_end_is_the_hole_does_not_fill_it() -> None:
    """What was lost while a producer restarted would be no gap: it lived two seconds ago."""
    duplicates = Duplicates()
    fresh(duplicates, (trade(0, 1), "A"))
    assert fresh(duplicates, (gap(1_500, since_ms=50), "A2")) == [True]


def test_a_gap_of_the_whole_venue_concerns_each_of_its_markets() -> None:
    """One market that both producers lost would be hidden behind the others."""
    duplicates = both()
    fresh(duplicates, (trade(900, 11), "B"), (gap(950, "book"), "B"))
    assert fresh(duplicates, (gap(1_000, instrument="*"), "A")) == [True]
    assert fresh(duplicates, (snapshot(1_100, 3), "A")) == [True]


def test_a_gap_of_the_only_producer_is_remembered_for_those_who_join() -> None:
    """A standby's gap would be filled by a producer that misses the same."""
    duplicates = Duplicates()
    fresh(duplicates, (snapshot(0, 1), "A"), (gap(100, "book"), "A"), (snapshot(200, 5), "B"), (trade(900, 1), "A"))
    assert fresh(duplicates, (gap(1_000, "book"), "B")) == [True]


# Coming and going


def test_the_last_who_is_left_is_alone_again() -> None:
    """Every restart would leave its cost behind, and a gap of the survivor would be filled by the dead."""
    duplicates = both()
    for second in range(60):
        duplicates.fresh(DerivativeState(**header(second * S)), "B")
    assert duplicates.venues["north"].alone == "B"
    assert fresh(duplicates, (gap(60 * S), "B"), (trade(0, 10), "A")) == [True, False]


def test_producers_that_come_and_go_leave_nothing_behind() -> None:
    """A producer that restarts each minute would fill the memory in months."""
    duplicates = Duplicates()
    for minute in range(100):
        for second in range(60):
            at_ms = (minute * 60 + second) * S
            said: list[Event] = [gap(at_ms), liquidation(at_ms), trade(at_ms, minute * 60 + second)]
            fresh(duplicates, *((event, f"A{minute}") for event in said), (liquidation(at_ms), "B"))
    venue = duplicates.venues["north"]
    assert len(venue.heard) <= 3
    assert len(venue.gaps) <= MOST_PRODUCERS
    assert len(msgspec.msgpack.encode(duplicates)) < 20_000
    assert KEEP_NS < 60 * NS
