"""Files that hold what must not be lost while the log cannot be written: append-only, checked, bounded.

A record is its length and CRC-32 (8 bytes, big-endian) and then its content. Each is one `write`, so that a killed
process loses nothing that it had spilled; once a second the file is synced, so that a machine that fails loses a second
at most. What is torn is skipped and counted.
"""

from __future__ import annotations

import fcntl
import logging
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from zlib import crc32

import msgspec

from producers.errors import ProducerError

logger = logging.getLogger(__name__)

HEAD = struct.Struct(">II")
SUFFIX = ".spool"
FIRST_NUMBER = 10**9
"""Of the files; what has to be read before them gets a lower one."""


class SpoolError(ProducerError):
    """A folder that cannot be spooled to; the message says why."""


class Spilled(msgspec.Struct, array_like=True, frozen=True):
    """A record on disk. The topic's name is without a deployment's prefix."""

    topic: str
    key: bytes
    value: bytes


class Segment:
    """One file. It is deleted when all that was read from it is acknowledged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size_bytes = 0
        self.records = 0
        self.outstanding = 0
        """Records in memory that are not acknowledged."""

    def delete(self) -> None:
        """All that it held is in the log."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


class Segments:
    """A folder of segments that wait to be read back, oldest first; this process alone uses it.

    Raises
    ------
    SpoolError
        Where the folder cannot be written to, or another process uses it.
    """

    def __init__(self, folder: Path, *, quota_bytes: int, segment_bytes: int) -> None:
        self.folder = folder
        self.torn_records = 0
        """Records that were cut off or damaged on disk."""
        self.lost_records = 0
        """Records that found no place: beyond the quota the oldest go, and a disk may refuse."""
        self.spilled_records = 0
        self.waiting_bytes = 0
        """On disk and not yet read back."""
        self._quota_bytes = quota_bytes
        self._segment_bytes = segment_bytes
        self._file: int | None = None
        self._dirty = False
        self._lock = _locked(folder)
        self._waiting = [_measured(path) for path in sorted(folder.glob(f"*{SUFFIX}"))]
        self.waiting_bytes = sum(segment.size_bytes for segment in self._waiting)
        numbers = [int(segment.path.stem) for segment in self._waiting]
        self._first = min(numbers, default=FIRST_NUMBER)
        self._next = 1 + max(numbers, default=FIRST_NUMBER - 1)

    @property
    def next_bytes(self) -> int:
        """Size of the oldest file that waits; 0 where none does."""
        return self._waiting[0].size_bytes if self._waiting else 0

    @property
    def waiting_records(self) -> int:
        """Records on disk that are not yet read back."""
        return sum(segment.records for segment in self._waiting)

    @property
    def room_bytes(self) -> int:
        """What the quota leaves."""
        return self._quota_bytes - self.waiting_bytes

    def append(self, record: Spilled) -> None:
        """Write at the end. What the disk does not take is lost, and counted."""
        data = _framed(record)
        try:
            if self._file is None or self._waiting[-1].size_bytes + len(data) > self._segment_bytes:
                self._roll()
            if self._file is None or os.write(self._file, data) != len(data):
                raise OSError("it took only a part")
        except OSError as error:
            self._close_file()
            self._lose(1, f"the disk refuses ({error.strerror or error})")
            return
        self._dirty = True
        self.spilled_records += 1
        self.waiting_bytes += len(data)
        segment = self._waiting[-1]
        segment.size_bytes += len(data)
        segment.records += 1
        while self.waiting_bytes > self._quota_bytes and len(self._waiting) > 1:
            oldest = self._leave_oldest()
            oldest.delete()
            self._lose(oldest.records, "the quota is used up, and the oldest go")

    def take_oldest(self) -> tuple[Segment, list[Spilled]]:
        """Read the oldest file back; it stays on disk until it is deleted."""
        segment = self._leave_oldest()
        return segment, list(self._read(segment.path))

    def put_first(self, records: Sequence[Spilled]) -> int:
        """Write a file that will be read before all that waits, as far as the quota allows; how many it holds."""
        room = self.room_bytes
        pieces: list[bytes] = []
        # Beyond the quota the oldest go, here as anywhere.
        for record in reversed(records):
            data = _framed(record)
            room -= len(data)
            if room < 0:
                break
            pieces.append(data)
        if pieces:
            self._first -= 1
            segment = Segment(self._path(self._first))
            try:
                with segment.path.open("xb") as file:
                    file.writelines(reversed(pieces))
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                self._lose(len(records), f"the disk refuses ({error.strerror})")
                return 0
            segment.records = len(pieces)
            segment.size_bytes = sum(map(len, pieces))
            self.waiting_bytes += segment.size_bytes
            self._waiting.insert(0, segment)
        if len(pieces) < len(records):
            self._lose(len(records) - len(pieces), "the quota is used up, and the oldest go")
        self.spilled_records += len(pieces)
        return len(pieces)

    def unsynced(self) -> int | None:
        """A file descriptor of what the disk may not have yet, for `sync_and_close`, which another thread may call."""
        if not self._dirty or self._file is None:
            return None
        self._dirty = False
        return os.dup(self._file)

    def close(self) -> None:
        """Sync, and let others use the folder."""
        self._close_file()
        os.close(self._lock)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:012d}{SUFFIX}"

    def _roll(self) -> None:
        self._close_file()
        path = self._path(self._next)
        self._next += 1
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._waiting.append(Segment(path))

    def _close_file(self) -> None:
        if self._file is not None:
            sync_and_close(self._file)
            self._file = None

    def _leave_oldest(self) -> Segment:
        if len(self._waiting) == 1:
            self._close_file()
        segment = self._waiting.pop(0)
        self.waiting_bytes -= segment.size_bytes
        return segment

    def _lose(self, records: int, why: str) -> None:
        before, self.lost_records = self.lost_records, self.lost_records + records
        # Each is counted; the words come as often as a person can read them.
        if before.bit_length() != self.lost_records.bit_length():
            logger.error(
                "%s: records that must not be lost are lost, %d so far: %s", self.folder, self.lost_records, why
            )

    def _read(self, path: Path) -> Iterator[Spilled]:
        try:
            data = path.read_bytes()
        except OSError as error:
            self._lose(1, f"{path.name} cannot be read ({error.strerror})")
            return
        at = 0
        while at < len(data):
            content, at = _unframed(data, at)
            if content is None:
                self.torn_records += 1
                logger.warning("%s: a record is torn, and skipped", path)
            else:
                yield content


def sync_and_close(file: int) -> None:
    """Have the disk keep what was written; blocks for as long as the disk takes."""
    with suppress(OSError):
        os.fsync(file)
    os.close(file)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Spilled)


def _framed(record: Spilled) -> bytes:
    content = _encoder.encode(record)
    return HEAD.pack(len(content), crc32(content)) + content


def _unframed(data: bytes, at: int) -> tuple[Spilled | None, int]:
    """The record at a position, if it is whole, and where the next one begins."""
    if at + HEAD.size > len(data):
        return None, len(data)
    length, checksum = HEAD.unpack_from(data, at)
    end = at + HEAD.size + length
    content = data[at + HEAD.size : end]
    if len(content) < length or crc32(content) != checksum:
        return None, end
    try:
        return _decoder.decode(content), end
    except msgspec.DecodeError:
        return None, end


def _locked(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SpoolError(f"{folder}: cannot be spooled to: {error.strerror}; name another with --spool") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise SpoolError(f"{folder}: another producer spools there; give each its own --spool") from None
    return lock


def _measured(path: Path) -> Segment:
    segment = Segment(path)
    with suppress(OSError), path.open("rb") as file:
        segment.size_bytes = os.fstat(file.fileno()).st_size
        at = 0
        while at < segment.size_bytes:
            file.seek(at)
            head = file.read(HEAD.size)
            at += HEAD.size + (HEAD.unpack(head)[0] if len(head) == HEAD.size else 0)
            segment.records += 1
    return segment
