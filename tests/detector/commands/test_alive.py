"""`cascade alive` as a health check calls it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from detector import cli


def cascade(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["cascade", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "alive"
    path.write_text("3 partitions\n")
    return path


def test_a_new_file_is_exit_code_zero_and_its_words(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The container's health would not show what the process does."""
    assert cascade(monkeypatch, "alive", str(file)) == 0
    assert capsys.readouterr() == ("0 s ago: 3 partitions\n", "")


def test_an_old_file_is_exit_code_one_and_one_line(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dead process would stay in service."""
    os.utime(file, (0, 0))
    assert cascade(monkeypatch, "alive", str(file), "--within", "20") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"cascade: {file} was written ")
    assert err.count("\n") == 1


def test_the_file_may_be_named_by_the_environment(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The check of an image could not know where its container's file is."""
    monkeypatch.setenv("CASCADE_ALIVE_FILE", str(file))
    assert cascade(monkeypatch, "alive") == 0
    assert capsys.readouterr().out == "0 s ago: 3 partitions\n"


def test_without_a_file_the_command_is_written_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check of nothing would pass."""
    monkeypatch.delenv("CASCADE_ALIVE_FILE", raising=False)
    assert cascade(monkeypatch, "alive") == 2
