from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.continuity import MAX_AHEAD_NS, MOST_BUFFERED, MOST_OLD, BookSync, BookSyncs
from producers.venue import Sequencing
from schemas.base import Event
from schemas.health import Gap
from schemas.market import BookDelta, BookSnapshot, BookTop, Trade

SENT = Sequencing(chain="prev_id", snapshots="socket")
COUNTED = Sequencing(chain="contiguous", snapshots="socket")
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


def lost(instrument: str = "i", *, at: int = 200 * S) -> Gap:
    """A book that is not what the venue has, as a session or a parser says it."""
    return Gap(
        venue="v", instrument=instrument, ts_event_ns=at, ts_recv_ns=at, channel="book", since_ns=at, reason="closed"
    )


def trade(price: float, *, at: int = 100 * S, trade_id: int | str | None = "x") -> Trade:
    """A fill."""
    return Trade(
        venue="v", instrument="i", ts_event_ns=at, ts_recv_ns=at, price=price, qty=1.0, notional_usd=price, taker="buy",
        trade_id=trade_id,
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
    assert out == []
    assert sync.dropped == MOST_BUFFERED - 1
    assert sync.wants_snapshot
    # One that comes so late meets the newest of them.
    assert len(sync.on_snapshot(snapshot(2 * MOST_BUFFERED - 10))) == 11


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
    said = [lost("i"), lost("j")]
    assert names(syncs.hear(said)) == ["Gap"]
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


# Books that the socket sends.


def sent(rule: Sequencing = SENT) -> BookSync:
    """A book of the socket's, current up to id 20."""
    sync = BookSync(venue="v", instrument="i", sequencing=rule)
    assert names(sync.on_snapshot(snapshot(20))) == ["BookSnapshot"]
    return sync


def test_a_book_of_the_sockets_is_current_at_once() -> None:
    """A quiet market may send no change for a minute."""
    sync = sent()
    assert sync.synced
    assert names(sync.on_delta(delta(21, 30, 20))) == ["BookDelta"]


def test_changes_before_the_first_book_are_of_no_use_and_want_one() -> None:
    """The snapshot comes after them in the stream, and holds them."""
    sync = BookSync(venue="v", instrument="i", sequencing=SENT)
    assert sync.on_delta(delta(1, 10, 0)) == []
    assert not sync.wants_snapshot
    assert sync.on_delta(delta(11, 20, 10)) == []
    assert sync.wants_snapshot
    assert names(sync.on_snapshot(snapshot(20))) == ["BookSnapshot"]


@pytest.mark.parametrize("rule", [SENT, COUNTED])
def test_a_hole_is_one_gap_and_nothing_is_built_upon_it(rule: Sequencing) -> None:
    """The wrong depth is worse than none."""
    sync = sent(rule)
    assert names(sync.on_delta(delta(41, 50, 40))) == ["Gap"]
    assert sync.on_delta(delta(51, 60, 50)) == []
    assert sync.wants_snapshot
    assert names(sync.on_snapshot(snapshot(60))) == ["BookSnapshot"]
    assert names(sync.on_delta(delta(61, 70, 60))) == ["BookDelta"]


def test_a_sign_of_life_and_an_announced_reset_go_on() -> None:
    """Some venues repeat the last id when nothing changed, and name it when they count anew."""
    sync = sent()
    assert names(sync.on_delta(delta(20, 20, 20))) == ["BookDelta"]
    assert names(sync.on_delta(delta(3, 3, 20))) == ["BookDelta"]
    assert names(sync.on_delta(delta(4, 4, 3))) == ["BookDelta"]


def test_a_first_change_that_began_before_the_book_follows_it() -> None:
    """Documented of some venues: only after a whole book, and only once."""
    sync = sent()
    assert names(sync.on_delta(delta(15, 25, 14))) == ["BookDelta"]
    assert names(sync.on_delta(delta(19, 30, 18))) == ["Gap"]


def test_lower_ids_at_a_later_time_are_a_reset_and_no_repetition() -> None:
    """A book that looks current and is not may stay so for hours on a quiet market."""
    sync = sent()
    assert sync.on_delta(delta(11, 12, 10)) == []
    assert names(sync.on_delta(delta(1, 2, 0, at=101 * S))) == ["Gap"]


@pytest.mark.parametrize(("last", "at", "taken"), [(10, 100, False), (10, 101, True), (1, 100, True), (30, 100, True)])
def test_a_second_book_is_taken_unless_it_is_older(last: int, at: int, taken: bool) -> None:
    """While sockets are changed over, the new one's first book may be behind; a restarted venue's is not."""
    sync = sent()
    assert names(sync.on_snapshot(snapshot(last, at=at * S))) == (["BookSnapshot"] if taken else [])


def test_changes_without_ids_follow_a_book_without_id_in_the_order_in_which_they_came() -> None:
    """Sorted by content, a level's removal would come before the change that it follows."""
    sync = BookSync(venue="v", instrument="i", sequencing=SENT)
    bare = msgspec.structs.replace(delta(1, 1), first_id=None, last_id=None)
    assert sync.on_delta(bare) == []
    out = [
        *sync.on_snapshot(msgspec.structs.replace(snapshot(1), last_id=None)),
        *sync.on_delta(bare),
        *sync.on_delta(bare),
    ]
    assert names(out) == ["BookSnapshot", "BookDelta", "BookDelta"]
    assert [event.ts_event_ns - 100 * S for event in out] == [0, 1, 2]


def test_a_book_that_its_reader_found_wrong_is_wanted_at_once() -> None:
    """A checksum shows what no id shows; and what is asked for already is not asked for again."""
    syncs = BookSyncs(venue="v", sequencing=SENT)
    syncs.feed([snapshot(20)])
    assert names(syncs.feed([lost()])) == ["Gap"]
    assert syncs.restless
    assert syncs.wanting() == ["i"]
    syncs.of("i").snapshot_requested()
    assert syncs.feed([lost()]) == []
    assert syncs.wanting() == []


def test_trades_of_one_moment_keep_their_order_without_numbers() -> None:
    """The last price of a sweep is that of its last fill."""
    syncs = BookSyncs(venue="v", sequencing=None)
    out = syncs.feed([trade(10.0), trade(9.0), trade(8.0), trade(8.0, at=101 * S), trade(7.0, trade_id=5, at=101 * S)])
    assert [event.ts_event_ns % S for event in out] == [0, 1, 2, 0, 0]
