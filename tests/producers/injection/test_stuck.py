"""An order that nobody removes, in a book that goes on beneath it."""

from __future__ import annotations

import msgspec
import pytest

from producers.injection.stuck import StuckOrder
from schemas.base import Event
from schemas.market import BookDelta
from tests.producers.injection.scenes import delta, read_book, snapshot

BIDS, ASKS = {99.9: 1.0, 99.8: 2.0}, {100.1: 1.0, 100.2: 2.0, 100.5: 5.0}


def order(price: float = 100.3, *, hides: bool = True) -> StuckOrder:
    """A bid of seven above two of three asks."""
    return StuckOrder("bid", price, 7.0, (dict(BIDS), dict(ASKS)), hides=hides)


def start() -> Event:
    """The true book before the order."""
    rows = [[[str(price), str(qty)] for price, qty in side.items()] for side in (BIDS, ASKS)]
    bids, asks = (msgspec.Raw(msgspec.json.encode(side)) for side in rows)
    return snapshot(0, bids=bids, asks=asks)


def read(*events: Event) -> tuple[dict[float, float], dict[float, float]]:
    """What a reader has in the end."""
    book = read_book([start(), *events])
    assert book is not None
    return book


def test_it_is_placed_by_the_next_change_and_hides_what_it_would_have_matched() -> None:
    """The book would be crossed where only a ghost was asked for."""
    event = order().changed(delta(100, 2, ("bid", 99.7, 3)))
    assert (event.first_id, event.last_id) == (2, 2)
    bids, asks = read(event)
    assert bids == BIDS | {99.7: 3.0, 100.3: 7.0}
    assert asks == {100.5: 5.0}


def test_without_hiding_it_crosses_the_book() -> None:
    """The commonest ghost would not exist."""
    bids, asks = read(order(hides=False).changed(delta(100, 2)))
    assert (max(bids), min(asks)) == (100.3, 100.1)


def test_its_removal_is_swallowed_and_hidden_levels_stay_hidden() -> None:
    """The first change at its price would end the fault."""
    stuck = order()
    events = [
        stuck.changed(delta(100, 2, ("ask", 100.1, 0))),
        stuck.changed(delta(200, 3, ("bid", 100.3, 0), ("ask", 100.25, 4))),
        stuck.changed(delta(300, 4, ("ask", 100.2, 0), ("ask", 100.4, 1))),
    ]
    bids, asks = read(*events)
    assert bids[100.3] == 7.0
    assert asks == {100.4: 1.0, 100.5: 5.0}


def test_when_it_is_over_the_book_is_the_true_one() -> None:
    """What was hidden would be missing for ever."""
    stuck = order()
    true = [
        delta(100, 2, ("ask", 100.1, 0)),
        delta(200, 3, ("bid", 100.3, 2), ("ask", 100.25, 4)),
        delta(300, 4, ("ask", 100.6, 1)),
    ]
    shown = [stuck.changed(true[0]), stuck.changed(true[1]), stuck.released(true[2])]
    assert read(*shown) == read(*true)


def test_what_was_never_placed_needs_no_removal() -> None:
    """The end of a fault that did nothing would change the book."""
    event = delta(100, 2)
    assert order().released(event) is event


@pytest.mark.parametrize("keeps_far_levels", [True, False])
def test_a_whole_book_has_it_too(keeps_far_levels: bool) -> None:
    """A venue that sends whole books would have no ghosts."""
    stuck = order(100.25)
    whole = stuck.whole(snapshot(100, keeps_far_levels=keeps_far_levels))
    bids, asks = read(whole)
    assert max(bids) == 100.25
    assert min(asks) > 100.25
    rows = msgspec.json.decode(whole.bids)
    assert [float(price) for price, _ in rows] == sorted((float(price) for price, _ in rows), reverse=True)
    seen = [whole, stuck.released(delta(200, 3))]
    assert read(*seen) == read(snapshot(100))


def test_an_ask_is_a_bid_mirrored() -> None:
    """A short squeeze would have no ghosts."""
    stuck = StuckOrder("ask", 99.7, 7.0, (dict(BIDS) | {99.5: 3.0}, dict(ASKS)), hides=True)
    bids, asks = read(delta(50, 2, ("bid", 99.5, 3)), stuck.changed(delta(100, 3)))
    assert (bids, min(asks)) == ({99.5: 3.0}, 99.7)


def test_one_that_follows_stays_across_the_other_side() -> None:
    """A book would uncross itself as soon as the market moved."""
    stuck = StuckOrder("bid", 100.15, 7.0, (dict(BIDS), dict(ASKS)), follow=lambda best: round(best + 0.05, 2))
    events: list[BookDelta] = [stuck.changed(delta(100, 2)), stuck.changed(delta(200, 3, ("ask", 100.1, 0)))]
    bids, asks = read(*events)
    assert (max(bids), min(asks)) == (100.25, 100.2)
    assert 100.15 not in bids


def test_what_no_book_reads_goes_on_as_it_is() -> None:
    """A damaged recording would end the replay."""
    damaged = msgspec.structs.replace(delta(100, 2), bids=msgspec.Raw(b"[[1]]"))
    whole = snapshot(100, bids=msgspec.Raw(b"{}"))
    assert order().changed(damaged) is order().released(damaged) is damaged
    assert order().whole(whole) is whole
