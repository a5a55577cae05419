"""Receive time: the wall clock of a live session, or the recorded one that a playing server hands over with the frames.

A server that plays a recording sends *marks* between the frames: binary frames of 8 bytes, a big-endian receive time
in ns. A mark says "what follows, up to the next mark, was received at this time" and "all from before it was sent".
"""

from __future__ import annotations

import time
from typing import Literal, Protocol
from urllib.parse import urlencode, urlsplit, urlunsplit

ClockName = Literal["wall", "recorded"]

MARK_BYTES = 8
END_OF_RECORDING_NS = 2**64 - 1
"""The mark that says that nothing follows."""

RECORDED_CLOCK_PARAMETER = "recorded-clock"
RECORDED_RECEIVE_HEADER = "X-Recorded-Receive-Ns"


class Clock(Protocol):
    """What time it is for the events: whoever evaluates them asks here and not the operating system."""

    def now_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC."""


class WallClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC."""
        return time.time_ns()


class RecordedClock:
    """The receive time up to which a recording has been handed on; 0 before its first frame."""

    def __init__(self) -> None:
        self._now_ns = 0

    def now_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC."""
        return self._now_ns

    def advance(self, now_ns: int) -> None:
        """Move on; a recording never goes back, and its end mark is no time."""
        if self._now_ns < now_ns < END_OF_RECORDING_NS:
            self._now_ns = now_ns


def mark_ns(frame: bytes) -> int:
    """The receive time in a mark.

    >>> mark_ns(bytes.fromhex("17e9e60864dc6167"))
    1723161256172216679
    """
    return int.from_bytes(frame, "big")


def ask_for_marks(url: str) -> str:
    """The same address with the wish for recorded receive times.

    >>> ask_for_marks("ws://localhost:1/stream?streams=a")
    'ws://localhost:1/stream?streams=a&recorded-clock=1'
    """
    parts = urlsplit(url)
    wish = urlencode({RECORDED_CLOCK_PARAMETER: 1})
    return urlunsplit(parts._replace(query=f"{parts.query}&{wish}" if parts.query else wish))
