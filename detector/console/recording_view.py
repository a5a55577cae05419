"""How recording goes, on standard error: a table for a person at a terminal, now and then a line for a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from producers.record_folder import RecordingFolder
from producers.rotation import VenueRecording
from schemas.base import Event
from schemas.health import VenueStatus

REFRESH_S = 1.0
LINE_EVERY_S = 600.0
"""Where nobody looks on; what happens meanwhile is logged when it happens."""
MB = 1e6


class Recordings(Protocol):
    """What is shown."""

    folder: RecordingFolder
    venues: dict[str, VenueRecording]


class RecordingView:
    """Use it as a context manager; tell it what is published, and `refresh` it as often as you like."""

    def __init__(self, recordings: Recordings, venue_ids: Sequence[str]) -> None:
        self.recordings = recordings
        self._states: dict[str, dict[str, str]] = {venue_id: {} for venue_id in venue_ids}
        self._console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
        self._live = Live(console=self._console, auto_refresh=False) if self._console.is_terminal else None
        self._began_s = self._shown_s = time.monotonic()

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.update(self.table(), refresh=True)
            self._live.stop()

    def hear(self, events: Sequence[Event]) -> None:
        """Note what became of connections."""
        for event in events:
            if type(event) is VenueStatus:
                self._states.setdefault(event.venue, {})[event.session] = event.state

    def refresh(self) -> None:
        """Show how it stands, if it is time to."""
        now_s = time.monotonic()
        if now_s - self._shown_s < (REFRESH_S if self._live is not None else LINE_EVERY_S):
            return
        self._shown_s = now_s
        if self._live is not None:
            self._live.update(self.table(), refresh=True)
        else:
            print(self.line(), file=sys.stderr, flush=True)

    def table(self) -> Table:
        """A row for each venue."""
        folder = self.recordings.folder
        view = Table(box=None, pad_edge=False, header_style="bold", title=self._folder_words(), title_justify="left")
        # On a narrow terminal the name of the file gives way, and no number.
        for name, width in (("venue", 13), ("connections", 11)):
            view.add_column(name, no_wrap=True, min_width=width)
        for name, width in (("frames", 10), ("MB in", 8), ("MB out", 8), ("unwritten", 9)):
            view.add_column(name, justify="right", no_wrap=True, min_width=width)
        view.add_column("file", no_wrap=True)
        for venue_id in self._states:
            recording = self.recordings.venues.get(venue_id)
            if recording is None:
                view.add_row(venue_id, self.connections(venue_id), "", "", "", "", "waits for its market list")
                continue
            view.add_row(
                venue_id,
                self.connections(venue_id),
                f"{recording.frames:,}",
                f"{recording.raw_bytes / MB:,.1f}",
                f"{recording.written_bytes / MB:,.1f}",
                f"{recording.unwritten:,}" if recording.unwritten else "",
                _file(recording, folder.shortage),
            )
        return view

    def line(self) -> str:
        """All of it in one line."""
        recordings = self.recordings.venues.values()
        lost = sum(recording.unwritten for recording in recordings)
        states = ", ".join(f"{venue_id} {self.connections(venue_id)}".rstrip() for venue_id in self._states)
        return "; ".join(
            [
                f"{sum(recording.frames for recording in recordings):,} frames",
                f"{sum(recording.raw_bytes for recording in recordings) / MB:,.1f} MB received",
                f"{sum(recording.written_bytes for recording in recordings) / MB:,.1f} MB written",
                *([f"{lost:,} frames NOT WRITTEN"] if lost else []),
                self._folder_words(),
                states,
            ]
        )

    def connections(self, venue_id: str) -> str:
        """How many of a venue's connections are up; what the others are."""
        states = [state for state in self._states.get(venue_id, {}).values() if state]
        others = sorted({state for state in states if state != "up"})
        up = states.count("up")
        return " ".join([f"{up}/{len(states)} up" if states else "", *others]).strip()

    def summary(self) -> Iterator[str]:
        """What there is to say at the end."""
        yield f"recorded for {time.monotonic() - self._began_s:,.0f} s: {self.line()}"

    def _folder_words(self) -> str:
        folder = self.recordings.folder
        words = f"{folder.path}: {folder.used_bytes / MB:,.1f} MB of recordings, {folder.completed} files completed"
        if folder.deleted_files:
            words += f", {folder.deleted_files} files deleted ({folder.deleted_bytes / MB:,.1f} MB)"
        return words


def _file(recording: VenueRecording, shortage: str) -> str:
    if recording.recorder is not None:
        return recording.recorder.path.name
    if not recording.frames:
        return "nothing received yet"
    return shortage or "none: see above"
