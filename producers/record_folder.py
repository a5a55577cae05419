"""A folder that several recordings share: new files, and room for them by deleting the oldest whole ones.

What counts and what may be deleted are files named as `begin` names them that open as a recording of ours, whichever
process wrote them, save those that are being written. To keep a file for good, rename it or move it away.

Waiting for the disk (deleting, and the sync of what is complete) is done by one thread, so that no frame waits for it.
"""

from __future__ import annotations

import fcntl
import logging
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import zstandard

from producers.errors import RecordingError
from producers.record import Recorder
from producers.recording_header import OPENING
from schemas.instrument import Instrument

logger = logging.getLogger(__name__)

GB = 10**9
NAME = re.compile(r"[a-z0-9_-]+-(\d{8}T\d{6}Z)(?:-(\d+))?\.zst")
TIDY_EVERY_S = 1.0
SYNC_EVERY_S = 10.0
"""So much is lost when the power goes; half a second (`producers.record`) when only the process does."""
LOOK_EVERY_S = 60.0
"""How often the folder is listed anew, for what others wrote and deleted."""
SLACK_SHARE = 0.05
SLACK_BYTES = 64 * 10**6
"""So much below the quota, and above the free space that is to be kept, deleting ends: seconds of writing."""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the disk recordings may use."""

    quota_bytes: int | None = None
    """Of all recordings in the folder; None where only the disk's end is one."""
    keep_free_bytes: int = GB
    """Space on the disk that is left to others."""


class _Kept(msgspec.Struct, frozen=True, order=True):
    stamp: str
    number: int
    name: str
    size: int


class RecordingFolder:
    """Use it as a context manager; `poll` it often.

    Attributes
    ----------
    has_room
        Whether anything may be written now.
    shortage
        Why not, in words.
    completed, deleted_files, deleted_bytes
        What became of files since the start.
    """

    def __init__(self, path: Path, room: Room) -> None:
        self.path = path
        self.room = room
        self.has_room = True
        self.shortage = ""
        self.completed = 0
        self.deleted_files = 0
        self.deleted_bytes = 0
        self._open: dict[Path, Recorder] = {}
        self._kept: list[_Kept] = []
        self._is_ours: dict[str, bool] = {}
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recordings")
        self._tidying: Future[None] | None = None
        self._tidy_at_s = self._look_at_s = self._sync_at_s = 0.0

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            # A folder that cannot be written to is better found out now than when the first venue has answered.
            with tempfile.TemporaryFile(dir=self.path):
                pass
        except OSError as refusal:
            raise RecordingError(f"{self.path}: cannot be recorded to: {refusal.strerror}") from refusal
        self.tidy()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.submit(self.tidy).add_done_callback(_say_failure)
        self._worker.shutdown()

    @property
    def used_bytes(self) -> int:
        """Of all recordings here, those that are being written included."""
        return sum(kept.size for kept in self._kept) + sum(recorder.bytes for recorder in tuple(self._open.values()))

    def begin(
        self, *, venue_id: str, instruments: Sequence[Instrument], recv_ns: int, series: str, part: int
    ) -> Recorder:
        """A recorder of a new file; raises `RecordingError` where there can be none."""
        # What was not received, but made from a recording, has no time.
        started = datetime.fromtimestamp((recv_ns or time.time_ns()) / 1e9, UTC).strftime("%Y%m%dT%H%M%SZ")
        path = next(path for path in self._paths(f"{venue_id}-{started}") if not path.exists())
        recorder = Recorder(path, venue_id=venue_id, instruments=instruments, series=series, part=part).__enter__()
        if recorder.failure is not None:
            recorder.close()
            path.unlink(missing_ok=True)
            raise RecordingError(f"{path}: cannot be written: {recorder.failure.strerror}")
        self._open[path] = recorder
        return recorder

    def complete(self, recorder: Recorder) -> None:
        """Nothing more goes into this file."""
        recorder.flush()
        self._worker.submit(self._close, recorder).add_done_callback(_say_failure)

    def poll(self) -> None:
        """See to the room when it is time to; costs nothing otherwise."""
        now_s = time.monotonic()
        if now_s >= self._tidy_at_s and (self._tidying is None or self._tidying.done()):
            self._tidy_at_s = now_s + TIDY_EVERY_S
            self._tidying = self._worker.submit(self.tidy)
            self._tidying.add_done_callback(_say_failure)

    def tidy(self) -> None:
        """Delete what there is no room for, and see whether there is any; called by one thread at a time."""
        now_s = time.monotonic()
        if now_s >= self._look_at_s:
            self._look_at_s = now_s + LOOK_EVERY_S
            self._kept = sorted(self._look())
        if now_s >= self._sync_at_s:
            self._sync_at_s = now_s + SYNC_EVERY_S
            for recorder in tuple(self._open.values()):
                recorder.sync()
        for kept in tuple(self._kept):
            why = self._lacking(slack=True)
            if not why:
                break
            self._delete(kept, why)
        # Room is found with the slack and lost without it, or every second one would follow the other.
        self.shortage = self._lacking(slack=not self.has_room)
        self.has_room = not self.shortage

    def _lacking(self, *, slack: bool) -> str:
        """What there is too little of; empty where there is enough."""
        quota, keep_free = self.room.quota_bytes, self.room.keep_free_bytes
        if quota is not None and self.used_bytes > quota - (min(quota * SLACK_SHARE, SLACK_BYTES) if slack else 0):
            return f"the recordings in {self.path} have reached their quota of {quota / GB:.6g} GB"
        try:
            free = shutil.disk_usage(self.path).free
        except OSError:
            return ""  # a folder that is gone shows when the next file is to begin
        if free < keep_free + (min(keep_free * SLACK_SHARE, SLACK_BYTES) if slack else 0):
            return f"{self.path} has {free / GB:.6g} GB free, and {keep_free / GB:.6g} GB are to stay so"
        return ""

    def _delete(self, kept: _Kept, why: str) -> None:
        path = self.path / kept.name
        try:
            if _is_being_written(path):
                return
            path.unlink()
        except FileNotFoundError:
            pass  # another recorder, or a person, was first
        except OSError as refusal:
            logger.warning("%s: cannot be deleted: %s", path, refusal.strerror)
            return
        else:
            self.deleted_files += 1
            self.deleted_bytes += kept.size
            logger.warning("deleted %s (%.1f MB): %s", path, kept.size / 1e6, why)
        self._kept.remove(kept)
        self._is_ours.pop(kept.name, None)

    def _look(self) -> Iterator[_Kept]:
        writing = {path.name for path in tuple(self._open)}
        try:
            paths = list(self.path.iterdir())
        except OSError:
            return
        for path in paths:
            named = NAME.fullmatch(path.name)
            if named is None or path.name in writing or not self._opens_as_ours(path):
                continue
            try:
                size = path.stat().st_size
            except OSError:
                continue
            yield _Kept(stamp=named[1], number=int(named[2] or 1), name=path.name, size=size)

    def _opens_as_ours(self, path: Path) -> bool:
        known = self._is_ours.get(path.name, False)
        if not known:
            try:
                with path.open("rb") as file:
                    known = zstandard.ZstdDecompressor().stream_reader(file).read(len(OPENING)) == OPENING
            except (OSError, zstandard.ZstdError):
                known = False
            if known:
                self._is_ours[path.name] = True
        return known

    def _close(self, recorder: Recorder) -> None:
        recorder.close()
        self._open.pop(recorder.path, None)
        named = NAME.fullmatch(recorder.path.name)
        if named is not None:
            self.completed += 1
            kept = _Kept(stamp=named[1], number=int(named[2] or 1), name=recorder.path.name, size=recorder.bytes)
            self._kept = sorted([*self._kept, kept])

    def _paths(self, name: str) -> Iterator[Path]:
        yield self.path / f"{name}.zst"
        for number in count(2):
            yield self.path / f"{name}-{number}.zst"


def _is_being_written(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False  # a disk without locks
    return False


def _say_failure(work: Future[None]) -> None:
    error = work.exception()
    if error is not None:
        logger.error("seeing to the recordings failed", exc_info=error)
