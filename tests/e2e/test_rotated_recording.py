"""The reconstructed crash recorded in one file a venue and in many: the same alerts, byte for byte."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START, END = "20:45", "21:00"
SOCKETS = 5
"""Two routes of Binance's USD-M futures and one socket of each other venue."""


def record(folder: Path, rotate_mb: str) -> list[Path]:
    """What `cascade record` makes of the crash."""
    window = ["--from", START, "--to", END, "--speed", "0", "--expect-sockets", str(SOCKETS), "--recorded-clock"]
    serve = [sys.executable, "-m", "producers.venue_server", "--source", "reconstruction", *window]
    with subprocess.Popen(serve, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:  # noqa: S603
        assert server.stdout is not None
        try:
            url = server.stdout.readline().removeprefix("listening on ").strip()
            what = ["--venue", "binance", "--venue", "hyperliquid", "--symbols", "BTC,ETH,AAVE,AVAX,DOT,UNI"]
            how = ["--recorded-clock", "--rotate-mb", rotate_mb, "--keep-free-gb", "0", "--endpoint", f"all={url}"]
            command = [sys.executable, "-m", "detector.cli", "record", *what, *how, "--to", str(folder)]
            subprocess.run(command, cwd=ROOT, check=True, timeout=120, capture_output=True)  # noqa: S603
        finally:
            server.kill()
    return list(folder.iterdir())


def alerts(*arguments: str | Path) -> bytes:
    """What a replay says to a program."""
    command = [sys.executable, "-m", "detector.cli", "replay", "--json", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, check=True, timeout=120, capture_output=True).stdout  # noqa: S603


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_crash_over_many_files_is_the_crash(tmp_path: Path) -> None:
    """A boundary between two files would raise an alert, or cost one."""
    one, many = tmp_path / "one", tmp_path / "many"
    assert len(record(one, "10000")) == 4
    files = record(many, "0.1")
    assert len(files) > 20
    told = alerts(one)
    assert told.count(b'"kind":"alert"') > 0
    assert alerts(many) == told
    assert alerts(*files) == told
    assert alerts(many / "*.zst") == told
