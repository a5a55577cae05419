"""Messages that overtake each other."""

from __future__ import annotations

import msgspec
import pytest

from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, Trade
from tests.producers.injection.scenes import MS, NORTH, SOUTH, S, between, quiet, struck, told

QUIET = quiet(20)


def ids(events: object, venue: str = NORTH) -> list[object]:
    """Trades of a venue in their order of receipt."""
    return [e.trade_id for e in events if isinstance(e, Trade) and e.venue == venue]  # type: ignore[attr-defined]


@pytest.mark.parametrize("window_ms", [400, 3_000])
def test_each_comes_later_by_no_more_than_the_window(window_ms: int) -> None:
    """Events would be later than the detector allows where they should not be."""
    out = struck(f"reorder,window_ms={window_ms}", QUIET)
    delays = [event.ts_recv_ns - event.ts_event_ns for event in out if isinstance(event, Trade)]
    assert max(delays) <= (window_ms + 5) * MS
    assert max(delays) > 0.9 * window_ms * MS
    assert sorted(told(_timeless(out))) == sorted(told(_timeless(QUIET)))


def test_the_order_is_another_one() -> None:
    """Nothing would be tested."""
    out = struck("reorder", QUIET)
    assert ids(out) != ids(QUIET)
    assert sorted(map(str, ids(out))) == sorted(map(str, ids(QUIET)))


def test_a_book_keeps_its_order_as_its_socket_does() -> None:
    """Continuity would have found a hole: the book would be wrong without a gap."""
    out = struck("reorder,window_ms=3000", QUIET)
    for venue in (NORTH, SOUTH):
        before, after = (
            [
                event.ts_event_ns
                for event in events
                if isinstance(event, BookDelta | BookSnapshot) and event.venue == venue
            ]
            for events in (QUIET, out)
        )
        assert after == before


def test_after_the_fault_all_is_in_order_again() -> None:
    """A short fault would spoil the whole day."""
    out = struck("reorder@21:00:05+4:north,window_ms=1000", QUIET)
    assert told(between(out, 11 * S, 20 * S)) == told(between(QUIET, 11 * S, 20 * S))
    assert ids(out, SOUTH) == ids(QUIET, SOUTH)


def test_a_definition_waits_for_nobody() -> None:
    """Events of a market that is not defined yet would be dropped."""
    assert all(isinstance(event, Instrument) for event in struck("reorder,window_ms=3000", QUIET)[:3])


def _timeless(events: object) -> list[Trade]:
    trades = [event for event in events if isinstance(event, Trade)]  # type: ignore[attr-defined]
    return [msgspec.structs.replace(event, ts_recv_ns=event.ts_event_ns) for event in trades]
