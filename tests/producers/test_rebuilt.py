"""The reconstruction as events."""

from __future__ import annotations

from collections import Counter

import pytest

from producers.rebuilt import events_of, rebuilt
from producers.reconstruction import frames
from producers.venues.registry import venues_of
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, Trade

FROM, TO = "20:48", "20:49"


def test_every_frame_of_a_minute_is_read_and_every_book_is_whole() -> None:
    """The scorecard's crash would have no books, or broken ones."""
    batches = list(rebuilt("cascade", start=FROM, end=TO, batch_events=100))
    assert all(len(batch) <= 100 for batch in batches)
    events = [event for batch in batches for event in batch]
    kinds = Counter(type(event) for event in events)
    assert kinds[Gap] == 0
    assert min(kinds[Instrument], kinds[Trade], kinds[BookDelta], kinds[BookSnapshot]) > 20
    listed = {(event.venue, event.instrument) for event in events if isinstance(event, Instrument)}
    assert {(event.venue, event.instrument) for event in events} == listed
    received = [event.ts_recv_ns for event in events if not isinstance(event, Instrument | BookSnapshot)]
    assert received == sorted(received)


@pytest.mark.slow
def test_the_worlds_differ() -> None:
    """The twin would be the crash itself, and the detector blamed for seeing it."""
    prices = {
        world: [e.price for batch in rebuilt(world, start="21:19", end="21:20") for e in batch if isinstance(e, Trade)]
        for world in ("cascade", "twin")
    }
    assert prices["cascade"] != prices["twin"]


@pytest.mark.slow
def test_batches_do_not_change_what_is_in_them() -> None:
    """The same scorecard would come out otherwise on another machine."""
    venues = [venue for group in ("binance", "hyperliquid") for venue in venues_of(group)]
    alone = list(events_of(frames(start=FROM, end=TO), venues))
    assert [event for batch in rebuilt("cascade", start=FROM, end=TO, batch_events=7) for event in batch] == alone
