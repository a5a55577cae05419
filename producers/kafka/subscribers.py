"""The topics that people subscribe to, one event a record: forced closes, deleveraging, and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from producers.kafka.lanes import Record
from schemas.base import Event
from schemas.codec import encode, partition_key
from schemas.health import Gap, SelfCheck, VenueStatus
from schemas.market import Adl, AdlState, Liquidation
from schemas.topics import ADL, HEALTH, LIQUIDATIONS, Topic


def _venue_key(event: Event) -> bytes:
    return event.venue.encode()


SUBSCRIBED: Mapping[type[Event], tuple[Topic, Callable[[Event], bytes]]] = {
    Liquidation: (LIQUIDATIONS, partition_key),
    Adl: (ADL, partition_key),
    AdlState: (ADL, partition_key),
    Gap: (HEALTH, _venue_key),
    VenueStatus: (HEALTH, _venue_key),
    SelfCheck: (HEALTH, _venue_key),
}
"""Where each kind goes, and with which key."""


def subscriber_record(event: Event) -> Record | None:
    """The event as its subscribers get it; None where nobody subscribes to its kind."""
    found = SUBSCRIBED.get(type(event))
    if found is None:
        return None
    topic, key = found
    return Record(topic, key(event), encode(event), precious=True)
