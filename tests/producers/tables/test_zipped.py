"""A zip of one file is its bytes; a damaged one is a sentence and no crash."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from producers.compressed import CompressedFile
from producers.errors import RecordingError
from producers.tables.zipped import ZippedFile, opened

TEXT = b"".join(b"%d line\n" % (number * 7919) for number in range(5_000))


def zipped(path: Path, *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """One file beside a folder."""
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.mkdir("day")
        archive.writestr("day/a.csv", TEXT)
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2])
def test_the_bytes_come_out_whatever_the_method_and_the_chunks(tmp_path: Path, method: int) -> None:
    """A day of an archive would have to be unpacked by hand."""
    path = zipped(tmp_path / "a.zip", method=method)
    for chunk_bytes in (7, 1 << 16):
        file = ZippedFile(path, chunk_bytes=chunk_bytes)
        assert b"".join(file) == TEXT
        assert file.damage == ""
        assert 0 < file.bytes_read <= path.stat().st_size


def test_content_and_not_the_name_says_that_it_is_a_zip(tmp_path: Path) -> None:
    """A renamed download would be read as text."""
    path = zipped(tmp_path / "a.csv")
    assert b"".join(opened(path)) == TEXT
    path.write_bytes(TEXT)
    assert isinstance(opened(path), CompressedFile)
    with pytest.raises(RecordingError, match="cannot be read"):
        opened(tmp_path / "none.zip")


def test_a_cut_zip_says_that_it_must_be_fetched_again(tmp_path: Path) -> None:
    """Its table of contents stands at the end: there is nothing to read, which must not pass for an empty day."""
    path = zipped(tmp_path / "a.zip")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(RecordingError, match=r"a\.zip: a zip that was cut off or damaged .*; download it again"):
        b"".join(ZippedFile(path))


def test_damage_inside_is_told_and_what_came_before_is_used(tmp_path: Path) -> None:
    """Half a day would pass for a whole one."""
    path = zipped(tmp_path / "a.zip")
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 64] = b"\xff" * 64
    path.write_bytes(content)
    file = ZippedFile(path)
    read = b"".join(file)
    assert 0 < len(read) < len(TEXT) or file.damage
    assert "damaged zip data" in file.damage
