"""Gaps in a recording: what a session found missing while it was recorded stands in line with the frames.

A lost connection leaves no frame; on a venue whose next connection sends whole books, the replay would see none of it.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from producers.errors import DecodeError
from schemas.base import Event
from schemas.health import Gap

GAPS = "gaps"
"""What stands for `rest` in such a line."""

_read = msgspec.json.Decoder(list[Gap]).decode


def gaps_body(events: Iterable[Event]) -> bytes:
    """The gaps among what a session said, as they are written; empty where there is none."""
    gaps = [event for event in events if isinstance(event, Gap)]
    return msgspec.json.encode(gaps) if gaps else b""


def read_gaps(body: bytes) -> list[Gap]:
    """What `gaps_body` wrote.

    >>> read_gaps(gaps_body([]) or b"[]")
    []
    """
    try:
        return _read(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as failure:
        raise DecodeError("bad_shape", str(failure)[:200]) from failure
