"""Faults at work on a replay: batches in, batches out, and what was touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from producers.injection.fault import Plan
from producers.injection.moments import StreamClock
from producers.injection.registry import at_work
from producers.injection.stamps import NS
from schemas.base import EVERY_INSTRUMENT, Event


class Injection:
    """The faults of one replay; use it once.

    Parameters
    ----------
    plans
        In any order: faults of a venue come before those of the way, and those before those of our own machine.
    """

    def __init__(self, plans: Iterable[Plan]) -> None:
        faults = [at_work(plan) for plan in plans]
        self.faults = sorted(faults, key=lambda fault: (fault.layer, fault.plan.text))
        self._clock = StreamClock()
        self._venues: set[str] = set()

    def apply(self, batches: Iterable[Sequence[Event]]) -> Iterator[list[Event]]:
        """The batches as they would have come; a last one where something is still on its way at the end."""
        if not self.faults:
            yield from map(list, batches)
            return
        for batch in batches:
            out: list[Event] = []
            for event in batch:
                out += self._struck(event)
            yield out
        rest = self._rest()
        if rest:
            yield rest

    def report(self) -> Iterator[str]:
        """A line for each fault: what it touched."""
        for fault in self.faults:
            done = ", ".join(f"{count:,} {what}" for what, count in sorted(fault.touched.items()) if count)
            yield f"inject {fault.plan.text}: {done or f'touched nothing ({self._seen()})'}"

    def _struck(self, event: Event) -> list[Event]:
        clock = self._clock
        started = clock.first_ns
        at_ns = clock.read(event)
        if clock.first_ns != started:
            for fault in self.faults:
                fault.begin(clock.midnight_ns)
        if event.venue != EVERY_INSTRUMENT:
            self._venues.add(event.venue)
        return self._through(0, [event], at_ns)

    def _through(self, first: int, events: list[Event], at_ns: int) -> list[Event]:
        """The events after every fault from the first one on."""
        for fault in self.faults[first:]:
            events = [after for before in events for after in fault.take(before, at_ns)]
        return events

    def _rest(self) -> list[Event]:
        out: list[Event] = []
        for number, fault in enumerate(self.faults, 1):
            out += self._through(number, list(fault.finish()), self._clock.newest_ns)
        return out

    def _seen(self) -> str:
        if not self._venues:
            return "the stream is empty"
        first, last = (_utc(ns) for ns in (self._clock.first_ns, self._clock.newest_ns))
        return f"the stream has {', '.join(sorted(self._venues))} from {first} to {last} UTC"


def apply(batches: Iterable[Sequence[Event]], plans: Iterable[Plan]) -> Iterator[list[Event]]:
    """The batches with these faults in them."""
    return Injection(plans).apply(batches)


def _utc(moment_ns: int) -> str:
    return f"{datetime.fromtimestamp(moment_ns // NS, UTC):%Y-%m-%d %H:%M:%S}"
