from pathlib import Path

import pytest

from detector.calibration.calibrated import Calibration
from detector.calibration.text import FORMAT, CalibrationFile
from detector.commands.calibration_file import (
    CalibrationError,
    load_calibration,
    read_calibration,
    recording_of,
    write_calibration,
)

EMPTY = CalibrationFile(FORMAT, "abc", "", "", 0.0, 0.0, (), ())


def test_without_a_file_nothing_is_known() -> None:
    """Every command would need one."""
    assert load_calibration(None) == Calibration()


def test_what_was_written_is_read_and_leaves_no_half_file(tmp_path: Path) -> None:
    """A process that starts meanwhile would read half a calibration."""
    path = tmp_path / "calibration.toml"
    for _ in range(2):
        write_calibration(path, EMPTY)
    assert read_calibration(path) == EMPTY
    assert load_calibration(path).digest
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"nonsense", b"format = 1\n", b"\xff"])
def test_a_file_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    """Nobody would know which of several files is wrong."""
    path = tmp_path / "wrong.toml"
    path.write_bytes(content)
    for read in (load_calibration, read_calibration):
        with pytest.raises(CalibrationError, match=r"wrong\.toml: "):
            read(path)


def test_a_recording_is_known_by_its_digest(tmp_path: Path) -> None:
    """Two files of one name could not be told apart."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"abc")
    known = recording_of(path)
    assert known.name == "a.csv"
    assert known.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
