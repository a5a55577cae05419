"""One venue's recording over months: file after file, each of which can be read alone or as one with the others.

A file that goes on from another is its next part (`producers.series`) and begins with the books as they are. Where
nothing could be written for a while a new recording begins, with the books as well: nobody joins it to the old one.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Sequence

import msgspec

from producers.errors import RecordingError
from producers.gap_lines import GAPS
from producers.keyframe_lines import KEYFRAME
from producers.record import Recorder
from producers.record_books import RecordedBooks
from producers.record_folder import RecordingFolder
from producers.venue import Venue
from schemas.instrument import Instrument

logger = logging.getLogger(__name__)

HOUR_NS = 3_600 * 10**9
RETRY_S = 60.0
"""After a file that could not be written; waiting for room costs nothing and is over when there is some."""


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """When a new file begins."""

    max_bytes: int = 256 * 10**6
    """When a file has reached this size, half a second later at most."""
    every_ns: int = 24 * HOUR_NS
    """With the first frame received in another period of this length; a day's begin at midnight, UTC."""


class VenueRecording:
    """Writes what one venue says to successive files of a folder.

    Parameters
    ----------
    venue
        An object of its own: it reads what is written, to know the books that the next file begins with.
    instruments
        The markets that are recorded; every file names them.
    """

    def __init__(
        self, *, folder: RecordingFolder, venue: Venue, instruments: Sequence[Instrument], rotation: Rotation
    ) -> None:
        self.venue_id = venue.id
        self.frames = 0
        self.raw_bytes = 0
        """Of the frames and answers, before compression."""
        self.unwritten = 0
        """Frames that came while nothing could be written."""
        self.recorder: Recorder | None = None
        self._folder = folder
        self._instruments = instruments
        self._rotation = rotation
        self._books = RecordedBooks(venue, instruments)
        self._series, self._part = "", 0
        self._period = 0
        self._begins_with_bytes = 0
        self._retry_at_s = 0.0
        self._said = ""
        self._whole_bytes = 0

    @property
    def written_bytes(self) -> int:
        """Of the files so far."""
        return self._whole_bytes + (self.recorder.bytes if self.recorder is not None else 0)

    def frame(self, recv_ns: int, raw: bytes) -> None:
        """Write a frame as it was received."""
        recorder = self._ready(recv_ns, len(raw))
        if recorder is not None:
            recorder.frame(recv_ns, raw)
        self._books.frame(recv_ns, raw)
        self._write_late(recv_ns)

    def answer(self, recv_ns: int, rest: str, body: bytes, symbol: str) -> None:
        """Write what is no frame: `rest` is `book`, `poll` or `gaps`."""
        recorder = self._ready(recv_ns, len(body))
        if recorder is not None:
            recorder.answer(recv_ns, rest, body, symbol)
        if rest == GAPS:
            self._books.missed(body)
        elif rest == "book":
            self._books.fetched(recv_ns, body, symbol)
            self._write_late(recv_ns)

    def end(self) -> None:
        """Complete the file; with the next frame another recording begins."""
        recorder, self.recorder = self.recorder, None
        self._series = ""
        if recorder is not None:
            self._complete(recorder)

    def _ready(self, recv_ns: int, size: int) -> Recorder | None:
        """The recorder for what comes now."""
        self._folder.poll()
        self.frames += 1
        self.raw_bytes += size
        recorder = self.recorder
        if recorder is not None and (recorder.failure is not None or not self._folder.has_room):
            self._stop(recorder)
        elif recorder is not None and not self._is_over(recorder, recv_ns):
            return recorder
        recorder = self._begin(recv_ns)
        self.unwritten += recorder is None
        return recorder

    def _is_over(self, recorder: Recorder, recv_ns: int) -> bool:
        if recv_ns // self._rotation.every_ns != self._period:
            return True
        # Many books may be larger than a small file is meant to be: then it holds as much of frames.
        return recorder.bytes >= max(self._rotation.max_bytes, 2 * self._begins_with_bytes)

    def _begin(self, recv_ns: int) -> Recorder | None:
        """Begin the next file; None where it cannot be."""
        if not self._folder.has_room:
            self._say(self._folder.shortage)
            return None
        if time.monotonic() < self._retry_at_s:
            return None
        before = self.recorder
        if before is not None:
            before.flush()
            if before.failure is not None:
                self._stop(before)
                return None
        self._series, self._part = (self._series, self._part + 1) if before is not None else (secrets.token_hex(8), 1)
        try:
            recorder = self._folder.begin(
                venue_id=self.venue_id,
                instruments=self._instruments,
                recv_ns=recv_ns,
                series=self._series,
                part=self._part,
            )
        except RecordingError as refusal:
            self.end()
            self._retry_at_s = time.monotonic() + RETRY_S
            self._say(str(refusal))
            return None
        if before is not None:
            self._complete(before)
        if self._said:
            logger.warning("%s is recorded again: %s", self.venue_id, recorder.path)
            self._said = ""
        self.recorder = recorder
        for symbol, body in self._books.keyframes():
            recorder.answer(recv_ns, KEYFRAME, body, symbol)
        recorder.flush()
        self._begins_with_bytes = recorder.bytes
        self._period = recv_ns // self._rotation.every_ns
        return recorder

    def _stop(self, recorder: Recorder) -> None:
        """Nothing can be written: what comes next is another recording."""
        if recorder.failure is not None:
            self._retry_at_s = time.monotonic() + RETRY_S
            self._said = str(recorder.failure)  # by the recorder itself
        self.end()

    def _write_late(self, recv_ns: int) -> None:
        for symbol, body in self._books.late():
            if self.recorder is not None:
                self.recorder.answer(recv_ns, KEYFRAME, body, symbol)

    def _complete(self, recorder: Recorder) -> None:
        self._folder.complete(recorder)
        self._whole_bytes += recorder.bytes

    def _say(self, why: str) -> None:
        if not self._said:
            logger.warning("%s is not recorded: %s", self.venue_id, why)
        self._said = why
