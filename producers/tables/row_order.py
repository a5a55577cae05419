"""Rows in the order of their times: files are merged by them, and ids and books are followed from row to row.

Most files are in order, and cost a comparison a row. Where one is not, rows are moved as far as `BUFFER_ROWS` forward;
what stands further behind stays where it is and is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from operator import gt

BUFFER_ROWS = 10_000
"""Seconds of the busiest market, hours of a quiet one."""

_EARLIEST, _LATEST = 10**12, 10**17
"""Milli- and microseconds since 2001: a number outside is no time, and its row is damaged."""


class RowOrder:
    """Puts the rows of one file in order.

    Parameters
    ----------
    time_column
        Where the time stands, a whole number.
    id_column
        What orders rows of one time that had to be moved; None leaves them as they came.

    Attributes
    ----------
    moved
        Rows that stood behind a later one and were put before it.
    late
        Those that stood too far behind.
    """

    def __init__(self, time_column: int, id_column: int | None = None) -> None:
        self._time_column = time_column
        self._id_column = id_column
        self.moved = 0
        self.late = 0

    def of(self, runs: Iterable[list[str]]) -> Iterator[list[str]]:
        """The rows of all runs, in runs of another length."""
        rows: list[str] = []
        times: list[int] = []
        given = 0
        for run in runs:
            newest = times[-1] if times else given
            new = self._times(run, newest)
            in_order = _in_order(new, newest)
            if not in_order or (new and not _EARLIEST < new[0] <= new[-1] < _LATEST):
                new = _known(new, newest)
                in_order = _in_order(new, newest)
            rows += run
            times += new
            if not in_order:
                self._count(new, newest, given)
                keys = list(zip(times, self._ids(rows), strict=True))
                order = sorted(range(len(rows)), key=keys.__getitem__)
                rows, times = [rows[at] for at in order], [times[at] for at in order]
            if len(rows) > 2 * BUFFER_ROWS:
                ready = len(rows) - BUFFER_ROWS
                given = max(given, times[ready - 1])
                yield rows[:ready]
                del rows[:ready], times[:ready]
        if rows:
            yield rows

    def _times(self, run: list[str], before: int) -> list[int]:
        column = self._time_column
        try:
            return [int(row.split(",", column + 1)[column]) for row in run]
        except (ValueError, IndexError):
            pass
        times: list[int] = []
        for row in run:
            # A row without a time stays behind the one before it.
            with suppress(ValueError, IndexError):
                before = int(row.split(",", column + 1)[column])
            times.append(before)
        return times

    def _count(self, new: list[int], newest: int, given: int) -> None:
        for time in new:
            if time < newest:
                self.late += time < given
                self.moved += time >= given
            newest = max(newest, time)

    def _ids(self, rows: list[str]) -> list[int]:
        """What orders rows of one time; a row without one has that of the row before it."""
        if self._id_column is None:
            return [0] * len(rows)
        ids: list[int] = []
        number = 0
        for row in rows:
            with suppress(ValueError, IndexError):
                number = int(row.split(",", self._id_column + 1)[self._id_column])
            ids.append(number)
        return ids


def _in_order(times: list[int], newest: int) -> bool:
    return not times or (times[0] >= newest and not any(map(gt, times, times[1:])))


def _known(times: list[int], before: int) -> list[int]:
    """The same, but that a time which is none is that of the row before."""
    found: list[int] = []
    for time in times:
        before = time if _EARLIEST < time < _LATEST else before
        found.append(before)
    return found
