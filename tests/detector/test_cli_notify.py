"""The commands about messages, from the command line: exit codes, and what is printed where."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from detector import cli
from tests.kit.trades_csv import crash_csv

TEXT = '[sinks.lines]\ntype = "file"\nto_file = "alerts.jsonl"\n[[routes]]\nsinks = ["lines"]\nmin_level = "WATCH"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration of one feed."""
    path = tmp_path / "cascade.toml"
    path.write_text(TEXT)
    return path


def cascade(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    """The exit code of the command in this process."""
    monkeypatch.setattr(sys, "argv", ["cascade", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_a_right_configuration_is_exit_code_zero(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It could not be the first step of a container."""
    assert cascade(monkeypatch, "config", "check", file) == 0
    assert "nothing is wrong with it" in capsys.readouterr().out


def test_a_wrong_one_is_exit_code_one_with_a_line_a_fault(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A deployment would go on with it."""
    file.write_text(f'{TEXT}min_levl = "HIGH"\n[[routes]]\nsinks = ["fone"]\n')
    assert cascade(monkeypatch, "config", "check", file) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 2
    assert all(line.startswith(f"{file}: [[routes]] ") for line in err.splitlines())


def test_the_file_may_be_named_by_a_variable(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A container would need it in every command."""
    monkeypatch.setenv("CASCADE_CONFIG", str(file))
    assert cascade(monkeypatch, "config", "show") == 0
    assert f'sinks.lines.to_file = "{file.parent / "alerts.jsonl"}"  ({file})' in capsys.readouterr().out
    assert cascade(monkeypatch, "sinks", "list") == 0
    assert capsys.readouterr().out == "lines: file, [[routes]] 1\n"


def test_a_test_that_arrives_is_exit_code_zero(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script could not try a channel."""
    assert cascade(monkeypatch, "sinks", "test", "lines", "--config", file) == 0
    assert capsys.readouterr().out == "lines: Delivered\n"


def test_a_test_that_does_not_arrive_is_exit_code_one(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same."""
    file.write_text(TEXT.replace("alerts.jsonl", "/dev/full"))
    assert cascade(monkeypatch, "sinks", "test", "lines", "--config", file) == 1
    assert "NOT delivered" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["sinks", "test", "fone", "--config", "FILE"], 2, "has no sink 'fone'"),
        (["sinks", "test", "lines", "--config", "none.toml"], 1, "cascade: none.toml: No such file or directory"),
        (["silence", "list"], 2, "Name its configuration by --config or CASCADE_CONFIG"),
        (["silence", "list", "--config", "FILE"], 1, "cascade-notify.sqlite"),
        (
            ["silence", "add", "--for", "1h", "--asset", "BTC", "--sink", "fone", "--config", "FILE"],
            2,
            "no sink 'fone'",
        ),
        (["silence", "add", "--asset", "BTC", "--config", "FILE"], 2, "--for"),
        (["replay", __file__, "--config", "none.toml"], 1, "cascade: none.toml: No such file or directory"),
        (["run", "--venue", "binance", "--config", "none.toml"], 1, "cascade: none.toml: No such file or directory"),
        (["demo", "--config", "none.toml"], 1, "cascade: none.toml: No such file or directory"),
        (["notify"], 2, "--config"),
    ],
)
def test_what_a_user_can_mend_is_said_without_a_traceback(
    arguments: list[str],
    code: int,
    says: str,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A traceback says nothing to a user."""
    monkeypatch.delenv("CASCADE_CONFIG", raising=False)
    assert cascade(monkeypatch, *(str(file) if part == "FILE" else part for part in arguments)) == code
    out, err = capsys.readouterr()
    assert says in err
    assert "Traceback" not in out + err


def test_a_replay_sends_its_messages_and_says_how_many(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A configuration could not be tried on a day that is known."""
    monkeypatch.setattr(sys, "argv", ["cascade", "replay", *map(str, crash_csv(file.parent)), "--config", str(file)])
    cli.app(standalone_mode=False)
    sent = len((file.parent / "alerts.jsonl").read_bytes().splitlines())
    assert sent >= 3
    assert f"lines: {sent} new messages, 0 edits" in capsys.readouterr().err
    assert not (file.parent / "cascade-notify.sqlite").exists()


def test_a_variable_alone_does_not_make_a_replay_call_people(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who replays a crash on the machine of the notifier would wake everybody."""
    monkeypatch.setenv("CASCADE_CONFIG", str(file))
    monkeypatch.setattr(sys, "argv", ["cascade", "replay", *map(str, crash_csv(file.parent))])
    cli.app(standalone_mode=False)
    assert "new messages" not in "".join(capsys.readouterr())
    assert not (file.parent / "alerts.jsonl").exists()
