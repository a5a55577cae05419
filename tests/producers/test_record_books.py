"""Books of a recording: those that its replay would have, when a file ends."""

from __future__ import annotations

import msgspec

from producers.gap_lines import gaps_body
from producers.record_books import RecordedBooks
from producers.venues.binance_usdm import BinanceUsdm
from schemas.codec import decode_event
from schemas.health import Gap
from schemas.market import BookSnapshot
from tests.kit.rotated import FETCHED, STEP_NS, T0, market, update


def books() -> RecordedBooks:
    """Of one market."""
    return RecordedBooks(BinanceUsdm(), [market()])


def hear(followed: RecordedBooks, *numbers: int) -> None:
    """Book updates."""
    for number in numbers:
        followed.frame(T0 + number * STEP_NS, update(number))


def read(body: bytes) -> BookSnapshot:
    """The book of a keyframe."""
    book = decode_event(body)
    assert isinstance(book, BookSnapshot)
    return book


def test_a_book_is_what_the_snapshot_and_the_changes_make_of_it() -> None:
    """A file read alone would begin with a book that never was."""
    followed = books()
    hear(followed, 1, 2)
    followed.fetched(T0, FETCHED, "BTCUSDT")
    hear(followed, 3, 4)
    ((symbol, body),) = followed.keyframes()
    book = read(body)
    assert symbol == "BTCUSDT"
    assert (book.last_id, book.keyframe, book.keeps_far_levels) == (40, True, True)
    assert msgspec.json.decode(book.bids) == [[100.0, 4.0], [99.0, 2.0]]
    assert msgspec.json.decode(book.asks) == [[101.0, 3.0]]


def test_a_book_that_is_not_known_has_no_keyframe() -> None:
    """A hole would be papered over."""
    followed = books()
    assert list(followed.keyframes()) == []
    hear(followed, 1, 2, 3)
    assert list(followed.keyframes()) == []
    followed.fetched(T0, FETCHED, "BTCUSDT")
    hear(followed, 4, 6)
    assert list(followed.keyframes()) == [], "an update is missing"


def test_a_book_that_a_new_file_cannot_make_by_itself_follows_when_it_is_known() -> None:
    """The snapshot is in the new file and the changes that it needs are in the old one: the book would stay unknown."""
    followed = books()
    hear(followed, 1, 2, 3, 4)
    assert list(followed.keyframes()) == []
    assert list(followed.late()) == []
    followed.fetched(T0, FETCHED, "BTCUSDT")
    ((_, body),) = followed.late()
    assert read(body).last_id == 40
    hear(followed, 5)
    assert list(followed.late()) == [], "told once"


def test_a_book_that_begins_in_its_file_needs_no_keyframe() -> None:
    """Each recording would hold every book twice, and its joined files other events than one file."""
    followed = books()
    assert list(followed.keyframes()) == []
    hear(followed, 1, 2)
    followed.fetched(T0, FETCHED, "BTCUSDT")
    hear(followed, 3)
    assert list(followed.late()) == []


def test_what_cannot_be_read_is_left_out() -> None:
    """What is recorded verbatim must not end the recording."""
    followed = books()
    followed.frame(T0, b'{"stream":"btcusdt@depth","data":{')
    followed.fetched(T0, b"<html>", "BTCUSDT")
    followed.fetched(T0, FETCHED, "ETHUSDT")
    assert list(followed.keyframes()) == []


def test_only_what_is_missing_of_books_makes_a_book_unknown() -> None:
    """A lost socket of marks would leave the next file without the books of another, which go on."""
    followed = books()
    hear(followed, 1, 2)
    followed.fetched(T0, FETCHED, "BTCUSDT")
    hear(followed, 3)
    for channel, known in (("derivative", 1), ("book", 0)):
        lost = Gap(
            venue="binance-usdm",
            instrument=market().instrument,
            ts_event_ns=T0 + 10 * STEP_NS,
            ts_recv_ns=T0 + 10 * STEP_NS,
            channel=channel,  # type: ignore[arg-type]
            since_ns=T0,
            reason="closed",
        )
        followed.missed(gaps_body([lost]))
        assert len(list(followed.keyframes())) == known
