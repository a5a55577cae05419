"""A connection that is lost and comes back."""

from __future__ import annotations

import msgspec

from schemas.health import Gap, VenueStatus
from schemas.market import BookSnapshot
from tests.producers.injection.scenes import BTC, NORTH, SOUTH, S, between, quiet, read_book, struck

QUIET = quiet(20)
OUT = struck("resync@21:00:05+3:north", QUIET)


def test_a_session_tells_that_it_is_down_and_of_what_it_carried() -> None:
    """Readers would keep books that nobody follows."""
    states = [(event.state, event.venue) for event in OUT if isinstance(event, VenueStatus)]
    assert states == [("down", NORTH), ("up", NORTH)]
    gaps = {(event.venue, event.instrument, event.channel) for event in OUT if isinstance(event, Gap)}
    assert gaps == {(NORTH, name, channel) for name in (BTC, "ETH-USDT-PERP") for channel in ("book", "trade")}
    assert all(event.since_ns <= event.ts_recv_ns for event in OUT if isinstance(event, Gap))


def test_what_was_sent_meanwhile_is_lost() -> None:
    """An outage would have no cost."""
    quietly = [event for event in between(OUT, 5_100, 7_950) if event.venue == NORTH]
    assert quietly == []
    assert any(event.venue == SOUTH for event in between(OUT, 5_100, 7_950))


def test_whole_books_come_when_they_are_answered_and_reach_as_far_as_rest_does() -> None:
    """A book known to two percent would hide what a resync costs."""
    wholes = [event for event in between(OUT, 5 * S, 20 * S) if isinstance(event, BookSnapshot)]
    assert [event.instrument for event in wholes] == [BTC, "ETH-USDT-PERP"]
    for event in wholes:
        assert event.keeps_far_levels
        bids = [price for price, _ in msgspec.json.decode(event.bids)]
        assert 0.998 > bids[-1] / bids[0] > 0.997
    assert not [event for event in between(OUT, 8 * S, 8_900) if isinstance(event, BookSnapshot)]
    true = read_book(QUIET)
    seen = read_book(OUT)
    assert true is not None
    assert seen is not None
    assert seen[0].items() <= true[0].items()


def test_one_market_alone_says_nothing_of_its_venue() -> None:
    """A venue would be called down whose other markets go on."""
    out = struck(f"resync@21:00:05+3:north/{BTC},reach=0.001", QUIET)
    assert not [event for event in out if isinstance(event, VenueStatus)]
    assert {event.instrument for event in out if isinstance(event, Gap)} == {BTC}
    (whole,) = [event for event in between(out, 5 * S, 20 * S) if isinstance(event, BookSnapshot)]
    assert len(msgspec.json.decode(whole.bids)) < 12


def test_our_own_line_takes_every_venue_down() -> None:
    """The one fault that is surely ours could not be told from a venue's."""
    out = struck("resync@21:00:05+3", QUIET)
    assert between(out, 5_100, 7_950) == []
    down = [event.venue for event in out if isinstance(event, VenueStatus) and event.state == "down"]
    assert down == [NORTH, SOUTH]
