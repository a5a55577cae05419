"""Where a reader can begin: each market's definition and book once more, every minute, spread evenly over it.

What a book says here changes nothing for a reader that followed it (`schemas.market.BookSnapshot.keyframe`).
"""

from __future__ import annotations

from zlib import crc32

from producers.kafka.mirror import BookMirror
from schemas.base import EVERY_INSTRUMENT, Event
from schemas.clock import Tick
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot

EVERY_S = 60
CATCH_UP_S = 5
"""After a jump in time the markets of so many seconds are told at once; the others wait for their next turn."""
NS = 1_000_000_000

Place = tuple[str, str]
"""Venue and instrument."""


class Keyframes:
    """Sees every event before it is written, and says what is due."""

    def __init__(self) -> None:
        self._definitions: dict[Place, Instrument] = {}
        self._mirrors: dict[Place, BookMirror] = {}
        self._slots: list[list[Place]] = [[] for _ in range(EVERY_S)]
        self._seen_s = 0

    def see(self, event: Event) -> None:
        """Follow the books."""
        if isinstance(event, BookDelta | BookSnapshot):
            place = (event.venue, event.instrument)
            mirror = self._mirrors.get(place)
            if mirror is None:
                mirror = self._mirrors[place] = BookMirror()
            mirror.take(event)
        elif isinstance(event, Instrument):
            place = (event.venue, event.instrument)
            if place not in self._definitions:
                self._slots[crc32("|".join(place).encode()) % EVERY_S].append(place)
            self._definitions[place] = event
        elif isinstance(event, Gap) and event.channel in ("book", "all"):
            for place, mirror in self._mirrors.items():
                if place[0] == event.venue and event.instrument in (EVERY_INSTRUMENT, place[1]):
                    mirror.lose()

    def due(self, tick: Tick) -> list[Event]:
        """What belongs behind this tick: the markets whose second of the minute is over."""
        now_s = tick.ts_event_ns // NS
        first_s = max(self._seen_s, now_s - CATCH_UP_S) if self._seen_s else now_s - 1
        self._seen_s = max(self._seen_s, now_s)
        return [
            event
            for second in range(first_s + 1, now_s + 1)
            for place in self._slots[second % EVERY_S]
            for event in self.of(place)
        ]

    def of(self, place: Place) -> list[Event]:
        """A market's definition, and its book where it is known."""
        out: list[Event] = []
        definition = self._definitions.get(place)
        if definition is not None:
            out.append(definition)
        mirror = self._mirrors.get(place)
        book = mirror.keyframe(*place) if mirror is not None else None
        if book is not None:
            out.append(book)
        return out
