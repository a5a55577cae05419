from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.continuity import MAX_AHEAD_NS, MOST_BUFFERED, MOST_OLD, BookSync, BookSyncs
from producers.venue import Sequencing
from schemas.base import Event
from schemas.health import Gap
from schemas.market import BookDelta, BookSnapshot, BookTop

FUTURES = Sequencing(chain="prev_id", snapshot_overlap=0)
SPOT = Sequencing(chain="contiguous", snapshot_overlap=1)
EMPTY = msgspec.Raw(b"[]")
S = 10**9


def delta(first: int, last: int, prev: int | None = None, *, at: int = 100 * S, recv: int | None = None) -> BookDelta:
    """A delta with these ids and times."""
    return BookDelta(
        venue="v", instrument="i", ts_event_ns=at, ts_recv_ns=at if recv is None else recv, bids=EMPTY, asks=EMPTY,
        first_id=first, last_id=last, prev_id=prev,
    )  # fmt: skip


def snapshot(last: int, *, at: int = 100 * S) -> BookSnapshot:
    """A snapshot with this id."""
    return BookSnapshot(
        venue="v", instrument="i", ts_event_ns=at, ts_recv_ns=at, bids=EMPTY, asks=EMPTY, last_id=last,
        keeps_far_levels=True,
    )  # fmt: skip


def futures() -> BookSync:
    """A futures book that knows nothing yet."""
    return BookSync(venue="v", instrument="i", sequencing=FUTURES)


def synced() -> BookSync:
    """A futures book that is current up to id 20."""
    sync = futures()
    sync.on_delta(delta(1, 10, 0))
    sync.on_delta(delta(11, 20, 10))
    assert len(sync.on_snapshot(snapshot(10))) == 3
    return sync


def names(events: Sequence[Event]) -> list[str]:
    """What kinds of events came out."""
    return [type(event).__name__ for event in events]


def test_deltas_are_withheld_until_a_snapshot_fits_them() -> None:
    """Changes alone look like a book with a few levels: depth would be far too low."""
    sync = futures()
    assert sync.on_delta(delta(1, 10, 0)) == []
    assert not sync.wants_snapshot
    assert sync.on_delta(delta(11, 20, 10)) == []
    assert sync.wants_snapshot
    assert not sync.synced
    out = sync.on_snapshot(snapshot(15))
    assert names(out) == ["BookSnapshot", "BookDelta"]
    assert sync.synced
    assert names(sync.on_delta(delta(21, 30, 20))) == ["BookDelta"]


def test_spot_begins_with_the_delta_after_the_snapshot() -> None:
    """Spot's rule is off by one against that of futures; the wrong one never syncs or doubles a change."""
    sync = BookSync(venue="v", instrument="i", sequencing=SPOT)
    sync.on_delta(delta(1, 10))
    sync.on_delta(delta(11, 20))
    assert names(sync.on_snapshot(snapshot(10))) == ["BookSnapshot", "BookDelta"]
    assert names(sync.on_delta(delta(21, 25))) == ["BookDelta"]


def test_a_request_under_way_is_not_repeated() -> None:
    """Each snapshot costs request weight; asking at every delta ends in a ban."""
    sync = futures()
    sync.on_delta(delta(1, 10, 0))
    sync.on_delta(delta(11, 20, 10))
    sync.snapshot_requested()
    assert not sync.wants_snapshot
    sync.snapshot_failed()
    assert sync.wants_snapshot


def test_a_snapshot_older_than_the_buffer_is_asked_for_again() -> None:
    """Joining it would leave out what happened in between."""
    sync = futures()
    sync.on_delta(delta(50, 60, 49))
    sync.on_delta(delta(61, 70, 60))
    sync.snapshot_requested()
    assert sync.on_snapshot(snapshot(40)) == []
    assert sync.wants_snapshot


def test_a_snapshot_newer_than_the_buffer_waits_for_its_delta() -> None:
    """On a quiet market the answer is ahead of the stream; dropping it would ask for ever."""
    sync = futures()
    sync.on_delta(delta(1, 10, 0))
    sync.on_delta(delta(11, 20, 10))
    assert sync.on_snapshot(snapshot(35)) == []
    assert not sync.wants_snapshot
    assert sync.on_delta(delta(21, 30, 20)) == []
    assert names(sync.on_delta(delta(31, 40, 30))) == ["BookSnapshot", "BookDelta"]


def test_a_broken_chain_is_one_gap_and_then_silence_until_resynced() -> None:
    """Depth from a book with a hole is wrong without looking wrong."""
    sync = synced()
    (gap,) = sync.on_delta(delta(41, 50, 40, at=101 * S))
    assert isinstance(gap, Gap)
    assert gap.channel == "book"
    assert gap.since_ns == 100 * S
    assert gap.ts_event_ns == 101 * S
    assert sync.on_delta(delta(51, 60, 50, at=102 * S)) == []
    assert sync.wants_snapshot
    assert names(sync.on_snapshot(snapshot(55, at=102 * S))) == ["BookSnapshot", "BookDelta"]


def test_a_hole_while_buffering_costs_the_earlier_deltas_only() -> None:
    """A snapshot joined across the hole would miss changes."""
    sync = futures()
    sync.on_delta(delta(1, 10, 0))
    sync.on_delta(delta(41, 50, 40))
    sync.on_delta(delta(51, 60, 50))
    assert sync.on_snapshot(snapshot(5)) == []
    assert names(sync.on_snapshot(snapshot(45))) == ["BookSnapshot", "BookDelta", "BookDelta"]


def test_repeated_deltas_are_dropped_and_counted() -> None:
    """Overlapping connections send the same change twice."""
    sync = synced()
    assert sync.on_delta(delta(11, 20, 10)) == []
    assert sync.dropped == 1
    assert names(sync.on_delta(delta(21, 30, 20))) == ["BookDelta"]


def test_a_venue_that_counts_anew_is_resynced() -> None:
    """After maintenance ids may start low: dropping them as old would freeze the book for good."""
    sync = synced()
    out = [event for n in range(MOST_OLD) for event in sync.on_delta(delta(n % 5, n % 5, n % 5 - 1))]
    assert names(out) == ["Gap"]
    assert not sync.synced


def test_a_disconnect_says_so_once() -> None:
    """Readers must know that the book is not current, and must not be told again at each attempt to reconnect."""
    sync = synced()
    (gap,) = sync.on_disconnect(103 * S, "closed: 1006")
    assert isinstance(gap, Gap)
    assert gap.reason == "closed: 1006"
    assert (gap.since_ns, gap.ts_event_ns) == (100 * S, 103 * S)
    assert sync.on_disconnect(104 * S, "refused") == []
    assert sync.on_delta(delta(21, 30, 20)) == []


def test_whole_books_pass_and_their_loss_is_a_gap() -> None:
    """Venues without sequence numbers have nothing to resync, but a lost connection is still missing data."""
    sync = BookSync(venue="v", instrument="i", sequencing=None)
    assert sync.on_disconnect(1 * S, "never up") == []
    assert names(sync.on_snapshot(snapshot(0))) == ["BookSnapshot"]
    assert not sync.wants_snapshot
    assert names(sync.on_disconnect(101 * S, "closed")) == ["Gap"]


def test_a_snapshot_is_as_early_as_its_first_delta_and_times_never_go_back() -> None:
    """Sorted by event time, a delta before its snapshot would be applied to the wrong book."""
    sync = futures()
    sync.on_delta(delta(1, 10, 0, at=90 * S))
    sync.on_delta(delta(11, 20, 10, at=89 * S))
    out = sync.on_snapshot(snapshot(10, at=95 * S))
    assert [event.ts_event_ns for event in out] == [90 * S, 90 * S, 90 * S]
    late = delta(21, 30, 20, at=91 * S)
    assert sync.on_delta(late)[0] is late


def test_one_wild_clock_does_not_push_the_book_into_the_future() -> None:
    """Every later change would be stamped with that future, and alerts with it."""
    sync = synced()
    (wild,) = sync.on_delta(delta(21, 30, 20, at=9_000 * S, recv=101 * S))
    assert wild.ts_event_ns == 101 * S + MAX_AHEAD_NS
    (after,) = sync.on_delta(delta(31, 40, 30, at=130 * S))
    assert after.ts_event_ns == 130 * S


def test_a_newer_snapshot_refreshes_a_synced_book_and_an_older_one_does_not() -> None:
    """A stale answer would turn the book back."""
    sync = synced()
    assert sync.on_snapshot(snapshot(15)) == []
    assert sync.dropped == 1
    assert sync.on_snapshot(snapshot(25)) == []
    assert names(sync.on_delta(delta(21, 30, 20))) == ["BookSnapshot", "BookDelta"]


def test_a_snapshot_that_never_comes_does_not_fill_the_memory() -> None:
    """REST may be down for hours while the stream goes on."""
    sync = futures()
    out = [event for n in range(1, 2 * MOST_BUFFERED) for event in sync.on_delta(delta(n, n, n - 1))]
    assert names(out) == ["Gap"]
    assert sync.wants_snapshot


def test_recordings_without_a_snapshot_flow_with_the_chain_checked() -> None:
    """Else nothing at all could be learnt from them."""
    sync = BookSync(venue="v", instrument="i", sequencing=FUTURES, accept_unanchored=True)
    assert names(sync.on_delta(delta(1, 10, 0))) == ["BookDelta"]
    assert names(sync.on_delta(delta(11, 20, 10))) == ["BookDelta"]
    assert not sync.wants_snapshot
    assert names(sync.on_delta(delta(41, 50, 40))) == ["Gap", "BookDelta"]


def test_the_router_keeps_books_apart_and_everything_else_in_place() -> None:
    """A change of one market must not count as a hole in another's."""
    syncs = BookSyncs(venue="v", sequencing=FUTURES)
    top = BookTop(venue="v", instrument="i", ts_event_ns=1, ts_recv_ns=1, bid=1.0, bid_qty=1.0, ask=2.0, ask_qty=1.0)
    other = msgspec.structs.replace(delta(500, 510, 499), instrument="j")
    assert syncs.feed([delta(1, 10, 0), top, other, delta(11, 20, 10)]) == [top]
    assert syncs.wanting() == ["i"]
    assert names(syncs.feed([snapshot(15), top])) == ["BookSnapshot", "BookDelta", "BookTop"]
    assert names(syncs.disconnect(["i", "j"], 200 * S, "closed")) == ["Gap"]
    assert syncs.dropped == 0


@pytest.mark.parametrize("rule", [FUTURES, SPOT], ids=["futures", "spot"])
@given(
    lost=st.sets(st.integers(0, 39), max_size=8),
    repeated=st.sets(st.integers(0, 39), max_size=8),
    asked=st.lists(st.tuples(st.integers(0, 39), st.integers(0, 400)), max_size=8),
)
def test_whatever_is_lost_the_published_chain_is_whole(
    rule: Sequencing, lost: set[int], repeated: set[int], asked: list[tuple[int, int]]
) -> None:
    """Between a published snapshot and the next gap, every delta that the venue sent is there, in order and once."""
    deltas = [delta(n * 10 + 1, n * 10 + 10, n * 10, at=(100 + n) * S) for n in range(40)]
    sync = BookSync(venue="v", instrument="i", sequencing=rule)
    out: list[Event] = []
    for n, change in enumerate(deltas):
        for _ in range(0 if n in lost else 2 if n in repeated else 1):
            out += sync.on_delta(change)
        for when, last_id in asked:
            if when == n:
                out += sync.on_snapshot(snapshot(last_id, at=(100 + n) * S))
    book: int | None = None
    for event in out:
        if isinstance(event, Gap):
            assert book is not None
            book = None
        elif isinstance(event, BookSnapshot):
            assert event.last_id is not None
            if book is None:
                book = event.last_id
        elif isinstance(event, BookDelta):
            assert book is not None, "a delta before any snapshot"
            assert event.first_id is not None
            assert event.last_id is not None
            assert event.first_id <= book + 1 <= event.last_id + 1
            book = event.last_id
    assert [event.ts_event_ns for event in out] == sorted(event.ts_event_ns for event in out)
