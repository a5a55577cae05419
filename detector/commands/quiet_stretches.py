"""The parts of a stream that a calibration may see: each goes to an engine of its own, what lies between to none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from detector.ordering import NS
from detector.scoring.labels import LULL, QUIET, Label, Stretch
from detector.scoring.stages import place_of
from schemas.base import Event
from schemas.instrument import Instrument

MARGIN_NS = 3_600 * NS
"""An hour around what is labelled is not calm either."""
LONGEST_HOLE_NS = 600 * NS
"""Behind a hole of ten minutes an engine begins anew."""


def labelled(labels: Iterable[Label]) -> list[tuple[Stretch, str]]:
    """The times that nobody may calibrate on, an hour around each label included, in order and without overlaps, each
    with the names of its labels.
    """
    found: list[tuple[Stretch, list[str]]] = []
    for label in sorted(labels, key=lambda label: label.onset_ns):
        if label.stage in (QUIET, LULL):
            continue
        first_ns, last_ns = label.onset_ns - MARGIN_NS, label.clear_ns + MARGIN_NS
        name = f"{label.stage} {place_of(label)}"
        if found and first_ns <= found[-1][0].to_ns:
            stretch, names = found[-1]
            found[-1] = (Stretch(stretch.from_ns, max(last_ns, stretch.to_ns)), names)
            if name not in names:
                names.append(name)
        else:
            found.append((Stretch(first_ns, last_ns), [name]))
    return [(stretch, "labelled: " + ", ".join(names)) for stretch, names in found]


class Stretches:
    """Parts of second after second, definitions repeated to each new engine; holds nothing but definitions."""

    def __init__(self, forbidden: Sequence[Stretch], begin: Callable[[], Callable[[Sequence[Event]], None]]) -> None:
        self.read_ns = 0
        """Received time that was given to engines."""
        self.first_ns = self.last_ns = 0
        """Of everything that was heard."""
        self._forbidden = forbidden
        self._begin = begin
        self._feed: Callable[[Sequence[Event]], None] | None = None
        self._definitions: dict[tuple[str, str], Instrument] = {}
        self._fed_ns = 0

    def take(self, batch: Sequence[Event]) -> None:
        """Give a batch, or what of it is allowed, to the engine of its stretch."""
        for part in _by_seconds(batch):
            self._take_second(part)

    def _take_second(self, part: Sequence[Event]) -> None:
        heard = [event for event in part if not isinstance(event, Instrument)]
        for event in part:
            if isinstance(event, Instrument):
                self._definitions[event.venue, event.instrument] = event
        if not heard:
            if self._feed is not None:
                self._feed(part)
            return
        first_ns, last_ns = heard[0].ts_recv_ns, heard[-1].ts_recv_ns
        self.first_ns = self.first_ns or first_ns
        self.last_ns = max(self.last_ns, last_ns)
        if any(stretch.from_ns <= last_ns and first_ns < stretch.to_ns for stretch in self._forbidden):
            self._feed = None
            return
        if self._feed is None or first_ns - self._fed_ns > LONGEST_HOLE_NS:
            self._feed = self._begin()
            self._feed(list(self._definitions.values()))
            self._fed_ns = first_ns
        self._feed(part)
        self.read_ns += max(0, last_ns - self._fed_ns)
        self._fed_ns = max(self._fed_ns, last_ns)


def _by_seconds(batch: Sequence[Event]) -> Iterator[Sequence[Event]]:
    if batch[0].ts_recv_ns // NS == batch[-1].ts_recv_ns // NS:
        yield batch
        return
    for _, part in groupby(batch, key=lambda event: event.ts_recv_ns // NS):
        yield list(part)
