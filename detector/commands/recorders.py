"""One recording a venue, opened when the venue's market list is known, beside a live run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from producers.record import Recorder
from producers.selection import select
from producers.venues.registry import venue

BOOK = "book:"


class Recorders:
    """A record hook for a fleet: writes what every venue says to `folder/<venue>-<start>.zst`."""

    def __init__(self, folder: Path, symbols: Sequence[str], at_most: int | None) -> None:
        self.folder = folder
        self.symbols = symbols
        self.at_most = at_most
        self.files: dict[str, Recorder] = {}

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
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
        started = datetime.fromtimestamp(recv_ns / 1e9, UTC).strftime("%Y%m%dT%H%M%SZ")
        path = self.folder / f"{venue_id}-{started}.zst"
        self.files[venue_id] = Recorder(path, venue_id=venue_id, instruments=instruments).__enter__()
