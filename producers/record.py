"""Writing one file of a recording: every frame as it came, zstd, flushed so often that a kill loses half a second."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import zstandard

from producers.errors import RecordingError
from producers.recording import RecordedFrame, rest_line
from producers.recording_header import VERSION, RecordingHeader, header_json
from schemas.instrument import Instrument

logger = logging.getLogger(__name__)

FLUSH_EVERY_S = 0.5
LEVEL = 3
"""zstd's own default: a sixth of the size, for 2.5 µs a frame (`docs/operations.md`)."""


class Recorder:
    """Writes one venue's frames to a new file; use it as a context manager.

    A disk that is full, or gone, ends the recording and nothing else: it is said once, `failure` holds the reason, and
    what was flushed before stays readable. While it is written the file is locked (`flock`), so that nobody takes it
    for an old one.

    Parameters
    ----------
    path
        The file; one that exists is not overwritten.
    venue_id, instruments
        What the header says: whose frames these are, and the markets that they are about.
    series, part
        Which recording this file is a part of, where it has several (`RecordingHeader`).
    level
        Of compression.
    """

    def __init__(
        self,
        path: Path,
        *,
        venue_id: str,
        instruments: Sequence[Instrument],
        series: str = "",
        part: int = 0,
        level: int = LEVEL,
    ) -> None:
        self.path = path
        self.header = RecordingHeader(
            version=VERSION, venue=venue_id, instruments=tuple(instruments), series=series, part=part
        )
        self._level = level
        self._flushed_ns = 0
        self._flush_later: asyncio.TimerHandle | None = None
        self.bytes = 0
        """Of the file, at the last flush."""
        self.failure: OSError | None = None
        """Why nothing more is written."""

    def __enter__(self) -> Self:
        try:
            self._file = self.path.open("xb")
        except OSError as error:
            raise RecordingError(f"{self.path}: cannot be written: {error.strerror}") from error
        with suppress(OSError):  # some network disks have no locks
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._zstd = zstandard.ZstdCompressor(level=self._level).stream_writer(self._file)
        self._line(0, header_json(self.header))
        self.flush()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flush()
        self.close()

    def frame(self, recv_ns: int, raw: bytes) -> None:
        """Write a frame as it was received."""
        self._line(recv_ns, raw)
        if recv_ns - self._flushed_ns >= FLUSH_EVERY_S * 1e9:
            self._flushed_ns = recv_ns
            self.flush()
        elif self._flush_later is None:
            # A quiet socket brings no frame that would flush this one. Without a loop there is no socket.
            with suppress(RuntimeError):
                self._flush_later = asyncio.get_running_loop().call_later(FLUSH_EVERY_S, self.flush)

    def answer(self, recv_ns: int, rest: str, body: bytes, symbol: str = "") -> None:
        """Write what is no frame: a REST answer, or a keyframe (`producers.recording.RecordedAnswer`)."""
        self.frame(recv_ns, rest_line(rest, body, symbol))

    def flush(self) -> None:
        """Give everything so far to the operating system, readable up to here whatever becomes of this process."""
        if self._flush_later is not None:
            self._flush_later.cancel()
            self._flush_later = None
        if self.failure is not None:
            return
        try:
            self._zstd.flush(zstandard.FLUSH_BLOCK)
            self._file.flush()
            self.bytes = self._file.tell()
        except OSError as refusal:
            self._stop(refusal)

    def sync(self) -> None:
        """Wait until what was flushed is on the disk, whatever becomes of this machine; from any thread."""
        with suppress(OSError):  # the next write says it as well, and where it can be heard
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """End the file, after the last `flush`, and wait until it and its name are on the disk; from any thread."""
        try:
            if self.failure is None:
                self._zstd.flush(zstandard.FLUSH_FRAME)
                self._file.flush()
                self.bytes = self._file.tell()
                os.fsync(self._file.fileno())
                _sync_folder(self.path.parent)
            self._file.close()
        except OSError as refusal:
            self._stop(refusal)
            with suppress(OSError):
                self._file.close()

    def _line(self, recv_ns: int, raw: bytes) -> None:
        if self.failure is not None:
            return
        try:
            # A line end can only stand between JSON tokens, where a space means the same.
            self._zstd.write(b"%d %b\n" % (recv_ns, raw.replace(b"\n", b" ") if b"\n" in raw else raw))
        except OSError as refusal:
            self._stop(refusal)

    def _stop(self, refusal: OSError) -> None:
        if self.failure is None:
            logger.warning("recording stopped: %s: %s; what it holds so far is readable", self.path, refusal)
        self.failure = refusal


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def cut(
    frames: Iterable[RecordedFrame],
    path: Path,
    *,
    venue_id: str,
    instruments: Sequence[Instrument],
    until_ns: int,
    level: int = 19,
) -> int:
    """Write the frames of one venue received before `until_ns` to a new recording; returns how many."""
    count = 0
    with Recorder(path, venue_id=venue_id, instruments=instruments, level=level) as recorder:
        for frame in frames:
            if frame.recv_ns >= until_ns:
                break
            if frame.venue_id == venue_id:
                recorder.frame(frame.recv_ns, frame.raw)
                count += 1
    if recorder.failure is not None:
        raise RecordingError(f"{path}: cannot be written: {recorder.failure.strerror}")
    return count
