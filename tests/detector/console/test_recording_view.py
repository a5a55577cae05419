"""What is said about a recording while it runs: enough to trust it, and no more."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from detector.commands.recorders import Recorders
from detector.console.recording_view import LINE_EVERY_S, RecordingView
from producers.keeping import Keeping
from producers.rotation import Rotation, VenueRecording
from producers.venues.registry import venue
from schemas.base import Event
from schemas.health import VenueStatus
from tests.kit.rotated import USDM, market, take, updates


def status(state: str, session: str = "public-0") -> Event:
    """What becomes of a connection."""
    return VenueStatus(
        venue=USDM,
        instrument="*",
        ts_event_ns=1,
        ts_recv_ns=1,
        state=state,  # type: ignore[arg-type]
        session=session,
    )


def recorded(recorders: Recorders, frames: int) -> VenueRecording:
    """A venue of which something was recorded."""
    recording = VenueRecording(folder=recorders.folder, venue=venue(USDM), instruments=[market()], rotation=Rotation())
    recorders.venues[USDM] = recording
    for frame in updates(1, frames):
        take(recording, frame)
    return recording


def test_a_log_gets_a_line_now_and_then(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Months of a line a second are gigabytes of log."""
    now_s = 1_000.0
    monkeypatch.setattr("detector.console.recording_view.time.monotonic", lambda: now_s)
    with Recorders(tmp_path, keeping=Keeping(keep_free_gb=0)) as recorders:
        with RecordingView(recorders, [USDM, "hyperliquid"]) as view:
            for _ in range(100):
                view.refresh()
            assert capsys.readouterr().err == ""
            view.hear([status("connecting"), status("up"), status("down", "public-1")])
            recorded(recorders, 10)
            now_s += LINE_EVERY_S
            view.refresh()
            (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("11 frames; 0.0 MB received; 0.0 MB written; ")
        assert line.endswith(f"0 files completed; {USDM} 1/2 up down, hyperliquid")


def test_what_was_deleted_and_what_was_not_written_is_said(tmp_path: Path) -> None:
    """A recording with a hole of a week would look like a whole one."""
    with Recorders(tmp_path, keeping=Keeping(keep_free_gb=0)) as recorders:
        view = RecordingView(recorders, [USDM])
        recording = recorded(recorders, 5)
        assert "NOT WRITTEN" not in view.line()
        assert "files deleted" not in view.line()
        recording.unwritten = 3
        recorders.folder.deleted_files, recorders.folder.deleted_bytes = 2, 5_000_000
        (summary,) = view.summary()
    assert "3 frames NOT WRITTEN" in summary
    assert "2 files deleted (5.0 MB)" in summary


def test_a_terminal_gets_a_table_that_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person looks on, and wants to see that it goes on."""
    screen = io.StringIO()
    monkeypatch.setattr(
        "detector.console.recording_view.Console", lambda **_: Console(file=screen, force_terminal=True, width=160)
    )
    with Recorders(tmp_path, keeping=Keeping(keep_free_gb=0)) as recorders:
        with RecordingView(recorders, [USDM, "hyperliquid"]) as view:
            recorded(recorders, 5)
            sys.stderr.write("something is logged\n")
        name = next(tmp_path.iterdir()).name
        text = screen.getvalue()
        assert name in text
        assert "waits for its market list" in text
        assert "something is logged" in text
        recorders.folder.has_room, recorders.folder.shortage = False, "no room"
        recorders.venues[USDM].end()
        table = Console(file=io.StringIO(), width=160)
        table.print(view.table())
        assert isinstance(table.file, io.StringIO)
        assert "no room" in table.file.getvalue()
