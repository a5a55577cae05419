"""JSON lines: each revision a line of the documented schema, whole or not at all, and nobody waits for a full pipe."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path

import pytest

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt
from detector.sinks import json_lines
from detector.sinks.json_lines import FileSettings, JsonLinesSink, StdoutSettings
from producers.errors import UsageError
from schemas.alert import Alert
from schemas.codec import decode_output
from tests.kit.alerts import episode
from tests.kit.sending import FakeHttp, Remembered, a_delivery


def sink_of(settings: StdoutSettings | FileSettings) -> JsonLinesSink:
    return JsonLinesSink("lines", settings, http=FakeHttp(), memory=Remembered())


async def send(sink: JsonLinesSink, number: int, alert: Alert) -> Outcome:
    async with asyncio.timeout(5):
        return await sink.send(a_delivery(delivery_id=f"d{number}", alerts=(alert,)))


async def test_each_revision_is_a_line_at_the_end_of_the_file(tmp_path: Path) -> None:
    """Programs that read the file would miss what happened, or read it twice."""
    file = tmp_path / "alerts.jsonl"
    file.write_text('{"an": "older line"}\n')
    alerts = episode("WARN", "HIGH")
    sink = sink_of(FileSettings(to_file=str(file)))
    assert [await send(sink, number, alert) for number, alert in enumerate(alerts)] == [Delivered()] * 3
    await sink.close()
    _, *lines = file.read_bytes().splitlines()
    assert [decode_output(line) for line in lines] == alerts
    assert sink.traits.every_revision


async def test_standard_output_gets_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing could be piped."""
    (alert,) = episode("WARN", resolved=False)
    assert await send(sink_of(StdoutSettings()), 0, alert) == Delivered()
    assert decode_output(capfd.readouterr().out.encode()) == alert


async def test_a_file_that_is_moved_away_is_begun_anew(tmp_path: Path) -> None:
    """After the first rotation lines would go to a file that is deleted."""
    file = tmp_path / "alerts.jsonl"
    sink = sink_of(FileSettings(to_file=str(file)))
    first, second, _ = episode("WARN", "HIGH")
    await send(sink, 0, first)
    file.rename(tmp_path / "alerts.jsonl.1")
    await send(sink, 1, second)
    assert [decode_output(line) for line in file.read_bytes().splitlines()] == [second]


async def test_half_a_line_is_taken_back_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a full disk the next line would be spoilt, too."""
    file = tmp_path / "alerts.jsonl"
    sink = sink_of(FileSettings(to_file=str(file)))
    first, second, _ = episode("WARN", "HIGH")
    await send(sink, 0, first)
    real, calls = os.write, iter((1, 2))

    def full(fd: int, data: bytes) -> int:
        if next(calls) == 1:
            return real(fd, data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("detector.sinks.json_lines.os.write", full)
    outcome = await send(sink, 1, second)
    monkeypatch.undo()
    assert outcome == RetryAt(None, "cannot be written: No space left on device")
    assert await send(sink, 1, second) == Delivered()
    assert [decode_output(line) for line in file.read_bytes().splitlines()] == [first, second]


async def test_a_folder_that_is_taken_away_is_said(tmp_path: Path) -> None:
    """Nobody would know why no line comes."""
    folder = tmp_path / "there"
    folder.mkdir()
    sink = sink_of(FileSettings(to_file=str(folder / "alerts.jsonl")))
    folder.rmdir()
    outcome = await send(sink, 0, episode("WARN")[0])
    assert outcome == RetryAt(None, "cannot be written: No such file or directory")


def test_a_file_that_cannot_be_written_is_said_before_anything_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything would look well until the first alert, and that be lost in retries."""
    there = tmp_path / "alerts.jsonl"
    for path, why in (
        (tmp_path / "absent" / "a.jsonl", "there is no folder .*absent; make it"),
        (tmp_path, "a folder"),
    ):
        with pytest.raises(UsageError, match=f"the sink lines cannot write to .*{why}"):
            sink_of(FileSettings(to_file=str(path)))
    asked: list[Path] = []
    monkeypatch.setattr("detector.sinks.json_lines.os.access", lambda path, _: asked.append(path))
    for _ in range(2):
        with pytest.raises(UsageError, match="in a container one in its volume"):
            sink_of(FileSettings(to_file=str(there)))
        there.touch()
    assert asked == [tmp_path, there]


async def test_a_reader_that_does_not_read_costs_no_second_line(tmp_path: Path) -> None:
    """Each retry would write the line once more when the pipe is read at last, and all others would wait meanwhile."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    sink = sink_of(FileSettings(to_file=str(pipe)))
    alert, other, _ = episode("WARN", "HIGH")
    for _ in range(2):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await sink.send(a_delivery(alerts=(alert,)))
    outcome = await sink.send(a_delivery(delivery_id="d2", alerts=(other,)))
    assert isinstance(outcome, RetryAt)
    reading = os.open(pipe, os.O_RDONLY)
    try:
        assert await sink.send(a_delivery(alerts=(alert,))) == Delivered()
        assert decode_output(os.read(reading, 1 << 20)) == alert
    finally:
        os.close(reading)


async def test_a_reader_that_went_away_is_for_somebody_to_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be tried for ever, and nobody told."""

    def gone(_: bytes) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(json_lines, "_to_stdout", gone)
    outcome = await send(sink_of(StdoutSettings()), 0, episode("WARN")[0])
    assert outcome == Rejected("nobody reads standard output any more", of="sink")


def test_a_file_has_to_be_named() -> None:
    """Lines would go to the folder itself."""
    with pytest.raises(ValueError, match="name the file"):
        FileSettings(to_file="")
