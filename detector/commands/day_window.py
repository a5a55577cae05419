"""`--from` and `--to`: the part of a recording that is replayed, by receive time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from producers.errors import UsageError
from schemas.base import Event
from schemas.instrument import Instrument

NS = 1_000_000_000
DAY_NS = 86_400 * NS


class DayWindow:
    """Two moments, or times of day of the recording's first day, in UTC: what was received outside is left out,
    definitions are not; nothing is read beyond the end.
    """

    def __init__(self, start: str | datetime | None, end: str | datetime | None) -> None:
        self._start, self._start_is_dated = _read(start)
        self._end, self._end_is_dated = _read(end)
        if start is None:
            self._start_is_dated = True  # from whatever comes first
        if self._end is not None and self._start_is_dated == self._end_is_dated and self._end <= (self._start or 0):
            if self._end_is_dated:
                raise UsageError("the window ends before it begins")
            self._end += DAY_NS  # over midnight
        self._midnight_ns: int | None = None

    def inside(self, batches: Iterable[Sequence[Event]]) -> Iterator[Sequence[Event]]:
        """The events that lie in the window, batch by batch."""
        if self._start is None and self._end is None:
            yield from batches
            return
        for batch in batches:
            kept, over = self._cut(batch)
            if kept:
                yield kept
            if over:
                return

    def _cut(self, batch: Sequence[Event]) -> tuple[list[Event], bool]:
        """What lies inside, and whether all that follows lies beyond the end."""
        if self._midnight_ns is None:
            first = next((event for event in batch if not isinstance(event, Instrument)), None)
            if first is None:
                return list(batch), False
            self._midnight_ns = first.ts_recv_ns // DAY_NS * DAY_NS
        first_ns = (self._start or 0) + (0 if self._start_is_dated else self._midnight_ns)
        end_ns = None if self._end is None else self._end + (0 if self._end_is_dated else self._midnight_ns)
        kept = [
            event
            for event in batch
            if isinstance(event, Instrument)
            or (event.ts_recv_ns >= first_ns and (end_ns is None or event.ts_recv_ns < end_ns))
        ]
        return kept, end_ns is not None and not kept and bool(batch) and batch[0].ts_recv_ns >= end_ns


def _read(moment: str | datetime | None) -> tuple[int | None, bool]:
    """Nanoseconds, and whether they are since 1970 (a moment) or since midnight (a time of day)."""
    if moment is None:
        return None, False
    if isinstance(moment, str):
        try:
            daytime = time.strptime(moment, "%H:%M")
        except ValueError:
            pass
        else:
            return (daytime.tm_hour * 3600 + daytime.tm_min * 60) * NS, False
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            raise UsageError(
                f"{moment!r} is no time: write HH:MM of the first day, or 2025-10-10T20:30, both in UTC"
            ) from None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return int(aware.timestamp()) * NS, True
