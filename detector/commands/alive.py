"""`cascade alive`: whether the process that writes a file does so still; for the health checks of containers."""

from __future__ import annotations

from pathlib import Path

from detector.runtime.alive_file import last_words


def alive(file: Path, *, within_s: float) -> None:
    """Print what the process said last; raises `NotAliveError` where that is too long ago."""
    print(last_words(file, within_s=within_s))
