"""The server's own books, from which it serves fresh snapshots."""

from __future__ import annotations

from typing import Any

import orjson

from producers.bundled import CALM_SECONDS
from producers.recording import Recording, rest_answer
from producers.venue_server.books import LEVELS, Book
from producers.venue_server.dialects import recognise


def delta(first: int, last: int, prev: int | None, **levels: Any) -> dict[str, Any]:
    """A book update."""
    return {"U": first, "u": last, **({} if prev is None else {"pu": prev}), "b": [], "a": [], **levels}


def seeded() -> Book:
    """A book with two bids and an ask, up to id 12."""
    book = Book()
    book.seed(b'{"lastUpdateId":12,"bids":[["99","2"],["100","1"]],"asks":[["101","3"]]}')
    return book


def test_a_snapshot_is_the_seed_with_every_later_delta() -> None:
    """A client that reconnects in the middle gets the book of that moment."""
    book = seeded()
    book.apply(delta(5, 11, 4, b=[["100", "7"]]))
    book.apply(delta(12, 15, 11, b=[["100", "0"], ["98", "4"]], a=[["101", "5"]], E=8, T=9))
    assert orjson.loads(book.snapshot()) == {
        "lastUpdateId": 15, "E": 8, "T": 9, "bids": [["99", "2"], ["98", "4"]], "asks": [["101", "5"]]
    }  # fmt: skip
    assert not book.wanted


def test_spot_books_have_no_times() -> None:
    """A client that expects some would refuse the book."""
    book = Book(timed=False)
    book.seed(b'{"lastUpdateId":12,"bids":[],"asks":[]}')
    book.apply(delta(12, 15, 11, E=8, T=9))
    assert "E" not in orjson.loads(book.snapshot())


def test_deltas_received_before_an_older_snapshot_are_applied_to_it() -> None:
    """A REST answer takes longer than the stream: the recording has newer deltas before it."""
    book = Book()
    book.apply(delta(1, 10, 0))
    book.apply(delta(11, 20, 10, b=[["100", "9"]]))
    book.seed(b'{"lastUpdateId":12,"bids":[["100","1"]],"asks":[]}')
    book.apply(delta(21, 30, 20))
    assert not book.wanted
    assert orjson.loads(book.snapshot())["bids"] == [["100", "9"]]


def test_a_hole_in_the_recorded_chain_wants_a_snapshot() -> None:
    """The server knows when its clients need the next recorded snapshot, by both rules of the venues."""
    for prev in (19, None):
        book = seeded()
        book.apply(delta(20, 25, prev))
        assert book.wanted


def test_what_is_no_snapshot_or_delta_is_ignored() -> None:
    """Damaged lines in a recording do not stop the server."""
    book = seeded()
    book.seed(b"junk")
    book.seed(b'{"lastUpdateId":99}')
    book.apply({"e": "depthUpdate"})
    assert orjson.loads(book.snapshot())["lastUpdateId"] == 12


def test_a_real_book_never_crosses_and_is_as_deep_as_the_venues() -> None:
    """Served snapshots look like the venue's, at any moment of a recording."""
    book = Book()
    for number, frame in enumerate(Recording(CALM_SECONDS[1], recognise=recognise)):
        answer = rest_answer(frame.raw)
        if answer is not None:
            book.seed(bytes(answer.body))
        elif b"@depth" in frame.raw:
            book.apply(orjson.loads(frame.raw)["data"])
        if number % 2_000 == 1_999:
            served = orjson.loads(book.snapshot())
            assert len(served["bids"]) == len(served["asks"]) == LEVELS or number < 10_000
            assert float(served["bids"][0][0]) < float(served["asks"][0][0])
    assert book.seeded
    assert not book.wanted
