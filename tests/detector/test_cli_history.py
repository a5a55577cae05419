"""The commands that work on history: their help, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from detector.cli import app


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("replay", "--inject"),
        ("evaluate", "--ablate"),
        ("calibrate", "--out"),
        ("fetch", "--symbols"),
        ("rules", "--scorecard"),
    ],
)
def test_every_command_says_what_it_takes(command: str, says: str) -> None:
    """Whoever cannot find an option does not use it."""
    found = CliRunner().invoke(app, [command, "--help"], terminal_width=200)
    assert found.exit_code == 0
    assert says in found.output


def test_the_rules_of_a_stage_are_printed() -> None:
    """A rule that is not told cannot be judged."""
    found = CliRunner().invoke(app, ["rules", "S6", "--json"])
    assert found.exit_code == 0
    assert '"rule":"S6.print/1"' in found.output


def test_the_faults_are_listed_without_a_recording(tmp_path: Path) -> None:
    """A fault that nobody can name is not injected."""
    found = CliRunner().invoke(app, ["replay", "--inject", "list", str(tmp_path / "x")])
    assert found.exit_code == 0
    assert "silence" in found.output
