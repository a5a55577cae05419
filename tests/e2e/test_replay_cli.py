"""`cascade replay` as a program uses it: what is on which stream, which exit code, and the same bytes every time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from producers.bundled import CALM_SECONDS
from schemas.alert import Alert, Transition
from schemas.codec import decode_output
from tests.kit.trades_csv import crash_csv

ROOT = Path(__file__).resolve().parents[2]


def cascade(*arguments: str | Path, hash_seed: str = "0") -> subprocess.CompletedProcess[bytes]:
    """One run of the command in a process of its own."""
    command = [sys.executable, "-m", "detector.cli", *map(str, arguments)]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "COLUMNS": "200"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False, timeout=50)  # noqa: S603


def test_trades_give_json_lines_and_nothing_else_on_standard_output(tmp_path: Path) -> None:
    """A program that reads the lines would stumble over prose."""
    run = cascade("replay", *crash_csv(tmp_path), "--json")
    assert run.returncode == 0
    assert run.stdout.endswith(b"\n")
    outputs = [decode_output(line) for line in run.stdout.splitlines()]
    assert {type(output) for output in outputs} == {Transition, Alert}
    assert {"S1", "S4", "S6"} <= {output.stage for output in outputs if isinstance(output, Transition)}
    assert "WATCH" in {output.level for output in outputs if isinstance(output, Alert)}
    assert b"events/s" in run.stderr
    assert b"x real time" in run.stderr
    assert b"Traceback" not in run.stderr


@pytest.mark.slow
def test_every_run_gives_the_same_bytes_in_any_chunks(tmp_path: Path) -> None:
    """A replay could not be compared with yesterday's, nor a bot's decision explained."""
    paths = crash_csv(tmp_path)
    runs = [
        cascade("replay", *paths, "--json", "--chunk", chunk, hash_seed=seed)
        for chunk, seed in (("512", "0"), ("1", "1"), ("100000", "2"))
    ]
    assert [run.returncode for run in runs] == [0, 0, 0]
    assert runs[0].stdout == runs[1].stdout == runs[2].stdout
    assert runs[0].stdout.count(b"\n") > 20


@pytest.mark.slow
def test_the_order_of_the_files_changes_nothing(tmp_path: Path) -> None:
    """`*.csv` sorts differently on every machine."""
    paths = crash_csv(tmp_path)
    assert cascade("replay", *paths, "--json").stdout == cascade("replay", *paths[::-1], "--json").stdout


def test_the_bundled_recordings_are_calm_and_whole() -> None:
    """A first look with real data would show a false alarm, or a gap."""
    run = cascade("replay", *CALM_SECONDS, "--json")
    assert run.returncode == 0
    assert run.stdout == b""
    said = run.stderr.decode()
    for line in (
        "(binance-usdm): 36,878 frames, 2 REST answers; book_delta 3,063, book_snapshot 2, book_top 28,169, trade 5",
        "(binance-coinm): 10,634 frames, 1 REST answers; book_delta 5,995, book_snapshot 1, book_top 4,379, trade 260",
        "(binance-spot): 8,943 frames, 1 REST answers; book_delta 798, book_snapshot 1, book_top 6,544, trade 1,601",
        "seconds with a crossed book: 0",
    ):
        assert line in said
    assert said.count("sequence gaps 0, unread frames 0") == 3
    assert "left out" not in said
    assert "unusable" not in said


def test_a_person_reads_words(tmp_path: Path) -> None:
    """JSON is nothing to read in a hurry."""
    run = cascade("replay", *crash_csv(tmp_path))
    assert run.returncode == 0
    assert b"WATCH market falling: shock" in run.stdout
    assert b'{"kind"' not in run.stdout
    assert run.stderr == b""


@pytest.mark.parametrize("name", ["empty", "notes.txt", "garbage.gz", "trades.csv", "trades.csv.gz"])
def test_a_file_that_is_no_recording_is_one_line_and_exit_code_one(tmp_path: Path, name: str) -> None:
    """A wrong file would look like a calm market, or like a fault of ours."""
    path = tmp_path / name
    path.write_bytes(b"" if name == "empty" else b"Dear diary,\nnothing happened\n" * 50)
    run = cascade("replay", path, "--json")
    assert run.returncode == 1
    assert run.stdout == b""
    (line,) = run.stderr.decode().splitlines()
    assert line.startswith(f"cascade: {path}: ")


@pytest.mark.parametrize("arguments", [["replay"], ["replay", "/no/such/file"], ["replay", ".", "--json"], ["reply"]])
def test_a_mistyped_command_is_exit_code_two(arguments: list[str]) -> None:
    """A script could not tell it from a bad file."""
    run = cascade(*arguments)
    assert (run.returncode, run.stdout) == (2, b"")


def test_a_reader_that_stops_reading_ends_the_replay_quietly(tmp_path: Path) -> None:
    """`cascade replay … | head -1` would end in a traceback."""
    command = [sys.executable, "-m", "detector.cli", "replay", "--json", *map(str, crash_csv(tmp_path))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b'{"kind":"')
        process.stdout.close()
        said = process.stderr.read()
        process.wait(50)
    assert b"Traceback" not in said
