"""One recording a venue, begun when the venue's markets are known, beside whatever else is done with its frames."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from producers.gap_lines import GAPS
from producers.keeping import Keeping
from producers.record_folder import RecordingFolder
from producers.rotation import VenueRecording
from producers.venues.registry import venue
from schemas.instrument import Instrument

AS_USUAL = Keeping()
ANSWERS = ("book", "poll", GAPS)

_markets = msgspec.json.Decoder(tuple[Instrument, ...])


class Recorders:
    """A record hook for a fleet: writes what every venue says to `folder/<venue>-<start>.zst`, file after file."""

    def __init__(self, folder: Path, *, keeping: Keeping = AS_USUAL) -> None:
        self.folder = RecordingFolder(folder, keeping.room)
        self.rotation = keeping.rotation
        self.venues: dict[str, VenueRecording] = {}

    def __enter__(self) -> Self:
        self.folder.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for recording in self.venues.values():
            recording.end()
        self.folder.__exit__(kind, error, trace)

    def __call__(self, venue_id: str, recv_ns: int, raw: bytes, kind: str) -> None:
        """Write one frame or REST answer; the markets come first, and are what every file names."""
        recording = self.venues.get(venue_id)
        if kind == "markets":
            if recording is None:
                self.venues[venue_id] = VenueRecording(
                    folder=self.folder,
                    venue=venue(venue_id),
                    instruments=_markets.decode(raw),
                    rotation=self.rotation,
                )
        elif recording is None:
            return
        elif kind == "frame":
            recording.frame(recv_ns, raw)
        else:
            what, _, name = kind.partition(":")
            if what in ANSWERS:
                recording.answer(recv_ns, what, raw, name)
