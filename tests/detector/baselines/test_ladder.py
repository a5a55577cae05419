"""A whole book, level by level."""

from __future__ import annotations

import msgspec

from detector.baselines.ladder import Ladder
from schemas.market import BookDelta, BookSnapshot

WHERE = {"venue": "okx", "instrument": "BTC-USDT-PERP", "ts_event_ns": 1, "ts_recv_ns": 1}


def snapshot(bids: bytes, asks: bytes, *, keeps: bool = False) -> BookSnapshot:
    """A whole book, or its best levels."""
    return BookSnapshot(**WHERE, bids=msgspec.Raw(bids), asks=msgspec.Raw(asks), keeps_far_levels=keeps)  # type: ignore[arg-type]


def test_changes_are_set_and_removed() -> None:
    """A side would only ever grow."""
    ladder = Ladder()
    assert ladder.volumes() is None
    ladder.apply_snapshot(snapshot(b'[["99","1"],["98","2"]]', b'[["101","4","0","1"]]'))
    ladder.apply_delta(BookDelta(**WHERE, bids=msgspec.Raw(b'[["99","0"],["97","5"]]'), asks=msgspec.Raw(b"[]")))  # type: ignore[arg-type]
    assert ladder.volumes() == {"bid_volume": 7.0, "ask_volume": 4.0, "best_bid": 98.0, "best_ask": 101.0}


def test_a_snapshot_of_the_best_levels_keeps_what_lies_beyond() -> None:
    """Every snapshot of a venue that shows few levels would look like a withdrawal."""
    ladder = Ladder()
    ladder.apply_snapshot(snapshot(b'[["99","1"],["90","8"]]', b'[["101","1"],["110","8"]]'))
    ladder.apply_snapshot(snapshot(b'[["98","2"]]', b'[["102","3"]]', keeps=True))
    assert ladder.volumes() == {"bid_volume": 10.0, "ask_volume": 11.0, "best_bid": 98.0, "best_ask": 102.0}
    ladder.apply_snapshot(snapshot(b'[["98","2"]]', b'[["102","3"]]'))
    assert ladder.volumes() == {"bid_volume": 2.0, "ask_volume": 3.0, "best_bid": 98.0, "best_ask": 102.0}
