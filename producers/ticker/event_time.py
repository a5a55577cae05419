"""What time it is by the venues' clocks: the newest event time that can be believed. No clock of ours is asked."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.base import Event
from schemas.clock import Tick
from schemas.codec import decode_event, encode
from schemas.health import Gap, SelfCheck, VenueStatus
from schemas.instrument import Instrument

TIMELESS = frozenset({Gap, VenueStatus, SelfCheck, Instrument, Tick})
"""Said by our own clock, by another ticker's, or by none: they go through at once and move no time."""

JUMP_NS = 60_000_000_000
JUMP_EVENTS = 5
"""A leap of a minute must be confirmed by five events, and not denied by another of its venue: one wrong stamp would
make all that follow late."""

HELD = -1
"""Instead of a time: the event is held back until others confirm it."""

EventTimeState = tuple[int, int, int, list[tuple[int, bytes]]]
"""Newest, clamped, stray; events that leapt ahead, with their times."""


class EventTime:
    """The newest believed event time. What is believed depends on the order of arrival and on nothing else."""

    def __init__(self, *, future_ns: int) -> None:
        self._future_ns = future_ns
        self._ahead: list[tuple[int, Event]] = []
        self.newest_ns = 0
        self.clamped = 0
        """Events stamped so far ahead of their receipt that they count as their receipt."""
        self.stray = 0
        """Events dropped because nothing near them in time followed."""

    def believe(self, event: Event) -> int:
        """When the event happened; `HELD` where that is a leap ahead: then `confirmed` says what can go on."""
        ns = event.ts_event_ns
        if ns > event.ts_recv_ns + self._future_ns:
            # A venue clock far ahead must not push everybody else's events over the lateness.
            ns = event.ts_recv_ns
            self.clamped += 1
        newest_ns = self.newest_ns
        if ns > newest_ns:
            if newest_ns and ns > newest_ns + JUMP_NS:
                self._ahead.append((ns, event))
                return HELD
            self.newest_ns = ns
        if self._ahead:
            self._contradict(event.venue)
        return ns

    def confirmed(self) -> Iterator[tuple[int, Event]]:
        """The held events that can be believed now, with their times: the middle of five says where time has come."""
        until_ns = self.newest_ns + JUMP_NS
        if len(self._ahead) >= JUMP_EVENTS:
            until_ns = sorted(ns for ns, _ in self._ahead)[JUMP_EVENTS // 2] + JUMP_NS
        believed = [(ns, event) for ns, event in self._ahead if ns <= until_ns]
        self._ahead = [(ns, event) for ns, event in self._ahead if ns > until_ns]
        for ns, event in believed:
            self.newest_ns = max(self.newest_ns, ns)
            yield ns, event

    def _contradict(self, venue: str) -> None:
        """A venue that speaks of before has not leapt; of another venue's leap it says nothing."""
        left = [(ns, event) for ns, event in self._ahead if event.venue != venue]
        self.stray += len(self._ahead) - len(left)
        self._ahead = left

    def advance(self, now_ns: int) -> None:
        """A clock moved without events. Held events that it has come near to are confirmed by it."""
        self.newest_ns = max(self.newest_ns, now_ns)

    def end(self) -> None:
        """Nothing confirmed the leap, so it was none."""
        self.stray += len(self._ahead)
        self._ahead.clear()

    def dump(self) -> EventTimeState:
        """State for a snapshot."""
        return self.newest_ns, self.clamped, self.stray, [(ns, encode(event)) for ns, event in self._ahead]

    def load(self, state: EventTimeState) -> None:
        """Take back what `dump` gave."""
        self.newest_ns, self.clamped, self.stray, ahead = state
        self._ahead = [(ns, decode_event(event)) for ns, event in ahead]
