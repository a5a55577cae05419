"""The command line itself: help, errors in one line, exit codes."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from detector import cli
from producers.errors import RecordingError, UsageError

ROOT = Path(__file__).resolve().parents[2]


def cascade(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of the command in this process."""
    monkeypatch.setattr(sys, "argv", ["cascade", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_help_names_every_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A command that is not listed does not exist for a user."""
    assert cascade(monkeypatch, "--help") == 0
    said = capsys.readouterr().out
    assert all(command in said for command in ("demo", "run", "record", "replay"))


@pytest.mark.parametrize("command", ["demo", "run", "replay"])
def test_each_command_has_help(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Options could only be found in the source."""
    assert cascade(monkeypatch, command, "--help") == 0
    assert "--json" in capsys.readouterr().out


def test_the_help_of_recording_says_how_files_rotate_and_go(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What deletes files has to say so before it does."""
    for command in ("run", "record"):
        assert cascade(monkeypatch, command, "--help") == 0
        said = capsys.readouterr().out
        assert all(f"--{name}" in said for name in ("rotate-mb", "rotate-every", "quota-gb", "keep-free-gb"))


def test_the_version_is_the_packages(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A report about a fault could not say of which version."""
    try:
        expected = version("cascade-detector")
    except PackageNotFoundError:
        pytest.skip("the package is not installed here")
    assert cascade(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"cascade-detector {expected}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["crash"],
        ["replay"],
        ["replay", "no-such-file.gz"],
        ["replay", "."],
        ["replay", "--chunk", "0", __file__],
        ["replay", "--chunk", "many", __file__],
        ["replay", "--colour", __file__],
        ["run"],
        ["record"],
        ["record", "--venue", "binance"],
        ["record", "--venue", "binance", "--to", "x", "--rotate-every", "5m"],
        ["record", "--venue", "binance", "--to", "x", "--quota-gb", "1"],
        ["run", "--venue", "binance", "--at-most", "0"],
        ["demo", "--seed", "today"],
    ],
)
def test_a_command_that_is_written_wrong_is_exit_code_two(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script could not tell a typing mistake from a bad file."""
    assert cascade(monkeypatch, *arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["replay", str(Path(__file__))], 1, "cascade: "),
        (["run", "--venue", "binance", "--record", "/proc/none"], 1, "cascade: /proc/none: cannot be recorded to: "),
        (["record", "--venue", "binance", "--to", "/proc/none"], 1, "cascade: /proc/none: cannot be recorded to: "),
        (["demo", "--picture", "/none/demo.svg"], 1, "cascade: /none: no such folder"),
        (["replay", "no-such-file.gz"], 2, "cascade: no-such-file.gz: no such file or folder"),
        (["replay", "--from", "25:61", str(Path(__file__))], 2, "write HH:MM"),
        (["run", "--venue", "mtgox"], 2, "cascade: unknown venue 'mtgox'"),
        (["run", "--venue", "binance", "--endpoint", "x"], 2, "cascade: --endpoint 'x': write VENUE=URL"),
    ],
)
def test_an_error_that_a_user_can_mend_is_one_line_and_an_exit_code(
    arguments: list[str], code: int, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A traceback says nothing to a user."""
    assert cascade(monkeypatch, *arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert says in err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RecordingError("x: no recording"), 1),
        (UsageError("no such thing"), 2),
        (PermissionError(13, "Permission denied", "x"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_codes_follow_from_the_error(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A supervisor would restart what cannot work, or not restart what was interrupted."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("detector.commands.replay.replay", fail)
    assert cascade(monkeypatch, "replay", __file__) == code
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyError, ValueError, ZeroDivisionError])
def test_a_programming_error_keeps_its_traceback(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours would look like one of the user's."""

    def fail(*_: object, **__: object) -> None:
        raise error("ours")

    monkeypatch.setattr("detector.commands.replay.replay", fail)
    monkeypatch.setattr(sys, "argv", ["cascade", "replay", __file__])
    with pytest.raises(error, match="ours"):
        cli.main()


def test_a_version_that_is_not_known_is_said_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Run from its source the program would answer with a traceback."""

    def unknown(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(cli, "version", unknown)
    assert cascade(monkeypatch, "--version") == 0
    assert "version unknown" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_output_that_a_full_disk_does_not_take_is_one_line(arguments: list[str]) -> None:
    """A traceback, or noise of the ending interpreter, would be all that is left."""
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "detector.cli", *arguments]
        ended = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
    assert ended.returncode == 1
    assert ended.stderr == "cascade: No space left on device\n"


def test_help_does_not_load_the_detector() -> None:
    """`cascade --help` would take as long as a replay to start."""
    script = (
        "import sys, detector.cli; print([m for m in ('detector.engine', 'rich.live', 'aiohttp') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    assert found.stdout == "[]\n"


def test_a_picture_of_json_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of half a minute would end without the picture that was asked for."""
    assert cascade(monkeypatch, "demo", "--json", "--picture", "x.svg") == 2


@pytest.mark.parametrize("command", ["produce --venue binance", "detect", "topics list"])
def test_without_kafkas_clients_a_command_says_what_to_install(command: str) -> None:
    """Who installed the embedded default would meet a traceback about a module."""
    script = (
        "import sys; sys.modules['aiokafka'] = sys.modules['faust'] = None\n"
        f"sys.argv = ['cascade', *{command.split()!r}]\nfrom detector.cli import main\nmain()"
    )
    run = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", script], check=False, capture_output=True, text=True, timeout=50
    )
    assert run.returncode == 2
    assert run.stderr == "cascade: Kafka's client is not installed: pip install 'cascade-detector[kafka]'\n"
