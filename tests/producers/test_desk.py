from __future__ import annotations

from producers.continuity import BookSyncs
from producers.desk import Desk
from producers.errors import DecodeError
from producers.health import Health
from producers.rest import RestAnswer
from schemas.base import Event
from schemas.health import Channel, Gap
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot
from tests.kit.toy_venue import ToyVenue, delta, trade

BTC = "BTC-USDT-PERP"


class UnreadableBooks(ToyVenue):
    """A venue whose book answers are junk."""

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        raise DecodeError("json")


def desk_of(venue: ToyVenue) -> tuple[Desk, BookSyncs, Health]:
    venue.register([venue.instrument("BTCUSDT")])
    books, health = BookSyncs(venue=venue.id, sequencing=venue.sequencing), Health()
    return Desk(venue=venue, books=books, health=health), books, health


def said(venue: ToyVenue, *frames: str) -> list[Event]:
    return [event for frame in frames for event in venue.parse(frame.encode(), 1) if isinstance(event, Event)]


def gap(channel: Channel) -> Gap:
    return Gap(
        venue="toy", instrument=BTC, ts_event_ns=9, ts_recv_ns=9, channel=channel, since_ns=1, reason="closed_1006"
    )


def test_trades_pass_while_the_book_waits_for_its_snapshot() -> None:
    """Half a book would be taken for a whole one, or trades be held up by it."""
    venue = ToyVenue()
    desk, books, _ = desk_of(venue)
    assert len(desk.feed(said(venue, delta(5, prev=4), trade(1), delta(6, prev=5)))) == 1
    assert books.wanting() == [BTC]
    published = desk.snapshot(venue.known["BTCUSDT"], RestAnswer(b"5", 2))
    assert [type(event) for event in published] == [BookSnapshot, BookDelta, BookDelta]


def test_a_lost_book_is_declared_by_its_chain_and_only_if_it_was_known() -> None:
    """A gap stamped by our clock could sort behind the snapshot that heals it, and blind the book for good."""
    venue = ToyVenue()
    desk, books, _ = desk_of(venue)
    assert desk.hear([gap("book"), gap("trade")]) == [gap("trade")]
    desk.feed(said(venue, delta(5, prev=4), delta(6, prev=5)))
    desk.snapshot(venue.known["BTCUSDT"], RestAnswer(b"5", 2))
    heard = desk.hear([gap("book")])
    assert [event.channel for event in heard if isinstance(event, Gap)] == ["book"]
    assert not books.of(BTC).synced


def test_an_unreadable_book_is_counted_and_wanted_again() -> None:
    """One bad answer would leave the book unknown until the next cut."""
    venue = UnreadableBooks()
    desk, books, health = desk_of(venue)
    desk.feed(said(venue, delta(5, prev=4), delta(6, prev=5)))
    books.of(BTC).snapshot_requested()
    assert desk.snapshot(venue.known["BTCUSDT"], RestAnswer(b"<html>", 2)) == []
    assert health.total("snapshot_failures", label="json") == 1
    assert books.wanting() == [BTC]


def test_frames_and_events_are_counted_by_venue() -> None:
    """A summary could not say what a venue brought."""
    desk, _, health = desk_of(ToyVenue())
    desk.frames, desk.events = 3, 5
    desk.count()
    desk.events += 1
    desk.count()
    assert (health.total("frames", venue="toy"), health.total("events", venue="toy")) == (3, 6)
