"""Files of one recording: joined by what they say of themselves, and by nothing else."""

from __future__ import annotations

from pathlib import Path
from shutil import copy

import pytest

from producers.errors import RecordingError, UsageError
from producers.record import Recorder
from producers.series import header_of, joined, recordings_named

NS = 1_723_161_255_030_314_667


def part(path: Path, series: str, number: int, *, frames: int = 1) -> Path:
    """A file of a recording."""
    with Recorder(path, venue_id="binance-spot", instruments=[], series=series, part=number) as recorder:
        for frame in range(frames):
            recorder.frame(NS + frame, b"{}")
    return path


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    """Three parts, whose names say nothing of their order."""
    return [part(tmp_path / f"{name}.zst", "s", number) for number, name in enumerate("cab", 1)]


def test_parts_are_joined_in_their_order_whatever_the_order_of_the_arguments(parts: list[Path]) -> None:
    """A pattern of the shell sorts by name, and a clock may have been set back."""
    for order in (parts, parts[::-1], [parts[1], parts[0], parts[2]]):
        assert joined(order) == [tuple(parts)]


def test_behind_a_missing_part_another_recording_begins(parts: list[Path]) -> None:
    """Books would go on over a hole as if nothing were missing."""
    assert joined([parts[0], parts[2]]) == [(parts[0],), (parts[2],)]
    assert joined(parts[1:]) == [tuple(parts[1:])]


def test_recordings_of_one_venue_that_do_not_continue_each_other_stay_apart(tmp_path: Path) -> None:
    """A restart would look like one stream."""
    paths = [part(tmp_path / f"{name}.zst", name, 1) for name in "ab"]
    old = part(tmp_path / "old.zst", "", 0)
    older = part(tmp_path / "older.zst", "", 0)
    assert joined([*paths, old, older]) == [(path,) for path in (*paths, old, older)]


def test_a_copy_of_a_part_is_a_recording_of_its_own(parts: list[Path], tmp_path: Path) -> None:
    """Which of two equal parts goes on cannot be known: frames would come twice, or be lost."""
    twin = Path(copy(parts[1], tmp_path / "twin.zst"))
    assert joined([*parts, twin]) == [tuple(parts), (twin,)]


def test_what_is_no_recording_of_ours_has_no_header(tmp_path: Path) -> None:
    """Foreign recordings and tables are read as before."""
    path = tmp_path / "trades.csv"
    path.write_text("0 is no time\n")
    assert header_of(path) is None
    assert joined([path]) == [(path,)]
    path.write_text('0 {"recording":{"version":99,"venue":"x"}}\n')
    with pytest.raises(RecordingError, match="version 99"):
        joined([path])


def test_a_folder_a_pattern_and_names_mean_files(parts: list[Path], tmp_path: Path) -> None:
    """Months are thousands of files, too many for a command line."""
    part(tmp_path / "just-begun.zst", "t", 1, frames=0)
    (tmp_path / "nothing.zst").touch()
    (tmp_path / "notes.txt").write_text("0 notes\n")
    assert recordings_named([str(tmp_path)]) == sorted(parts)
    assert recordings_named([str(tmp_path / "[ab].zst")]) == sorted(parts)[:2]
    assert recordings_named([str(parts[0]), str(tmp_path), str(parts[0])]) == [parts[0], *sorted(parts)[:2]]
    assert recordings_named([str(tmp_path / "notes.txt")]) == [tmp_path / "notes.txt"]


def test_a_folder_without_recordings_means_its_tables_and_what_was_fetched(tmp_path: Path) -> None:
    """What was fetched could not be replayed by the name of its folder, as the help says."""
    names = ("spot/daily/trades/a.zip", "um/b.zip", "b.csv.gz", "C.CSV", "d.csv.zst")
    for name in (*names, "spot/daily/trades/a.zip.CHECKSUM", "um/e.zip.part", "notes.txt", "labels/truth.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("row\n")
    assert recordings_named([str(tmp_path)]) == sorted(tmp_path / name for name in names)
    assert recordings_named([str(tmp_path / "spot")]) == [tmp_path / names[0]]
    part(tmp_path / "frames.zst", "s", 1)
    assert recordings_named([str(tmp_path)]) == [tmp_path / "frames.zst"]


def test_what_a_fetch_leaves_beside_its_files_is_left_out_with_a_word(tmp_path: Path) -> None:
    """A pattern that fits the sums too would replay nothing."""
    for name in ("a.zip", "a.zip.CHECKSUM", "b.zip", "b.zip.CHECKSUM", "c.zip.part"):
        (tmp_path / name).touch()
    said: list[str] = []
    for names in ([str(tmp_path / "*.zip*")], [str(path) for path in sorted(tmp_path.iterdir())]):
        assert recordings_named(names, skipped=said.append) == [tmp_path / "a.zip", tmp_path / "b.zip"]
    assert said == ["left out: 3 files named *.CHECKSUM or *.part"] * 2
    with pytest.raises(UsageError, match=r"only \.CHECKSUM and \.part files"):
        recordings_named([str(tmp_path / "*.CHECKSUM")], skipped=said.append)


def test_what_means_no_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing mistake would replay nothing, or less than was meant."""
    monkeypatch.chdir(tmp_path)
    for name, says in (("no.zst", "no such file"), ("no*.zst", "no such file"), (".", "no recording with frames")):
        with pytest.raises(UsageError, match=says):
            recordings_named([name])
