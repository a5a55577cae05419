from datetime import UTC, datetime

import pytest

from producers.errors import DecodeError
from producers.venues import coinbase_wire as wire

RECV_NS = 1_775_572_203_000_000_000


def test_a_time_keeps_its_microseconds() -> None:
    """Two fills within a millisecond have an order."""
    instant = datetime(2026, 4, 7, 14, 30, 2, 789_012, tzinfo=UTC)
    assert wire.instant_ns(instant, RECV_NS) == 1_775_572_202_789_012_000
    assert wire.instant_ns(None, RECV_NS) == RECV_NS


@pytest.mark.parametrize("year", [1, 1970, 9999])
def test_a_time_that_cannot_be_is_refused(year: int) -> None:
    """A frame of 1970 would pull the clock of a replay back by fifty years."""
    with pytest.raises(DecodeError, match="bad_time"):
        wire.instant_ns(datetime(year, 1, 1, tzinfo=UTC), RECV_NS)


def test_a_time_without_its_zone_is_refused() -> None:
    """Read as local time it would be hours off."""
    raw = b'{"channel":"l2_data","timestamp":"2026-04-07T14:30:02","events":[]}'
    with pytest.raises(DecodeError, match="bad_shape"):
        wire.read(wire.frames, raw)


def test_levels_that_name_their_side_are_sorted_apart() -> None:
    """Both feeds mix bids and asks in one list, under different names."""
    bids, asks = wire.sides([("bid", "2", "1"), ("offer", "3", "1"), ("sell", "4", "0"), ("buy", "1", "5")])
    assert bytes(bids) == b'[["2","1"],["1","5"]]'
    assert bytes(asks) == b'[["3","1"],["4","0"]]'
