"""Bytes out of plain, gzip and zstd files, whichever the first bytes say; damage is a message, not an exception."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import zstandard

from producers.errors import RecordingError

CHUNK_BYTES = 1 << 18
"""Large enough that the cost per chunk vanishes, small enough that merging a dozen files stays in cache."""

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_LZ4 = b"\x04\x22\x4d\x18"


class _Decompressor(Protocol):
    def decompress(self, data: bytes, /) -> bytes: ...

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...


class CompressedFile:
    """Decompressed chunks of one file.

    Parameters
    ----------
    path
        The file; its name plays no part.
    chunk_bytes
        How much is read at a time; the output does not depend on it but for where it is cut.

    Attributes
    ----------
    bytes_read
        Compressed bytes consumed by the last iteration, for progress.
    damage
        What was wrong with the data, after the iteration; empty when nothing was.
    """

    def __init__(self, path: Path, *, chunk_bytes: int = CHUNK_BYTES) -> None:
        self.path = path
        self.bytes_read = 0
        self.damage = ""
        self._chunk_bytes = chunk_bytes

    def __iter__(self) -> Iterator[bytes]:
        self.bytes_read = 0
        self.damage = ""
        try:
            with self.path.open("rb") as file:
                magic = file.read(4)
                file.seek(0)
                if magic == _LZ4:
                    raise RecordingError(f"{self.path}: lz4 is not read here; decompress it first: lz4 -d {self.path}")
                chunks = self._counted(iter(lambda: file.read(self._chunk_bytes), b""))
                if magic.startswith(_GZIP):
                    # 31: gzip wrapper with the largest window.
                    yield from self._decompressed(chunks, lambda: zlib.decompressobj(31), "gzip")
                elif magic == _ZSTD:
                    zstd = zstandard.ZstdDecompressor()
                    yield from self._decompressed(chunks, zstd.decompressobj, "zstd")
                else:
                    yield from chunks
        except OSError as error:
            raise RecordingError(f"{self.path}: cannot be read: {error.strerror or error}") from error

    def _counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.bytes_read += len(chunk)
            yield chunk

    def _decompressed(self, chunks: Iterator[bytes], start: Callable[[], _Decompressor], kind: str) -> Iterator[bytes]:
        member = start()
        try:
            for chunk in chunks:
                data = chunk
                while data:
                    if member.eof:
                        # Files made by appending hold several compressed members in a row.
                        member = start()
                    yield member.decompress(data)
                    data = member.unused_data
        except (zlib.error, zstandard.ZstdError) as error:
            self.damage = f"damaged {kind} data after {self.bytes_read} bytes ({error}); everything before it was used"
            return
        if not member.eof:
            self.damage = f"the {kind} data ends too early; everything before the cut was used"
