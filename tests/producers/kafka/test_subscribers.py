"""Topics for subscribers: which events, under which key, as which bytes."""

from __future__ import annotations

import pytest

from producers.kafka.subscribers import subscriber_record
from schemas.base import Event
from schemas.codec import decode_event
from schemas.topics import HEALTH, LIQUIDATIONS, Topic
from tests.kit.stream import gap, liquidation, status, tick, trade


@pytest.mark.parametrize(
    ("event", "topic", "key"),
    [(liquidation(1), LIQUIDATIONS, b"BTC"), (gap(1), HEALTH, b"binance-usdm"), (status(1), HEALTH, b"binance-usdm")],
)
def test_an_event_is_one_record_of_its_topic(event: Event, topic: Topic, key: bytes) -> None:
    """A subscriber would wait for liquidations in vain, or get all markets to find one."""
    record = subscriber_record(event)
    assert record is not None
    assert (record.topic, record.key, record.precious) == (topic, key, True)
    assert decode_event(record.value) == event


@pytest.mark.parametrize("event", [trade(1), tick(1)])
def test_market_data_has_no_subscribers(event: Event) -> None:
    """It would be in the log twice."""
    assert subscriber_record(event) is None
