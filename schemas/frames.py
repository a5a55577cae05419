"""A frame: several events of one asset in their order of receipt, as one record.

A stream processor pays for each record, whatever is in it; a frame of hundreds of events costs as much as one of one.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from schemas.base import Event
from schemas.codec import AnyEvent

EVERY_ASSET = b"*"
"""Key of the frames that every partition gets a copy of: ticks, and what concerns a whole venue."""

_encoder = msgspec.json.Encoder()
_frames: msgspec.json.Decoder[list[AnyEvent]] = msgspec.json.Decoder(list[AnyEvent])
_items: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])
_events: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode_frame(events: Sequence[Event]) -> bytes:
    """A JSON array of events."""
    return _encoder.encode(events)


def decode_frame(data: bytes) -> list[AnyEvent]:
    """All events of a frame. Raises `msgspec.DecodeError` where one of them, or the array, cannot be read."""
    return _frames.decode(data)


def salvage_frame(data: bytes) -> tuple[list[AnyEvent], list[str]]:
    """The readable events of a damaged frame, and what is wrong with the others.

    >>> salvage_frame(b'[{"kind":"lunch"}]')
    ([], ["event 0: Invalid value 'lunch' - at `$.kind`"])
    >>> salvage_frame(b'[')
    ([], ['not an array of events: Input data was truncated'])
    """
    try:
        items = _items.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return [], [f"not an array of events: {error}"]
    events, faults = [], []
    for number, item in enumerate(items):
        try:
            events.append(_events.decode(item))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            faults.append(f"event {number}: {error}")
    return events, faults
