"""Ticks: what every reader of every partition learns."""

from __future__ import annotations

from schemas.base import EVERY_INSTRUMENT
from schemas.clock import Tick, VenuePulse
from schemas.codec import decode_event, encode, partition_key

TICK = Tick(
    venue=EVERY_INSTRUMENT,
    instrument=EVERY_INSTRUMENT,
    ts_event_ns=5,
    ts_recv_ns=6,
    pulses=(VenuePulse(venue="v", last_trade_ns=4, longest_pause_ns=2, pause_ends_ns=(3, 4)),),
    dollars={"USDC": 0.99, "USDT": 1.0},
)


def test_a_tick_travels_like_any_event() -> None:
    """Time would stand still for whoever reads the stream."""
    assert decode_event(encode(TICK)) == TICK


def test_a_tick_belongs_to_no_asset() -> None:
    """It would reach the partition of one asset, and the others would wait."""
    assert partition_key(TICK) == b"*"


def test_a_tick_may_know_nothing_but_the_time() -> None:
    """The first one, before any trade, could not be written."""
    bare = Tick(venue="*", instrument="*", ts_event_ns=1, ts_recv_ns=1)
    assert decode_event(encode(bare)) == bare
    assert (bare.pulses, bare.dollars) == ((), {})


def test_equal_ticks_are_equal_bytes() -> None:
    """Two runs of one recording would write different logs."""
    assert encode(decode_event(encode(TICK))) == encode(TICK)
