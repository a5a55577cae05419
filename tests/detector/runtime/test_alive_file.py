"""The file that says that a process lives."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from detector.runtime.alive_file import NotAliveError, alive_file, last_words


def says(path: Path, words: str) -> bool:
    return path.exists() and path.read_text() == f"{words}\n"


async def written(path: Path, words: str) -> None:
    """Until the file says so."""
    async with asyncio.timeout(5):
        while not says(path, words):  # noqa: ASYNC110 - what is awaited is a file
            await asyncio.sleep(0.002)


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def made_old(path: Path, age_s: float) -> Path:
    moment_s = time.time() - age_s
    path.write_text("12 partitions\n")
    os.utime(path, (moment_s, moment_s))
    return path


async def test_the_file_holds_the_newest_words_and_goes_when_the_work_is_done(tmp_path: Path) -> None:
    """A process that ended would look alive for as long as its file is young."""
    path, words = tmp_path / "alive", "0 events"
    async with alive_file(path, lambda: words, every_s=0.001):
        await written(path, "0 events")
        words = "7 events"
        await written(path, "7 events")
        assert last_words(path) == "0 s ago: 7 events"
    assert files(tmp_path) == []


async def test_without_progress_the_file_grows_old(tmp_path: Path) -> None:
    """A process that turns in circles would look as if it worked."""
    path = tmp_path / "alive"
    asked = asyncio.Event()

    def answers() -> Iterator[str | None]:
        yield "began"
        while True:
            asked.set()
            yield None

    words = answers()
    async with alive_file(path, lambda: next(words), every_s=0.001):
        made_old(path, 60)
        async with asyncio.timeout(5):
            await asked.wait()
        with pytest.raises(NotAliveError, match="60 s ago"):
            last_words(path)


async def test_a_failing_disk_does_not_end_the_work_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk would take the detector with it, or fill the log."""
    folder = tmp_path / "gone"
    folder.mkdir()
    asked = 0
    enough = asyncio.Event()

    def fine() -> str:
        nonlocal asked
        asked += 1
        if asked == 5:
            enough.set()
        return "fine"

    async with alive_file(folder / "alive", fine, every_s=0.001):
        (folder / "alive").unlink()
        folder.rmdir()
        async with asyncio.timeout(5):
            await enough.wait()
    assert [record.message for record in caplog.records] == [
        f"{folder / 'alive'} cannot be written: No such file or directory"
    ]


async def test_a_file_that_cannot_be_written_at_the_start_is_an_error(tmp_path: Path) -> None:
    """A container would be unhealthy for ever and nobody would know why."""
    with pytest.raises(FileNotFoundError):
        async with alive_file(tmp_path / "nowhere" / "alive", lambda: "fine"):
            pytest.fail("began")


async def test_without_a_path_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who runs a worker by hand would find files lying around."""
    monkeypatch.chdir(tmp_path)
    async with alive_file(None, lambda: pytest.fail("asked")):
        assert files(tmp_path) == []


def test_an_old_file_is_no_sign_of_life_and_its_words_are_told(tmp_path: Path) -> None:
    """Whoever looks for the cause would not know what the process did last."""
    path = made_old(tmp_path / "alive", 37)
    with pytest.raises(NotAliveError, match=r"written 37 s ago, and has to be new every 15 s: 12 partitions"):
        last_words(path)
    assert last_words(path, within_s=60) == "37 s ago: 12 partitions"


def test_a_file_of_the_future_is_no_sign_of_life(tmp_path: Path) -> None:
    """After a clock was set back a dead process would look alive for hours."""
    with pytest.raises(NotAliveError, match="60 s in the future"):
        last_words(made_old(tmp_path / "alive", -60))


def test_a_missing_file_is_no_sign_of_life(tmp_path: Path) -> None:
    """A process that never started would look healthy."""
    with pytest.raises(NotAliveError, match="not started yet, or it has ended"):
        last_words(tmp_path / "alive")
