from __future__ import annotations

from msgspec.structs import replace

from producers.overlap import Overlap
from schemas.base import Event
from schemas.market import Liquidation
from tests.kit.toy_venue import ToyVenue, delta, trade


def events(*frames: str, recv_ns: int = 1) -> list[Event]:
    venue = ToyVenue()
    venue.register([venue.instrument("BTCUSDT")])
    return [event for frame in frames for event in venue.parse(frame.encode(), recv_ns) if isinstance(event, Event)]


LIQUIDATION = Liquidation(
    venue="toy",
    instrument="BTC-USDT-PERP",
    ts_event_ns=5,
    ts_recv_ns=6,
    liquidated="long",
    price=1.0,
    price_kind="fill",
    qty_base=1.0,
    notional_usd=1.0,
    sampled=True,
)


def test_what_both_sockets_bring_passes_once_whoever_is_first() -> None:
    """Volumes would double during every planned change of socket."""
    overlap = Overlap()
    old = events(trade(1), delta(2, prev=1), trade(3), recv_ns=10)
    new = events(trade(1), delta(2, prev=1), trade(3), trade(4), recv_ns=20)
    assert overlap.fresh(1, old[:1]) == old[:1]
    assert overlap.fresh(2, new) == new[1:]
    assert overlap.fresh(1, old[1:]) == []


def test_equal_rows_of_one_socket_are_as_many_facts() -> None:
    """Two equal liquidations in a millisecond would be counted as one."""
    overlap = Overlap()
    assert len(overlap.fresh(1, [LIQUIDATION, LIQUIDATION])) == 2
    assert overlap.fresh(2, [replace(LIQUIDATION, ts_recv_ns=9)] * 2) == []
    assert len(overlap.fresh(2, [LIQUIDATION])) == 1
