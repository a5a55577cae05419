"""The progress bar keeps out of the way of programs."""

from __future__ import annotations

import io
import sys

import pytest

from detector.console.progress import ShareBar


class Terminal(io.StringIO):
    """A standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_it_draws_nothing_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    """Logs of a nightly replay would fill with escape codes."""
    with ShareBar("replaying") as bar:
        bar.show(0.5, "21:15:00")
    assert capsys.readouterr() == ("", "")


def test_it_draws_on_standard_error_of_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person would wait without knowing for what; or the bar would mix with the data."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with ShareBar("replaying") as bar:
        bar.show(0.5, "21:15:00  1,000 events")
    assert "replaying" in terminal.getvalue()
    assert "50%" in terminal.getvalue()
    assert capsys.readouterr().out == ""
