"""The books that a recording holds so far, so that its next file can begin with them.

They are read from what is written, by the rules of the replay: 3 µs a frame, measured over the bundled recordings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from producers.continuity import BookSyncs
from producers.errors import DecodeError
from producers.gap_lines import read_gaps
from producers.kafka.mirror import BookMirror
from producers.keyframe_lines import keyframe_body
from producers.venue import Venue
from schemas.base import Event
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot


class RecordedBooks:
    """Follows one venue's books; `venue` is an object of its own, which nobody else feeds."""

    def __init__(self, venue: Venue, instruments: Sequence[Instrument]) -> None:
        self._venue = venue
        venue.register(instruments)
        self._by_symbol = {instrument.symbol: instrument for instrument in instruments}
        self._symbols = {instrument.instrument: instrument.symbol for instrument in instruments}
        self._syncs = BookSyncs(venue=venue.id, sequencing=venue.sequencing)
        self._mirrors: dict[str, BookMirror] = {}
        self._heard: set[str] = set()
        self._late: set[str] = set()
        self._moved: list[str] = []

    def frame(self, recv_ns: int, raw: bytes) -> None:
        """A frame was written."""
        try:
            said = self._venue.parse(raw, recv_ns)
        except Exception:  # noqa: BLE001
            # Whoever reads the frame for its events counts it; it is written all the same.
            return
        self._take([one for one in said if isinstance(one, BookDelta | BookSnapshot | Gap)])

    def fetched(self, recv_ns: int, body: bytes, symbol: str) -> None:
        """A fetched book was written."""
        instrument = self._by_symbol.get(symbol)
        if instrument is None:
            return
        try:
            book = self._venue.parse_snapshot(body, instrument, recv_ns)
        except Exception:  # noqa: BLE001
            return
        self._take([book])

    def missed(self, body: bytes) -> None:
        """What a session lacks was written."""
        try:
            gaps = read_gaps(body)
        except DecodeError:
            return
        self._follow(self._syncs.hear(gaps))

    def keyframes(self) -> Iterator[tuple[str, bytes]]:
        """Venue symbol and body of each book that is known now; the others follow as `late` ones."""
        self._late = set(self._heard)
        self._moved = []
        yield from self._due(list(self._mirrors))

    def late(self) -> Iterator[tuple[str, bytes]]:
        """Those that were not known at the last `keyframes`, and are now: a file may begin between what makes them."""
        moved, self._moved = self._moved, []
        yield from self._due(moved)

    def _due(self, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        for name in names:
            book = self._mirrors[name].keyframe(self._venue.id, name)
            if book is not None:
                self._late.discard(name)
                yield self._symbols[name], keyframe_body(book)

    def _take(self, events: Sequence[Event]) -> None:
        if not events:
            return
        self._heard.update(event.instrument for event in events)
        self._follow(self._syncs.feed(events))

    def _follow(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, BookDelta | BookSnapshot):
                mirror = self._mirrors.get(event.instrument)
                if mirror is None:
                    mirror = self._mirrors[event.instrument] = BookMirror()
                mirror.take(event)
                if event.instrument in self._late and event.instrument not in self._moved:
                    self._moved.append(event.instrument)
            elif isinstance(event, Gap) and event.channel in ("book", "all") and event.instrument in self._mirrors:
                self._mirrors[event.instrument].lose()
