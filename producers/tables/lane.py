"""Files that say the same of one market, one after the other: days of its trades, or of its books.

A file is opened when the one before it is over, so that years of days need no more open files than markets. Two that
overlap would count all that they share twice: that is refused, and not guessed at.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, MutableMapping, Sequence
from operator import attrgetter
from typing import NoReturn

from producers.errors import RecordingError
from producers.tables.table import Table
from schemas.base import Event
from schemas.health import Gap
from schemas.instrument import Instrument

SLACK_NS = 60_000_000_000
"""How far two files may reach over each other, and how long nothing may be between them. A day of candles ends a minute
after midnight, and depth is told every thirty seconds."""

_BOOKS = "books"

Owners = MutableMapping[tuple[str, str, str], "Lane"]
"""Which lane a family of events of a market comes from, of all lanes of one replay."""


def lanes(tables: Sequence[Table], owners: Owners) -> list[Lane]:
    """The lanes of these tables, in the order of their first ones."""
    found: dict[tuple[str, str, str], list[tuple[int, Table]]] = {}
    for table in tables:
        first = table.begins()
        market = (first.venue, first.instrument) if first is not None else ("", str(table.path))
        key = (table.family or table.kind, *market)
        found.setdefault(key, []).append((first.ts_recv_ns if first is not None else 0, table))
    return [Lane(sorted(parts, key=lambda part: part[0]), owners) for parts in found.values()]


class Lane:
    """Tables by when they begin. Raises `RecordingError` on the way where two overlap."""

    def __init__(self, parts: Sequence[tuple[int, Table]], owners: Owners) -> None:
        self._parts = parts
        self._owners = owners
        self.now: Table | None = None
        """The table that is being read; None before the first and after the last."""

    def __iter__(self) -> Iterator[Event]:
        rest: list[Event] = []
        before: Table | None = None
        newest_ns = 0
        for number, (begins_ns, table) in enumerate(self._parts):
            if before is not None and table.family == _BOOKS and begins_ns > newest_ns + SLACK_NS:
                yield from _holes(before, newest_ns)
            follows = self._parts[number + 1] if number + 1 < len(self._parts) else None
            self.now = before = table
            events = self._checked(table)
            if rest:
                events = heapq.merge(rest, events, key=attrgetter("ts_recv_ns"))
                rest = []
            if follows is None:
                yield from events
                break
            ends_ns = follows[0]
            for event in events:
                recv_ns = event.ts_recv_ns
                newest_ns = max(newest_ns, recv_ns)
                if recv_ns > ends_ns:
                    if recv_ns > ends_ns + SLACK_NS:
                        _refuse(table, follows[1], event)
                    rest.append(event)
                    continue
                yield event
        self.now = None

    def _checked(self, table: Table) -> Iterator[Event]:
        """The table's events. A market that another lane is still telling of at this time is refused."""
        for event in table:
            yield event
            if type(event) is Instrument:
                # Whoever asks for more has come so far: all lanes that are not over have something later.
                key = (table.family or table.kind, event.venue, event.instrument)
                owner = self._owners.setdefault(key, self)
                if owner is not self and owner.now is not None:
                    _refuse(owner.now, table, event)
                self._owners[key] = self


def _refuse(first: Table, second: Table, event: Event) -> NoReturn:
    what = first.family or first.kind
    raise RecordingError(
        f"{first.path} ({first.kind}) and {second.path} ({second.kind}) both have the {what} of {event.venue} "
        f"{event.instrument} over the same time, which would count twice: name one of them"
    )


def _holes(before: Table, newest_ns: int) -> Iterator[Gap]:
    """The books of a file that is over are not known until the next one begins."""
    for market in before.instruments.values():
        yield Gap(
            venue=market.venue,
            instrument=market.instrument,
            ts_event_ns=newest_ns + SLACK_NS,
            ts_recv_ns=newest_ns + SLACK_NS,
            channel="book",
            since_ns=newest_ns,
            reason="nothing between two files",
        )
