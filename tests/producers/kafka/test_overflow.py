"""What is dropped without room, and the gaps that say so."""

from __future__ import annotations

from producers.kafka.overflow import DROPPABLE, Overflow
from schemas.codec import EVENTS
from schemas.health import Gap
from tests.kit.stream import BTC, ETH, MS, T0, delta, snapshot, trade

PRECIOUS = {"Liquidation", "Adl", "AdlState", "Insurance", "Gap", "VenueStatus", "SelfCheck", "Instrument", "Tick"}


def test_everything_that_is_not_market_data_is_kept() -> None:
    """A new kind of event must not become droppable by accident, nor a liquidation."""
    assert {kind.__name__ for kind in EVENTS} - {kind.__name__ for kind in DROPPABLE} == PRECIOUS


def test_a_channel_of_a_market_loses_with_one_gap_at_its_beginning() -> None:
    """A book without changes would look calm; a gap for each event would be as large as the events."""
    overflow = Overflow()
    gaps = [overflow.drop(event) for event in (delta(1), delta(2), trade(3), snapshot(4), delta(5, instrument=ETH))]
    begun = [gap for gap in gaps if gap is not None]
    assert [(gap.instrument, gap.channel, gap.ts_event_ns) for gap in begun] == [
        (BTC, "book", T0 + 1 * MS),
        (BTC, "trade", T0 + 3 * MS),
        (ETH, "book", T0 + 5 * MS),
    ]


def test_when_there_is_room_each_loss_ends_with_a_gap_since_its_beginning() -> None:
    """A reader would take the ids of trades that were dropped for fills that did not print."""
    overflow = Overflow()
    for event in (delta(1), trade(2), delta(3)):
        overflow.drop(event)
    ended = overflow.settle()
    assert ended == [
        Gap(
            venue="binance-usdm",
            instrument=BTC,
            ts_event_ns=T0 + newest * MS,
            ts_recv_ns=T0 + (newest + 1) * MS,
            channel=channel,  # type: ignore[arg-type]
            since_ns=T0 + (first + 1) * MS,
            reason=f"the producer had no room: the log took no records; {events} events are missing",
        )
        for channel, first, newest, events in (("book", 1, 3, 2), ("trade", 2, 2, 1))
    ]
    assert overflow.settle() == []
    assert overflow.drop(delta(9)) is not None


def test_what_is_dropped_is_counted_by_kind() -> None:
    """Nobody would know how much is missing."""
    overflow = Overflow()
    for event in (delta(1), trade(2), delta(3)):
        overflow.drop(event)
    overflow.settle()
    assert overflow.dropped == {"BookDelta": 2, "Trade": 1}
    assert overflow.total == 3
