"""Two connections with the same subscriptions for a moment: the union of what they say, each fact once. Pure.

No venue sends a liquidation again, so a planned change of socket opens the new one before it closes the old one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from msgspec.structs import replace

from schemas.base import Event
from schemas.market import BookDelta, BookSnapshot


class Overlap:
    """A union of two streams by multiset: the n-th equal fact of one connection is the n-th of the other.

    Counting, and not merely remembering, because real venues send equal rows: two liquidations of the same size at the
    same price in the same millisecond are two.
    """

    def __init__(self) -> None:
        self._passed: Counter[Hashable] = Counter()
        self._said: dict[int, Counter[Hashable]] = {}

    def fresh(self, connection: int, events: Sequence[Event]) -> list[Event]:
        """Those of one connection's events that the other has not brought already."""
        said = self._said.setdefault(connection, Counter())
        passed = self._passed
        result: list[Event] = []
        for event in events:
            fact = _fact(event)
            said[fact] += 1
            if said[fact] > passed[fact]:
                passed[fact] += 1
                result.append(event)
        return result


def _fact(event: Event) -> Hashable:
    # Book levels are raw bytes and no part of the identity: the venue's own ids and times say which update it is.
    if isinstance(event, BookDelta):
        return (BookDelta, event.instrument, event.ts_event_ns, event.first_id, event.last_id)
    if isinstance(event, BookSnapshot):
        return (BookSnapshot, event.instrument, event.ts_event_ns, event.last_id)
    return replace(event, ts_recv_ns=0)
