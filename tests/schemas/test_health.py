from __future__ import annotations

import msgspec
import pytest

from schemas.base import EVERY_INSTRUMENT
from schemas.codec import decode_event, encode
from schemas.health import Gap, VenueStatus


def test_a_gap_travels_like_any_event() -> None:
    """A hole in the data would look like calm to whoever reads the stream."""
    gap = Gap(
        venue="v", instrument="BTC-USDT-PERP", ts_event_ns=5, ts_recv_ns=5, channel="book", since_ns=3, reason="hole"
    )
    assert decode_event(encode(gap)) == gap


def test_a_status_of_the_whole_venue_names_every_instrument() -> None:
    """An outage would be lost for want of an instrument."""
    status = VenueStatus(
        venue="v", instrument=EVERY_INSTRUMENT, ts_event_ns=1, ts_recv_ns=1, state="down", session="public-0"
    )
    assert decode_event(encode(status)) == status


def test_a_state_that_nobody_defined_is_refused() -> None:
    """A reader would have to guess whether data flows."""
    where = b'{"kind":"venue_status","venue":"v","instrument":"*","ts_event_ns":1,"ts_recv_ns":1,'
    line = where + b'"state":"%s","session":"s"}'
    assert isinstance(decode_event(line % b"halted"), VenueStatus)
    with pytest.raises(msgspec.ValidationError):
        decode_event(line % b"asleep")
