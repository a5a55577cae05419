"""The stream's own time: what moves it, and what does not."""

from __future__ import annotations

import msgspec

from producers.injection.moments import FUTURE_NS, StreamClock
from tests.producers.injection.scenes import MS, T0, S, definition, trade

HOUR_NS = 3600 * S * MS


def test_it_is_the_newest_event_time_of_anybody() -> None:
    """One venue's delay would put a fault off for all others."""
    clock = StreamClock()
    assert clock.read(definition()) == 0
    assert [clock.read(trade(ms, 1)) - T0 for ms in (0, 50, 20)] == [0, 50 * MS, 50 * MS]
    assert (clock.first_ns, clock.midnight_ns) == (T0, T0 - 21 * HOUR_NS)


def test_a_stamp_far_ahead_of_its_receipt_does_not_end_every_fault() -> None:
    """One wrong stamp of tomorrow would carry the whole stream beyond all faults."""
    wrong = msgspec.structs.replace(trade(0, 1), ts_event_ns=T0 + FUTURE_NS + 1, ts_recv_ns=T0)
    assert StreamClock().read(wrong) == T0
