from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from producers.binance_vision.part_file import FolderError, PartFile, sha256_of, sum_in


def test_a_kept_file_has_its_name_and_its_sum(tmp_path: Path) -> None:
    """What was fetched would stay under a name that nobody reads."""
    path = tmp_path / "a" / "b.zip"
    with PartFile(path) as part:
        part.write(b"one")
        part.write(b"two")
        assert part.sha256() == hashlib.sha256(b"onetwo").hexdigest()
        part.keep()
    assert path.read_bytes() == b"onetwo"
    assert part.bytes == 6
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("ends", [ValueError, KeyboardInterrupt, None])
def test_whatever_is_not_kept_is_taken_away(tmp_path: Path, ends: type[BaseException] | None) -> None:
    """Half a file would be read as a quiet day."""

    def write() -> None:
        with PartFile(tmp_path / "b.zip") as part:
            part.write(b"one")
            if ends is not None:
                raise ends

    if ends is None:
        write()
    else:
        with pytest.raises(ends):
            write()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays_until_the_new_one_is_kept(tmp_path: Path) -> None:
    """An interrupted update would lose the old day as well."""
    path = tmp_path / "b.zip"
    path.write_bytes(b"old")
    with PartFile(path) as part:
        part.write(b"new")
    assert path.read_bytes() == b"old"


def test_a_full_disk_is_an_error_with_the_path_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A traceback, and half a file that fills the disk."""

    def write() -> None:
        with PartFile(tmp_path / "b.zip") as part:
            part._file.close()
            monkeypatch.setattr(part, "_file", Path("/dev/full").open("wb"))  # noqa: SIM115
            part.write(b"x" * 100_000)

    with pytest.raises(FolderError, match=r"b\.zip\.part: No space left on device"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_no_folder_is_told(tmp_path: Path) -> None:
    """A traceback instead of a line."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FolderError, match="file"), PartFile(tmp_path / "file" / "b.zip"):
        pass
    with pytest.raises(FolderError, match="directory"):
        sha256_of(tmp_path)


def test_only_a_checksum_is_one() -> None:
    """The page of a login would be compared with the file, and the file thrown away."""
    assert sum_in(b"A" * 64 + b" *x.zip\n") == "a" * 64
    assert sum_in(b"<html>") is None
    assert sum_in(b"ab" * 32) is None
    assert sha256_of(Path("nowhere.zip")) is None
