import msgspec
import pytest

from producers.book_ids import fits, follows, precedes
from producers.venue import Sequencing
from schemas.market import BookDelta, BookSnapshot

FUTURES = Sequencing(chain="prev_id", snapshot_overlap=0)
SPOT = Sequencing(chain="contiguous", snapshot_overlap=1)
EMPTY = msgspec.Raw(b"[]")


def delta(first: int | None, last: int | None, prev: int | None = None) -> BookDelta:
    """A delta with these ids."""
    return BookDelta(
        venue="v", instrument="i", ts_event_ns=1, ts_recv_ns=1, bids=EMPTY, asks=EMPTY,
        first_id=first, last_id=last, prev_id=prev,
    )  # fmt: skip


def snapshot(last: int | None) -> BookSnapshot:
    """A snapshot with this id."""
    return BookSnapshot(venue="v", instrument="i", ts_event_ns=1, ts_recv_ns=1, bids=EMPTY, asks=EMPTY, last_id=last)


@pytest.mark.parametrize(
    ("rule", "change", "expected"),
    [
        (FUTURES, delta(110, 120, prev=100), True),
        (FUTURES, delta(101, 120, prev=99), False),
        (FUTURES, delta(101, 120), False),
        (SPOT, delta(101, 120), True),
        (SPOT, delta(90, 120), True),
        (SPOT, delta(102, 120), False),
    ],
)
def test_a_delta_follows_by_the_rule_of_its_venue(rule: Sequencing, change: BookDelta, expected: bool) -> None:
    """A wrong answer is a book with a hole in it, or a resync for nothing."""
    assert follows(rule, 100, change) is expected


@pytest.mark.parametrize(
    ("rule", "change", "old", "fitting"),
    [
        (FUTURES, delta(90, 99, prev=80), True, True),
        (FUTURES, delta(90, 100, prev=80), False, True),
        (FUTURES, delta(100, 110, prev=95), False, True),
        (FUTURES, delta(101, 110, prev=100), False, True),
        (FUTURES, delta(105, 110, prev=98), False, True),
        (FUTURES, delta(105, 110, prev=101), False, False),
        (FUTURES, delta(105, 110, prev=-1), False, False),
        (SPOT, delta(90, 100), True, True),
        (SPOT, delta(90, 101), False, True),
        (SPOT, delta(101, 105), False, True),
        (SPOT, delta(102, 105), False, False),
    ],
)
def test_a_first_delta_meets_its_snapshot(rule: Sequencing, change: BookDelta, old: bool, fitting: bool) -> None:
    """A snapshot joined to the wrong delta shows depth that was never there."""
    book = snapshot(100)
    assert precedes(rule, change, book) is old
    if not old:
        assert fits(rule, change, book) is fitting


def test_messages_without_ids_never_fit() -> None:
    """Without ids nothing is proven, and what is not proven must not be published."""
    assert not fits(SPOT, delta(None, None), snapshot(100))
    assert not fits(SPOT, delta(1, 2), snapshot(None))
    assert not precedes(SPOT, delta(None, None), snapshot(100))
    assert not follows(SPOT, 100, delta(None, 5))
