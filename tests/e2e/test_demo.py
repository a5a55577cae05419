"""The first thing that anybody runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from schemas.alert import Alert, Transition
from schemas.codec import decode_output

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_the_demo_shows_all_six_stages_and_nothing_but_data_on_standard_output() -> None:
    """Whoever tries the project once must see it work, and a program must be able to read it."""
    command = [sys.executable, "-m", "detector.cli", "demo", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=270)  # noqa: S603 - our own
    assert done.returncode == 0, done.stderr.decode()
    outputs = [decode_output(line) for line in done.stdout.splitlines()]
    stages = {output.stage for output in outputs if isinstance(output, Transition) and output.active}
    assert stages - {"D", "R"} == {"S1", "S2", "S3", "S4", "S5", "S6"}
    assert "EMERGENCY" in {output.level for output in outputs if isinstance(output, Alert)}
    assert b"OUTSIDE" not in done.stderr
    assert b"MISSED" not in done.stderr
