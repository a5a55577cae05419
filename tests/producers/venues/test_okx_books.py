"""Books with ids, and books that only a checksum proves."""

from __future__ import annotations

from zlib import crc32

import msgspec
import pytest

from producers.continuity import BookSyncs
from producers.errors import DecodeError
from producers.venues.okx import Okx
from producers.venues.okx_books import Books, whole
from producers.venues.okx_wire import Book
from schemas.base import Event
from schemas.health import Gap
from schemas.market import BookDelta, BookSnapshot

NOW = 1_652_459_226_000_000_000
MARKET = Okx().infer_instrument("BTC-USDT-SWAP", NOW)
assert MARKET is not None


def book(bids: str, asks: str, *, seq: int | None = None, prev: int | None = None, checksum: int = 0) -> Book:
    """A row, its levels as `price size`, separated by commas."""
    sides = [[[*level.split(), "0", "1"] for level in side.split(",") if level] for side in (bids, asks)]
    raw_bids, raw_asks = (msgspec.Raw(msgspec.json.encode(side)) for side in sides)
    return Book(bids=raw_bids, asks=raw_asks, ts=NOW // 10**6, seq_id=seq, prev_seq_id=prev, checksum=checksum)


def read(*rows: tuple[str, Book]) -> list[Event]:
    """What is made of books and changes of one market, in order."""
    books = Books()
    assert MARKET is not None
    return [books.read(row, action, MARKET, NOW) for action, row in rows]


def through(events: list[Event]) -> list[Event]:
    """What continuity lets through."""
    return BookSyncs(venue="okx", sequencing=Okx().sequencing).feed(events)


def test_changes_follow_the_id_before() -> None:
    """A hole in the ids is one gap."""
    events = read(
        ("snapshot", book("9 1", "11 1", seq=5, prev=-1)),
        ("update", book("9 2", "", seq=8, prev=5)),
        ("update", book("9 3", "", seq=12, prev=10)),
    )
    assert [type(event) for event in through(events)] == [BookSnapshot, BookDelta, Gap]


def test_a_sign_of_life_and_a_reset_are_no_gaps() -> None:
    """A quiet book repeats its id each minute, and maintenance counts anew from below."""
    events = read(
        ("snapshot", book("9 1", "11 1", seq=500, prev=-1)),
        ("update", book("", "", seq=500, prev=500)),
        ("update", book("9 2", "", seq=3, prev=500)),
        ("update", book("9 3", "", seq=4, prev=3)),
    )
    assert [type(event) for event in through(events)] == [BookSnapshot, BookDelta, BookDelta, BookDelta]


def test_ids_are_proof_enough_and_a_dead_checksum_is_no_fault() -> None:
    """Since 2026-06-23 the checksum is 0; before, it stood beside the ids."""
    events = read(
        ("snapshot", book("9 1", "11 1", seq=5, prev=-1, checksum=-855196043)),
        ("update", book("9 2", "", seq=6, prev=5)),
    )
    assert [type(event) for event in events] == [BookSnapshot, BookDelta]


def test_without_ids_the_checksum_finds_a_changed_level() -> None:
    """A book that is not the venue's is given up at once, and a whole one makes it good."""
    right = crc32(b"9:1:11:1")
    later = crc32(b"9:2:11:1")
    snapshot = ("snapshot", book("9 1", "11 1", checksum=right))
    assert [type(event) for event in read(snapshot, ("update", book("9 2", "", checksum=later - (1 << 32))))] == [
        BookSnapshot,
        BookDelta,
    ]
    events = read(
        snapshot, ("update", book("9 3", "", checksum=later)), ("update", book("9 4", "", checksum=1)), snapshot
    )
    assert [type(event) for event in events] == [BookSnapshot, Gap, BookDelta, BookSnapshot]
    assert [type(event) for event in through(events)] == [BookSnapshot, Gap, BookSnapshot]


def test_changes_without_a_beginning_cannot_be_judged() -> None:
    """A recording that begins in the middle is not wrong for that; its changes wait for a whole book."""
    (change,) = read(("update", book("9 3", "", checksum=1)))
    assert isinstance(change, BookDelta)
    assert through([change]) == []


def test_half_a_chain_is_none() -> None:
    """An id without the one before would be a gap at every change."""
    events = read(("snapshot", book("9 1", "11 1", seq=5)), ("update", book("9 2", "", seq=6)))
    assert [event.last_id for event in events if isinstance(event, BookSnapshot | BookDelta)] == [None, None]


def test_an_unknown_action_and_levels_of_words_are_refused() -> None:
    """What is neither a book nor its change must not become one."""
    with pytest.raises(DecodeError, match="bad_shape"):
        read(("partial", book("9 1", "")))
    with pytest.raises(DecodeError, match="bad_number"):
        read(("update", book("nine 1", "")))
    with pytest.raises(msgspec.ValidationError):
        read(("snapshot", book("9.1.2 1", "", checksum=1)))


def test_a_fetched_book_has_no_id() -> None:
    """Nothing follows on it: it is for those who look once."""
    assert MARKET is not None
    assert whole(book("9 1", "11 1", seq=5, prev=-1), MARKET, NOW).last_id is None
