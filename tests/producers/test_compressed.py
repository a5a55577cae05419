"""Recorded bytes come out of whatever they were compressed with, and out of what is left of a damaged file."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import zstandard

from producers.compressed import CompressedFile
from producers.errors import RecordingError

TEXT = b"".join(b"%d line\n" % number for number in range(5_000))


@pytest.mark.parametrize("packed", [TEXT, gzip.compress(TEXT), zstandard.compress(TEXT)], ids=["plain", "gzip", "zstd"])
@pytest.mark.parametrize("chunk_bytes", [7, 1 << 16])
def test_every_compression_gives_the_same_bytes_whatever_the_chunks(
    tmp_path: Path, packed: bytes, chunk_bytes: int
) -> None:
    """A user may recompress or rename recordings, and read them over slow disks."""
    path = tmp_path / "recording"
    path.write_bytes(packed)
    file = CompressedFile(path, chunk_bytes=chunk_bytes)
    assert b"".join(file) == TEXT
    assert file.damage == ""
    assert file.bytes_read == len(packed)


def test_files_that_were_appended_to_one_another_are_read_to_the_end(tmp_path: Path) -> None:
    """`cat a.gz b.gz > c.gz` is a common way to join recordings."""
    for pack in (gzip.compress, zstandard.compress):
        path = tmp_path / "joined"
        path.write_bytes(pack(TEXT) + pack(TEXT))
        assert b"".join(CompressedFile(path)) == TEXT + TEXT


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_truncated_file_gives_what_is_before_the_cut_and_says_so(tmp_path: Path, pack: object) -> None:
    """A crash or a full disk must not cost the whole recording."""
    assert callable(pack)
    path = tmp_path / "cut"
    packed = pack(bytes(range(256)) * 4_000 + TEXT)
    path.write_bytes(packed[: len(packed) * 3 // 4])
    file = CompressedFile(path, chunk_bytes=256)
    got = b"".join(file)
    assert got
    assert (bytes(range(256)) * 4_000 + TEXT).startswith(got)
    assert "too early" in file.damage


def test_corrupt_data_is_a_message_and_not_an_exception(tmp_path: Path) -> None:
    """Bit rot in the middle costs the rest of the file, not the run."""
    packed = bytearray(gzip.compress(TEXT))
    packed[len(packed) // 2 : len(packed) // 2 + 50] = bytes(50)
    path = tmp_path / "rotten"
    path.write_bytes(packed)
    file = CompressedFile(path, chunk_bytes=64)
    assert TEXT.startswith(b"".join(file)[:100])
    assert "damaged gzip data" in file.damage


def test_a_file_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    """A typing error in a path gives a sentence, not a traceback."""
    with pytest.raises(RecordingError, match="cannot be read: No such file"):
        list(CompressedFile(tmp_path / "nowhere"))
