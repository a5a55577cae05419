"""One recording a venue, opened when the venue's market list is known, beside a live run."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from producers.errors import RecordingError
from producers.record import Recorder
from producers.selection import select
from producers.venues.registry import venue

logger = logging.getLogger(__name__)

BOOK = "book:"


class Recorders:
    """A record hook for a fleet: writes what every venue says to `folder/<venue>-<start>.zst`."""

    def __init__(self, folder: Path, symbols: Sequence[str], at_most: int | None) -> None:
        self.folder = folder
        self.symbols = symbols
        self.at_most = at_most
        self.files: dict[str, Recorder] = {}

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # A folder that cannot be written to is better found out now than when the first venue has answered.
            with tempfile.TemporaryFile(dir=self.folder):
                pass
        except OSError as refusal:
            raise RecordingError(f"{self.folder}: cannot be recorded to: {refusal.strerror}") from refusal
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for recorder in self.files.values():
            recorder.__exit__(kind, error, trace)

    def __call__(self, venue_id: str, recv_ns: int, raw: bytes, kind: str) -> None:
        """Write one frame or REST answer."""
        if kind == "instruments":
            self._open(venue_id, recv_ns, raw)
            return
        recorder = self.files.get(venue_id)
        if recorder is None:
            return
        if kind.startswith(BOOK):
            recorder.answer(recv_ns, "book", raw, kind.removeprefix(BOOK))
        else:
            recorder.frame(recv_ns, raw)

    def _open(self, venue_id: str, recv_ns: int, raw: bytes) -> None:
        if venue_id in self.files:
            return
        listed = venue(venue_id).parse_instruments(raw, recv_ns)
        instruments = select(listed, self.symbols, at_most=self.at_most)
        # A market list that was not recorded has no time.
        started = datetime.fromtimestamp((recv_ns or time.time_ns()) / 1e9, UTC).strftime("%Y%m%dT%H%M%SZ")
        path = next(path for path in self._paths(f"{venue_id}-{started}") if not path.exists())
        try:
            self.files[venue_id] = Recorder(path, venue_id=venue_id, instruments=instruments).__enter__()
        except RecordingError as refusal:
            # Others are recorded by now, and all are watched.
            logger.warning("%s is not recorded: %s", venue_id, refusal)

    def _paths(self, name: str) -> Iterator[Path]:
        yield self.folder / f"{name}.zst"
        for number in count(2):
            yield self.folder / f"{name}-{number}.zst"
