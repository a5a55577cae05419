"""Events to frames: those of one asset travel together, and a tick comes after all that happened before it. Pure.

What every partition gets (ticks, and what concerns a whole venue) parts the stream: every earlier event of every asset
is in a frame before it, every later one in a frame after it. So the order within a partition is the order of receipt.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from schemas.base import EVERY_INSTRUMENT, Event
from schemas.codec import base_asset
from schemas.frames import EVERY_ASSET
from schemas.market import BookDelta, BookSnapshot

MOST_EVENTS = 256
"""Of a frame in a burst. What a stream processor pays for a record is small beside so many events."""
MOST_LEVEL_BYTES = 256 * 1024
"""Of the book levels in a frame: far below the megabyte that brokers take by default."""


class Frame(msgspec.Struct, frozen=True):
    """Events of one asset; or, with the key `*`, of every partition."""

    key: bytes
    events: list[Event]


class Framer:
    """Buffers events by asset until a frame is full, something for every partition comes, or somebody flushes."""

    def __init__(self, *, most_events: int = MOST_EVENTS, most_level_bytes: int = MOST_LEVEL_BYTES) -> None:
        self._most_events = most_events
        self._most_level_bytes = most_level_bytes
        self._keys: dict[str, bytes] = {EVERY_INSTRUMENT: EVERY_ASSET}
        # Only one of the two holds anything at a time.
        self._of_assets: dict[bytes, list[Event]] = {}
        self._of_all: list[Event] = []
        self._level_bytes: dict[bytes, int] = {}

    def take(self, events: Iterable[Event]) -> list[Frame]:
        """Add events; the frames that are complete now."""
        out: list[Frame] = []
        buffers, keys = self._of_assets, self._keys
        for event in events:
            key = keys.get(event.instrument)
            if key is None:
                key = keys[event.instrument] = base_asset(event.instrument).encode()
            if key == EVERY_ASSET:
                if buffers:
                    self._close_assets(out)
                self._of_all.append(event)
                continue
            if self._of_all:
                self._close_all(out)
            buffer = buffers.get(key)
            if buffer is None:
                buffer = buffers[key] = []
            buffer.append(event)
            if isinstance(event, BookDelta | BookSnapshot):
                level_bytes = self._level_bytes.get(key, 0) + len(event.bids) + len(event.asks)
                self._level_bytes[key] = level_bytes
                full = level_bytes >= self._most_level_bytes
            else:
                full = False
            if full or len(buffer) >= self._most_events:
                out.append(Frame(key, buffer))
                del buffers[key]
                self._level_bytes.pop(key, None)
        return out

    def flush(self) -> list[Frame]:
        """Frames of everything that waits."""
        out: list[Frame] = []
        self._close_assets(out)
        self._close_all(out)
        return out

    def _close_assets(self, out: list[Frame]) -> None:
        out.extend(Frame(key, events) for key, events in self._of_assets.items())
        self._of_assets.clear()
        self._level_bytes.clear()

    def _close_all(self, out: list[Frame]) -> None:
        if self._of_all:
            out.append(Frame(EVERY_ASSET, self._of_all))
            self._of_all = []
