"""The folder of recordings: below its quota, the oldest goes first, and nothing else is ever touched."""

from __future__ import annotations

import fcntl
import time
from collections import namedtuple
from pathlib import Path
from typing import NoReturn

import pytest

from producers.errors import RecordingError
from producers.record import Recorder
from producers.record_folder import GB, LOOK_EVERY_S, RecordingFolder, Room

NS = 10**9
DAY_S = 86_400
START_S = 1_723_161_255
FREE = Room(keep_free_bytes=0)

Usage = namedtuple("Usage", "free")  # noqa: PYI024 - stands in for what shutil gives


def begun(folder: RecordingFolder, day: int = 0, venue_id: str = "binance-spot") -> Recorder:
    """A file begun on a day."""
    return folder.begin(
        venue_id=venue_id, instruments=[], recv_ns=(START_S + day * DAY_S) * NS, series="s", part=day + 1
    )


def completed(folder: RecordingFolder, day: int, size: int, venue_id: str = "binance-spot") -> Path:
    """A whole file of about a size."""
    recorder = begun(folder, day, venue_id)
    # Random enough for a compressor.
    state = day + 1
    text = bytearray()
    while len(text) < size * 8 // 5:
        state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        text += b"%016x" % state
    recorder.frame((START_S + day * DAY_S) * NS, bytes(text))
    folder.complete(recorder)
    return recorder.path


def on_disk(path: Path) -> int:
    """What a person sees."""
    return sum(file.stat().st_size for file in path.glob("*.zst"))


def test_the_oldest_whole_files_of_all_venues_go_when_the_quota_is_reached(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The disk would be full after some weeks, or the newest data would go."""
    with RecordingFolder(tmp_path, FREE) as folder:
        paths = [completed(folder, day, 10_000, ("binance-spot", "hyperliquid")[day % 2]) for day in range(6)]
    before = on_disk(tmp_path)
    room = Room(quota_bytes=before * 3 // 5, keep_free_bytes=0)
    with RecordingFolder(tmp_path, room) as folder:
        assert on_disk(tmp_path) == folder.used_bytes <= before * 3 // 5
        left = [path for path in paths if path.exists()]
        assert left == paths[-len(left) :]
        assert 2 <= len(left) <= 3
        assert folder.deleted_files == len(paths) - len(left) == len(caplog.messages)
        assert folder.deleted_bytes == before - on_disk(tmp_path)
        assert folder.has_room
    assert caplog.messages[0].startswith(f"deleted {paths[0]} (0.0 MB): the recordings in {tmp_path} have reached")


def test_the_quota_holds_while_files_are_written(tmp_path: Path) -> None:
    """It would hold only after a restart."""
    quota = 60_000
    with RecordingFolder(tmp_path, Room(quota_bytes=quota, keep_free_bytes=0)) as folder:
        for day in range(20):
            completed(folder, day, 10_000)
            folder._tidying = folder._worker.submit(folder.tidy)
            folder._tidying.result(20)
            assert on_disk(tmp_path) <= quota
        assert folder.deleted_files > 10
        assert folder.completed == 20


def test_nothing_that_is_not_a_recording_of_ours_is_counted_or_deleted(tmp_path: Path) -> None:
    """A quota would cost a user's own files."""
    names = ("notes.txt", "binance-spot-20200101T000000Z.zst", "binance-spot-20200101T000000Z-2.zst", "old.zst")
    for name in names[:2]:
        (tmp_path / name).write_bytes(b"x" * 100_000)
    (tmp_path / names[2]).mkdir()
    with Recorder(tmp_path / names[3], venue_id="binance-spot", instruments=[]) as renamed:
        renamed.frame(START_S * NS, b"kept for good")
    with RecordingFolder(tmp_path, Room(quota_bytes=1, keep_free_bytes=0)) as folder:
        assert folder.used_bytes == 0
        assert folder.has_room
    assert {path.name for path in tmp_path.iterdir()} == set(names)


def test_a_file_that_anyone_writes_is_not_deleted(tmp_path: Path) -> None:
    """Two recorders of different venues share a folder: one would cut the other's file off."""
    tight = Room(quota_bytes=100, keep_free_bytes=0)
    with RecordingFolder(tmp_path, FREE) as other, RecordingFolder(tmp_path, tight) as ours:
        theirs, mine = begun(other, 0), begun(ours, 1)
        for recorder in (theirs, mine):
            recorder.frame(START_S * NS, b"{}")
            recorder.flush()
        old = completed(other, 2, 1_000)
        other._worker.submit(len, "").result(20)  # it is whole now
        ours._look_at_s = 0
        ours.tidy()
        assert theirs.path.exists()
        assert mine.path.exists()
        assert not old.exists()
        assert not ours.has_room
        assert "have reached their quota" in ours.shortage
        for folder, recorder in ((other, theirs), (ours, mine)):
            folder.complete(recorder)


def test_a_nearly_full_disk_first_costs_the_oldest_and_then_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything else on the machine would stop with it."""
    free = 5 * GB
    monkeypatch.setattr("producers.record_folder.shutil.disk_usage", lambda _: Usage(free))
    with RecordingFolder(tmp_path, Room()) as folder:
        paths = [completed(folder, day, 1_000) for day in range(3)]
        folder._worker.submit(len, "").result(20)
        assert folder.has_room
        free = GB // 2
        folder.tidy()
        assert not any(path.exists() for path in paths)
        assert not folder.has_room
        assert folder.shortage == f"{tmp_path} has 0.5 GB free, and 1 GB are to stay so"
        free = GB + 1
        folder.tidy()
        assert not folder.has_room, "a little is used up at once"
        free = 2 * GB
        folder.tidy()
        assert folder.has_room


def test_names_are_never_given_twice(tmp_path: Path) -> None:
    """A restart within a second would end with an error, or destroy what is there."""
    for _ in range(3):
        with RecordingFolder(tmp_path, FREE) as folder:
            folder.complete(begun(folder))
    names = ["binance-spot-20240808T235415Z-2.zst", "binance-spot-20240808T235415Z-3.zst"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [*names, "binance-spot-20240808T235415Z.zst"]


def test_files_of_one_second_are_deleted_in_their_order(tmp_path: Path) -> None:
    """By name the tenth is older than the second."""
    with RecordingFolder(tmp_path, FREE) as folder:
        paths = [completed(folder, 0, 1_000) for _ in range(11)]
    with RecordingFolder(tmp_path, Room(quota_bytes=on_disk(tmp_path) // 2, keep_free_bytes=0)):
        left = [path for path in paths if path.exists()]
    assert left == paths[-len(left) :]


def test_a_start_without_a_time_is_named_by_the_clock(tmp_path: Path) -> None:
    """What no socket brought would be of 1970, and the first to be deleted."""
    with RecordingFolder(tmp_path, FREE) as folder:
        recorder = folder.begin(venue_id="x", instruments=[], recv_ns=0, series="s", part=1)
        assert recorder.path.name.startswith(f"x-{time.strftime('%Y', time.gmtime())}")
        folder.complete(recorder)


def test_a_file_that_cannot_be_begun_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk would fill with empty files, one a minute."""

    def fail(recorder: Recorder) -> None:
        recorder.failure = OSError(28, "No space left on device")

    monkeypatch.setattr(Recorder, "flush", fail)
    with RecordingFolder(tmp_path, FREE) as folder:
        with pytest.raises(RecordingError, match="cannot be written: No space left on device"):
            begun(folder)
        assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_one_clear_error(tmp_path: Path) -> None:
    """It would come up when the first venue has answered, or with a traceback."""
    (tmp_path / "file").touch()
    with pytest.raises(RecordingError, match="file/folder: cannot be recorded to: Not a directory"):
        RecordingFolder(tmp_path / "file" / "folder", FREE).__enter__()


def test_the_folder_is_seen_to_in_the_background_and_not_with_each_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deleting takes as long as a slow disk likes, and frames wait for nobody."""
    now_s = 1_000.0
    monkeypatch.setattr("producers.record_folder.time.monotonic", lambda: now_s)
    with RecordingFolder(tmp_path, FREE) as folder:
        folder.poll()
        first = folder._tidying
        folder.poll()
        assert first is not None
        assert folder._tidying is first
        first.result(20)
        now_s += LOOK_EVERY_S
        folder.poll()
        assert folder._tidying is not first


def test_a_fault_in_the_background_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deleting would have ended weeks ago, and nobody would know."""

    def fail(*_: object) -> NoReturn:
        raise RuntimeError("ours")

    with RecordingFolder(tmp_path, FREE) as folder:
        monkeypatch.setattr(folder, "_lacking", fail)
        folder.poll()
    assert caplog.messages[0] == "seeing to the recordings failed"


def test_a_disk_without_locks_is_recorded_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network disks have none."""

    def fail(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", fail)
    with RecordingFolder(tmp_path, FREE) as folder:
        path = completed(folder, 0, 1_000)
    with RecordingFolder(tmp_path, Room(quota_bytes=100, keep_free_bytes=0)):
        assert not path.exists()
