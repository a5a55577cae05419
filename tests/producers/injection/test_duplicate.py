"""Messages that come twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import msgspec
import pytest

from schemas.base import Event
from schemas.market import BookDelta, BookSnapshot, BookTop, Trade
from tests.producers.injection.scenes import MS, NORTH, SOUTH, S, delta, injected, quiet, struck, told, trade

QUIET = quiet(20)


def test_every_message_comes_again_at_once() -> None:
    """A venue that repeats itself would be told from one that does not by half of its messages."""
    out = struck("duplicate", QUIET)
    before, after = (Counter(type(event) for event in events) for events in (QUIET, out))
    assert after == before + Counter({Trade: before[Trade], BookTop: before[BookTop]})
    twins = [pair for pair in pairwise(out) if told(pair[:1]) == told(pair[1:])]
    assert len(twins) == before[Trade] + before[BookTop]


def test_numbered_books_are_taken_once_as_continuity_does() -> None:
    """A change that no session would let through would break the book."""
    assert not any(count > 1 for count in Counter(told(_books(struck("duplicate,apart_ms=900", QUIET)))).values())
    unnumbered = msgspec.structs.replace(delta(0, 2), first_id=None, last_id=None, prev_id=None)
    assert struck("duplicate", [unnumbered]) == [unnumbered, unnumbered]


def test_a_share_comes_again_after_a_while() -> None:
    """A repetition would always be next to its original."""
    out, (report,) = injected("duplicate,share=0.25,apart_ms=300", QUIET)
    more = len(out) - len(QUIET)
    assert more == pytest.approx(0.25 * sum(isinstance(event, Trade | BookTop) for event in QUIET), rel=0.3)
    assert report == f"inject duplicate,share=0.25,apart_ms=300: {more} repeated"
    late = [event for event in out if event.ts_recv_ns - event.ts_event_ns == 305 * MS]
    assert len(late) == more


def test_what_is_on_its_way_at_the_end_still_comes() -> None:
    """A short recording would have fewer repetitions than a long one."""
    first, second = struck("duplicate,apart_ms=5000", [trade(0, 1)])
    assert second.ts_recv_ns - first.ts_recv_ns == 5 * S * MS


def test_another_venue_does_not_repeat_itself() -> None:
    """A fault at one venue would be everybody's."""
    out = struck("duplicate:south", QUIET)
    extra = Counter(event.venue for event in out) - Counter(event.venue for event in QUIET)
    assert set(extra) == {SOUTH}
    assert NORTH not in extra


def _books(events: Iterable[Event]) -> list[BookDelta | BookSnapshot]:
    return [event for event in events if isinstance(event, BookDelta | BookSnapshot)]
