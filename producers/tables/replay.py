"""Several tables as one stream."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import attrgetter
from pathlib import Path

from producers.errors import RecordingError
from producers.tables.known import table_of
from producers.tables.lane import Lane, lanes
from producers.tables.table import Table
from producers.tables.tardis_symbols import Markets
from schemas.base import Event


class TableReplay:
    """Tables of any kinds merged by receive time, as batches of events; at equal times in the order of the paths.

    Files that say the same of one market follow each other, and are opened when they are due. Raises `RecordingError`
    where a path is no table, and on the way where two of them overlap.

    Attributes
    ----------
    sources
        The reader of each path, with its counters.
    """

    def __init__(self, paths: Sequence[Path], *, batch_events: int) -> None:
        markets = Markets()
        self.sources = [_opened(path, markets) for path in paths]
        self._batch_events = batch_events

    def __iter__(self) -> Iterator[list[Event]]:
        if len(self.sources) == 1:
            events: Iterator[Event] = iter(self.sources[0])
        else:
            owners: dict[tuple[str, str, str], Lane] = {}
            merged = [iter(lane) for lane in lanes(self.sources, owners)]
            events = merged[0] if len(merged) == 1 else heapq.merge(*merged, key=attrgetter("ts_recv_ns"))
        while batch := list(islice(events, self._batch_events)):
            yield batch

    def progress(self) -> float:
        """Share of the input that was read, 0 to 1."""
        return sum(s.progress * s.size for s in self.sources) / sum(s.size for s in self.sources)


def _opened(path: Path, markets: Markets) -> Table:
    table = table_of(path, markets)
    if table is None:
        raise RecordingError(f"{path}: no table, but a recording of frames or something else")
    return table
