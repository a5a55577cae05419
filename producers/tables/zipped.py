"""Bytes out of a zip with one file in it, in the way of `producers.compressed`; nothing is unpacked to disk."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol
from zipfile import BadZipFile, ZipFile

from producers.compressed import CompressedFile
from producers.errors import RecordingError

CHUNK_BYTES = 1 << 13
"""Damage in compressed data costs the chunk in which it lies."""

_ZIP = b"PK"


class Chunks(Protocol):
    """Decompressed bytes of a file, and what was wrong with it."""

    bytes_read: int
    damage: str

    def __iter__(self) -> Iterator[bytes]: ...


def opened(path: Path) -> Chunks:
    """The file's bytes, whichever of plain, gzip, zstd and zip its first bytes say.

    Raises `RecordingError` where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(2)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror or error}") from error
    return ZippedFile(path) if magic == _ZIP else CompressedFile(path, chunk_bytes=CHUNK_BYTES)


class ZippedFile:
    """Decompressed chunks of the one file in a zip; the attributes are those of `CompressedFile`."""

    def __init__(self, path: Path, *, chunk_bytes: int = CHUNK_BYTES) -> None:
        self.path = path
        self.bytes_read = 0
        self.damage = ""
        self._chunk_bytes = chunk_bytes

    def __iter__(self) -> Iterator[bytes]:
        self.bytes_read = 0
        self.damage = ""
        try:
            with self.path.open("rb") as file, self._archive(file) as archive:
                members = [member for member in archive.infolist() if not member.is_dir()]
                if len(members) != 1:
                    raise RecordingError(f"{self.path}: a zip of {len(members)} files; unpack it and name those wanted")
                with archive.open(members[0]) as inside:
                    while chunk := inside.read(self._chunk_bytes):
                        self.bytes_read = file.tell()
                        yield chunk
        except (BadZipFile, EOFError, zlib.error, RuntimeError, NotImplementedError) as error:
            # A password is a RuntimeError, an unknown method a NotImplementedError.
            self.damage = f"damaged zip data after {self.bytes_read} bytes ({error}); everything before it was used"
        except OSError as error:
            raise RecordingError(f"{self.path}: cannot be read: {error.strerror or error}") from error

    def _archive(self, file: BinaryIO) -> ZipFile:
        try:
            return ZipFile(file)
        except BadZipFile as error:
            # Its table of contents stands at the end: without that nothing of it can be read.
            raise RecordingError(
                f"{self.path}: a zip that was cut off or damaged ({error}); download it again"
            ) from error
