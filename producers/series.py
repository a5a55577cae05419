"""Which files are one recording: a recorder begins a new file from time to time, and each says whose part it is.

Files are joined by what their headers say, never by their names, times or venues.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from producers.errors import UsageError
from producers.recorded_lines import first_lines
from producers.recording_header import OPENING, RecordingHeader, read_header
from producers.tables.known import ENDINGS as TABLE_ENDINGS

RECORDED = "*.zst"
"""Names of what a recorder writes."""
FETCHED = "*.zip"
"""Names of what `cascade fetch` brings."""
BESIDE = (".CHECKSUM", ".part")
"""Names of what `cascade fetch` keeps beside a file, and of a file that is not whole yet."""


def joined(paths: Sequence[Path]) -> list[tuple[Path, ...]]:
    """The recordings in these files, each with its consecutive parts in order; behind a missing one another begins."""
    recordings: list[list[Path]] = []
    parts: dict[tuple[str, int], list[Path]] = {}
    for path in paths:
        header = header_of(path)
        recordings.append([path])
        # A copy of a part is a recording of its own: nobody can say which of the two goes on.
        if header is not None and header.series:
            parts.setdefault((header.series, header.part), recordings[-1])
    for series, part in sorted(parts):
        before = parts.get((series, part - 1))
        if before is not None:
            before += parts[series, part]
            parts[series, part].clear()
            parts[series, part] = before
    return [tuple(recording) for recording in recordings if recording]


def header_of(path: Path) -> RecordingHeader | None:
    """What a file says about itself; None where it is none of our recordings."""
    for line in first_lines(path, 1):
        if line.startswith(OPENING):
            return read_header(path, line.partition(b" ")[2])
    return None


def recordings_named(names: Sequence[str], *, skipped: Callable[[str], None] = lambda _: None) -> list[Path]:
    """The files that a person means by names of files, by patterns, and by folders that were recorded or fetched to.

    Of a folder those are meant that hold frames of a recording of ours; where none does, its tables, and the zips in
    the folders below, where a fetch puts them. Each file comes once. What a fetch leaves beside its files is left out,
    and `skipped` told how many.
    """
    paths: dict[Path, Path] = {}
    beside: set[Path] = set()
    for name in names:
        path = Path(name)
        if path.is_dir():
            found = [file for file in sorted(path.glob(RECORDED)) if _holds_frames(file)]
            found = found or _tables_in(path)
            nothing = "no recording with frames in this folder, no table, and no zip below: name the files"
        elif path.exists():
            found, nothing = [path], ""
        else:
            root = Path(path.anchor)
            found = sorted(match for match in root.glob(str(path.relative_to(root))) if match.is_file())
            nothing = "no such file or folder"
        if not found:
            raise UsageError(f"{name}: {nothing}")
        for file in found:
            if file.name.endswith(BESIDE):
                beside.add(file)
            else:
                paths.setdefault(file.resolve(), file)
    if not paths:
        raise UsageError(f"{', '.join(names)}: only {' and '.join(BESIDE)} files: name what they are of")
    if beside:
        files = "file" if len(beside) == 1 else "files"
        skipped(f"left out: {len(beside)} {files} named {' or '.join(f'*{ending}' for ending in BESIDE)}")
    return list(paths.values())


def _tables_in(folder: Path) -> list[Path]:
    here = (path for path in folder.iterdir() if path.name.lower().endswith(TABLE_ENDINGS))
    return sorted(path for path in {*here, *folder.rglob(FETCHED)} if path.is_file())


def _holds_frames(path: Path) -> bool:
    lines = first_lines(path, 2)
    return len(lines) > 1 and lines[0].startswith(OPENING)
