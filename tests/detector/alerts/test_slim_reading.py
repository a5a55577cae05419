"""Slim readings: the same picture from a part of each record."""

from __future__ import annotations

from typing import Any

import msgspec

from detector.alerts.recent import Recent
from detector.alerts.slim_reading import SlimReading
from schemas.codec import encode
from tests.kit.quarter import market, second_of
from tests.kit.told import at


def test_a_slim_reading_says_the_same_as_a_whole_one() -> None:
    """A notifier of its own would draw other pictures than one in the detector's process."""
    whole, slim = Recent(), Recent()
    for second in range(1, 101):
        liquidated: dict[str, Any] = {
            "liquidations_seen": True,
            "liquidated_longs_usd": 60.0,
            "liquidated_shorts_usd": 6.0,
        }
        reading = second_of(second, market(second, price=100.0 + second, **liquidated), market(second, "south", "ETH"))
        whole.take_reading(reading)
        slim.take_reading(msgspec.json.decode(encode(reading), type=SlimReading))
    first, second_one = (recent.window(("market",), at(100), since_ns=at(0)) for recent in (whole, slim))
    assert repr(first) == repr(second_one)
    assert first.known_steps == 20
