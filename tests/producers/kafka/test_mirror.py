"""The mirror of a book: a reader that begins with its keyframe stands where one stands that saw everything."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.kernel import ASK, BANDS, BID, Book
from producers.kafka.mirror import MOST_LEVELS, BookMirror
from schemas.market import BookDelta, BookSnapshot
from tests.kit.stream import BTC, MS, T0, VENUE, delta, raw, snapshot

CENTS = st.integers(9_700, 10_300)
QTY = st.sampled_from(["0", "1", "2.5", "0.001", "40"])
BIDS = st.lists(st.tuples(st.integers(9_700, 9_995).map(lambda cents: f"{cents / 100:.2f}"), QTY), max_size=6)
ASKS = st.lists(st.tuples(st.integers(10_005, 10_300).map(lambda cents: f"{cents / 100:.2f}"), QTY), max_size=6)
MESSAGES = st.lists(st.tuples(st.sampled_from(["delta", "resync", "whole"]), BIDS, ASKS), max_size=12)


class Reader:
    """A reader of the log, by the rule that a keyframe is for whoever has no book."""

    def __init__(self) -> None:
        self.book = Book(1.0, inverse=False)
        self.anchored = False
        self.learns = False

    def take(self, event: BookDelta | BookSnapshot) -> None:
        bids, asks = bytes(event.bids), bytes(event.asks)
        if isinstance(event, BookDelta):
            try:
                self.book.apply_delta(bids, asks)
                self.learns = True
            except ValueError:
                self.anchored = False
        elif not event.keyframe:
            self.book.apply_snapshot(bids, asks, event.keeps_far_levels)
            self.anchored = True
            self.learns = self.learns or event.keeps_far_levels
        elif not self.anchored:
            # First the range that the venue proved, then every level: a delta proves nothing.
            proven = (event.proven_bid, event.proven_ask)
            marks = [b"[]" if price is None else b"[[%r,1]]" % price for price in proven]
            gone = [b"[]" if price is None else b"[[%r,0]]" % price for price in proven]
            self.book.apply_snapshot(marks[0], marks[1], False)
            self.book.apply_delta(gone[0], gone[1])
            self.book.apply_delta(bids, asks)
            self.anchored = True
            self.learns = self.learns or event.keeps_far_levels

    def state(self) -> dict[str, object]:
        book = self.book
        return {
            "learns": self.learns,
            "anchored": self.anchored,
            "best": (book.best_bid, book.best_ask),
            "levels": (book.levels(BID), book.levels(ASK)),
            "proven": (book.proven(BID), book.proven(ASK)),
            "depth": [
                pytest.approx(book.depth(side, band), rel=1e-12, nan_ok=True)
                for side in (BID, ASK)
                for band in range(len(BANDS))
            ],
        }


def messages(
    script: Sequence[tuple[str, list[tuple[str, str]], list[tuple[str, str]]]],
) -> list[BookDelta | BookSnapshot]:
    """A book's life."""
    return [
        delta(ms, bids, asks) if kind == "delta" else snapshot(ms, bids, asks, keeps=kind == "resync")
        for ms, (kind, bids, asks) in enumerate(script)
    ]


def mirrored(events: Sequence[BookDelta | BookSnapshot]) -> BookSnapshot | None:
    mirror = BookMirror()
    for event in events:
        mirror.take(event)
    return mirror.keyframe(VENUE, BTC)


@given(MESSAGES, MESSAGES)
def test_a_reader_that_begins_at_a_keyframe_has_the_book_of_one_that_saw_everything(
    before: list[tuple[str, list[tuple[str, str]], list[tuple[str, str]]]],
    after: list[tuple[str, list[tuple[str, str]], list[tuple[str, str]]]],
) -> None:
    """After a restart depth would be wrong until the venue sends a whole book, which some never do."""
    script = messages(before + after)
    keyframe = mirrored(script[: len(before)])
    if keyframe is None:
        return
    old, new = Reader(), Reader()
    for event in script[: len(before)]:
        old.take(event)
    new.take(keyframe)
    assert new.state() == old.state()
    for event in script[len(before) :]:
        old.take(event)
        new.take(event)
    assert new.state() == old.state()


@given(MESSAGES)
def test_a_reader_that_is_up_to_date_does_not_need_any_keyframe(
    script: list[tuple[str, list[tuple[str, str]], list[tuple[str, str]]]],
) -> None:
    """Alerts would differ between a run with a log and one without."""
    reader = Reader()
    for event in messages(script):
        reader.take(event)
    keyframe = mirrored(messages(script))
    if keyframe is not None:
        assert reader.anchored
        before, changes = reader.state(), reader.book.changes
        reader.take(keyframe)
        assert (reader.state(), reader.book.changes) == (before, changes)


def test_a_book_is_known_only_from_a_snapshot_until_a_gap() -> None:
    """A reader would take a book with a hole for a whole one."""
    mirror = BookMirror()
    mirror.take(delta(1, [("98", "1")], [("102", "1")]))
    assert mirror.keyframe(VENUE, BTC) is None
    mirror.take(snapshot(2))
    assert mirror.keyframe(VENUE, BTC) is not None
    mirror.lose()
    mirror.take(delta(3, [("98", "2")]))
    assert mirror.keyframe(VENUE, BTC) is None
    mirror.take(snapshot(4))
    again = mirror.keyframe(VENUE, BTC)
    assert again is not None
    assert again.bids == raw([(99.0, 1.0), (98.0, 2.0)])


@pytest.mark.parametrize(
    "levels", [[("-1", "1")], [("0", "1")], [("99", "-1")], [("99", "nan")], [("inf", "1")], [("x", "1")]]
)
def test_a_delta_that_readers_refuse_ends_the_book_here_too(levels: list[tuple[str, str]]) -> None:
    """A keyframe would heal a book that is unknown in a run without a log."""
    mirror = BookMirror()
    mirror.take(snapshot(1))
    mirror.take(delta(2, levels))
    assert mirror.keyframe(VENUE, BTC) is None
    reader = Reader()
    reader.take(snapshot(1))
    reader.take(delta(2, levels))
    assert not reader.anchored


@pytest.mark.parametrize(
    "event",
    [snapshot(2, [("102", "1")], [("101", "1")]), snapshot(2, [], [("101", "1")]), snapshot(2, [("99", "0")])],
    ids=["crossed", "one side", "nothing but a removal"],
)
def test_a_book_that_says_nothing_gives_no_keyframe(event: BookSnapshot) -> None:
    """Readers would begin with a book that nobody can believe."""
    assert mirrored([event]) is None


def test_a_keyframe_stands_behind_the_last_message_that_it_holds() -> None:
    """Sorted by time it would come before a change that it contains, or after one that it does not."""
    keyframe = mirrored([snapshot(1), delta(5, [("98.5", "1")]), delta(5, [("98.4", "1")])])
    assert keyframe is not None
    assert (keyframe.ts_event_ns, keyframe.ts_recv_ns, keyframe.last_id) == (T0 + 5 * MS, T0 + 5 * MS, 5)
    assert keyframe.keyframe


def test_levels_with_more_than_price_and_quantity_are_read() -> None:
    """Some venues add the number of orders."""
    keyframe = mirrored([snapshot(1, [("99", "1", "3")], [(101.5, 2, 7)])])  # type: ignore[list-item]
    assert keyframe is not None
    assert (keyframe.bids, keyframe.asks) == (raw([(99.0, 1.0)]), raw([(101.5, 2.0)]))


def test_a_book_of_many_levels_is_cut_far_from_its_middle() -> None:
    """A record has its largest size."""
    keyframe = mirrored([snapshot(1, [(10_000 - n, 1) for n in range(MOST_LEVELS + 5)], [(10_001, 1)])])
    assert keyframe is not None
    assert keyframe.bids == raw([(10_000.0 - n, 1.0) for n in range(MOST_LEVELS)])
