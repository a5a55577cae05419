"""`cascade record`: a venue's sockets to files that replay, until a signal, a kill or the end."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from detector.commands.record import record
from producers.bundled import CALM_SECONDS
from producers.errors import FleetError
from producers.keeping import Keeping
from producers.replay import Replay
from producers.series import joined
from producers.venues.registry import venues_of
from tests.kit.rotated import by_age, replayed

ROOT = Path(__file__).resolve().parents[3]
SMALL = Keeping(rotate_mb=0.02, keep_free_gb=0)


@contextmanager
def serving(*arguments: str) -> Iterator[str]:
    """The address of a venue server with the bundled spot recording."""
    command = [sys.executable, "-m", "producers.venue_server", str(CALM_SECONDS[2]), *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:  # noqa: S603
        assert server.stdout is not None
        try:
            yield server.stdout.readline().removeprefix("listening on ").strip()
        finally:
            server.kill()


def record_spot(url: str, to: Path, **changes: Any) -> None:
    """Record one venue of the server, with the recording's clock."""
    arguments: dict[str, Any] = {
        "venue_names": ["binance-spot"],
        "symbols": ["BTC"],
        "endpoints": [f"all={url}"],
        "to": to,
        "keeping": SMALL,
        "at_most": None,
        "recorded_clock": True,
    }
    record(**(arguments | changes))


@contextmanager
def recording(url: str, to: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command in a process of its own, which ends with the test."""
    what = ["record", "--venue", "binance-spot", "--symbols", "BTC", "--endpoint", f"all={url}", "--to", str(to)]
    command = [sys.executable, "-m", "detector.cli", *what, "--keep-free-gb", "0", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:  # noqa: S603
        try:
            yield running
        finally:
            running.kill()


def wait_until(done: Callable[[], bool]) -> None:
    """Of another process."""
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


def size(folder: Path) -> int:
    """Of all files."""
    return sum(path.stat().st_size for path in folder.glob("*.zst"))


def test_what_is_recorded_is_what_is_replayed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Months later is too late to find out."""
    with serving("--speed", "0") as url:
        record_spot(url, tmp_path)
    files = by_age(tmp_path.iterdir())
    assert len(files) > 3
    replay = Replay(files, venues=venues_of("all"))
    ours = sum(len(batch) for batch in replay)
    assert [tally.files for tally in replay.tallies] == [len(files)]
    assert ours == pytest.approx(len(replayed(CALM_SECONDS[2])), abs=50)
    out, err = capfd.readouterr()
    assert out == ""
    assert f"recording BTC of binance-spot to {tmp_path}; Ctrl-C ends" in err
    assert f"{len(files)} files completed" in err
    assert "binance-spot frames: 8," in err


@pytest.mark.parametrize("which", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_signal_completes_the_files(which: signal.Signals, tmp_path: Path) -> None:
    """The last half second, and the end of the file, would be missing after every restart."""
    with serving("--speed", "4") as url, recording(url, tmp_path) as running:
        wait_until(lambda: size(tmp_path) > 10_000)
        running.send_signal(which)
        out, err = running.communicate(timeout=20)
        assert running.returncode == 0
    assert out == b""
    assert b"Traceback" not in err
    assert b"1 files completed" in err
    (path,) = tmp_path.iterdir()
    replay = Replay([path], venues=venues_of("all"))
    for _ in replay:
        pass
    (tally,) = replay.tallies
    assert tally.warnings == []
    assert tally.gaps == {}
    assert f"binance-spot frames: {tally.frames:,}".encode() in err


@pytest.mark.slow
def test_a_killed_recording_is_readable_and_the_next_one_begins_beside_it(tmp_path: Path) -> None:
    """The hour of a crash, which is the one that matters, would be lost, or overwritten by the restart."""
    with serving("--speed", "4") as url:
        with recording(url, tmp_path, "--rotate-mb", "0.02") as running:
            # More than the third begins with: by then the second is closed, and its end cannot be cut off.
            wait_until(lambda: sum(path.stat().st_size > 13_000 for path in tmp_path.iterdir()) >= 3)
            running.send_signal(signal.SIGKILL)
            running.wait(20)
        killed = {path: path.read_bytes() for path in by_age(tmp_path.iterdir())}
        with recording(url, tmp_path) as running:
            wait_until(lambda: size(tmp_path) > sum(map(len, killed.values())) + 10_000)
            running.send_signal(signal.SIGTERM)
            running.communicate(timeout=20)
    assert {path: path.read_bytes() for path in killed} == killed
    files = by_age(tmp_path.iterdir())
    first, second = joined(files)
    assert (list(first), len(second)) == (list(killed), 1)
    replay = Replay(list(killed), venues=venues_of("all"))
    assert sum(len(batch) for batch in replay) > 500
    (tally,) = replay.tallies
    assert tally.gaps == {}
    assert tally.published["book_snapshot"] == 1
    command = [sys.executable, "-m", "detector.cli", "replay", str(tmp_path)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=30, text=True).stdout  # noqa: S603
    assert f"{files[0].name} and {len(killed) - 1} that continue it (binance-spot)" in told
    assert "everything before the cut was used" in told


@pytest.mark.slow
def test_a_restart_counts_old_files_to_the_quota(tmp_path: Path) -> None:
    """Each restart would take a quota of its own."""
    with serving("--speed", "0") as url:
        record_spot(url, tmp_path)
        before = by_age(tmp_path.iterdir())
    quota = size(tmp_path) // 2
    tight = Keeping(rotate_mb=0.02, quota_gb=max(quota, 41_000) / 1e9, keep_free_gb=0)
    with serving("--speed", "0") as url:
        record_spot(url, tmp_path, keeping=tight)
    assert size(tmp_path) <= quota
    assert not before[0].exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"venue_names": ["mtgox"]}, "unknown venue 'mtgox'"),
        ({"endpoints": ["here"]}, "write VENUE=URL"),
        ({"keeping": Keeping(quota_gb=0.1)}, "--quota-gb 0.1 is too little"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_opened(
    changes: dict[str, Any], says: str, tmp_path: Path
) -> None:
    """A typing mistake would record nothing for months."""
    with pytest.raises(ValueError, match=says):
        record_spot("http://127.0.0.1:1", tmp_path / "rec", **changes)
    assert list(tmp_path.iterdir()) == []


def test_markets_that_nobody_lists_end_it(tmp_path: Path) -> None:
    """It would wait for ever and look busy."""
    with serving("--speed", "0") as url, pytest.raises(FleetError, match="no venue lists a market of DOGE"):
        record_spot(url, tmp_path, symbols=["DOGE"])
