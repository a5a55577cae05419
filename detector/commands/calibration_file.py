"""Reading and writing calibrations: what `--calibration` names, and what `cascade calibrate` makes."""

from __future__ import annotations

from hashlib import file_digest
from pathlib import Path

from detector.calibration import text
from detector.calibration.calibrated import Calibration
from detector.calibration.text import CalibrationFile, Recording
from producers.errors import UsageError


class CalibrationError(UsageError):
    """A file that is no calibration; the message says where and why."""


def load_calibration(path: Path | None) -> Calibration:
    """What the detector is told of a file; nothing where none is named. Raises `CalibrationError`."""
    if path is None:
        return Calibration()
    try:
        return text.calibration(path.read_text(encoding="utf-8"))
    except ValueError as error:  # of msgspec and of wrong UTF-8 too
        raise CalibrationError(f"{path}: {error}") from error


def read_calibration(path: Path) -> CalibrationFile:
    """The whole of a file. Raises `CalibrationError`."""
    try:
        return text.read(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CalibrationError(f"{path}: {error}") from error


def write_calibration(path: Path, file: CalibrationFile) -> None:
    """Replace a file at once: whoever reads it finds the old one or the new one."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text.write(file), encoding="utf-8")
    fresh.replace(path)


def recording_of(path: Path) -> Recording:
    """A file's name and digest: a number whose recording is lost can still be told from another's."""
    with path.open("rb") as file:
        return Recording(name=path.name, sha256=file_digest(file, "sha256").hexdigest())
