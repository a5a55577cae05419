"""Keyframes in recordings: a file that goes on from another begins with each book as it was, and can be read alone."""

from __future__ import annotations

import msgspec

from producers.errors import DecodeError
from producers.recording import RecordedAnswer
from schemas.codec import decode_event, encode
from schemas.instrument import Instrument
from schemas.market import BookSnapshot

KEYFRAME = "keyframe"
"""What stands for `rest` in such a line."""


def keyframe_body(book: BookSnapshot) -> bytes:
    """The book as it stands in the line."""
    return encode(book)


def read_keyframe(answer: RecordedAnswer, instrument: Instrument, recv_ns: int) -> BookSnapshot:
    """The book in such a line. Raises `DecodeError` where there is none of this market."""
    try:
        book = decode_event(bytes(answer.body))
    except msgspec.DecodeError as error:
        raise DecodeError("bad_shape", str(error)) from error
    if not isinstance(book, BookSnapshot) or book.instrument != instrument.instrument:
        raise DecodeError("bad_shape", "no book of this market")
    return msgspec.structs.replace(book, venue=instrument.venue, ts_recv_ns=recv_ns, keyframe=True)
