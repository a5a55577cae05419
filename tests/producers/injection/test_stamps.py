"""Whose clock stamped an event, and what changes when it comes at another time."""

from __future__ import annotations

import msgspec
import pytest

from producers.injection.stamps import CHANNELS, DATED, MS, OURS, has_venue_time, is_numbered, received_at
from producers.session import CHANNELS as OF_SESSIONS
from schemas.base import Event
from schemas.codec import EVENTS
from tests.producers.injection.scenes import definition, delta, quiet, snapshot, struck, top, trade


def test_every_kind_of_event_is_ours_or_of_a_channel() -> None:
    """A new kind would be neither lost nor told to be missing."""
    assert set(EVENTS) == CHANNELS.keys() | OURS
    assert not CHANNELS.keys() & OURS


def test_channels_are_those_of_sessions() -> None:
    """A gap would be told of another channel than a session tells."""
    assert dict(OF_SESSIONS) == CHANNELS


def test_a_later_receipt_leaves_the_venues_time_alone() -> None:
    """The delay would not be seen."""
    event = trade(0, 1)
    late = received_at(event, event.ts_recv_ns + MS)
    assert (late.ts_event_ns, late.ts_recv_ns) == (event.ts_event_ns, event.ts_recv_ns + MS)
    assert received_at(event, event.ts_recv_ns) is event


def test_what_bears_no_venue_time_is_stamped_when_it_is_received() -> None:
    """A feed without times would look late though nobody can know."""
    undated = definition()
    assert not has_venue_time(undated)
    late = received_at(undated, undated.ts_recv_ns + MS)
    assert late.ts_event_ns == late.ts_recv_ns == undated.ts_recv_ns + MS


@pytest.mark.parametrize("event", [trade(0, 1), delta(0, 2), snapshot(0)])
def test_what_venues_date_keeps_its_time_where_nobody_noted_the_receipt(event: Event) -> None:
    """A fault of the way would move what happened, and a replay of a table would show no delay."""
    same = msgspec.structs.replace(event, ts_recv_ns=event.ts_event_ns)
    assert has_venue_time(same)
    late = received_at(same, same.ts_recv_ns + MS)
    assert (late.ts_event_ns, late.ts_recv_ns) == (event.ts_event_ns, event.ts_event_ns + MS)


def test_what_a_venue_does_not_date_has_no_time_of_its_own() -> None:
    """Books without times would be late, or wrong, by a fault of another clock."""
    for event in (delta(0, 2), snapshot(0)):
        undated = msgspec.structs.replace(event, venue="dydx", ts_recv_ns=event.ts_event_ns)
        assert not has_venue_time(undated)
    assert not has_venue_time(msgspec.structs.replace(top(0), ts_recv_ns=top(0).ts_event_ns))


@pytest.mark.parametrize(
    "option", ["reorder", "local-lag@21:00:01+6", "silence@21:00:02+3,burst=1", "duplicate,apart_ms=700"]
)
def test_no_fault_of_the_receipt_moves_what_happened_in_a_table(option: str) -> None:
    """Books of an archive would be sorted anew instead of coming late."""
    table = [msgspec.structs.replace(event, ts_recv_ns=event.ts_event_ns) for event in quiet() if type(event) in DATED]
    out = struck(option, table)
    assert {event.ts_event_ns for event in out} == {event.ts_event_ns for event in table}
    assert any(event.ts_recv_ns > event.ts_event_ns for event in out)


def test_only_numbered_books_show_what_is_missing() -> None:
    """A loss that nobody can notice would be told, or one that everybody notices would not."""
    assert is_numbered(delta(0, 2))
    assert is_numbered(snapshot(0))
    assert not is_numbered(snapshot(0, last_id=None))
    assert not is_numbered(trade(0, 1))
