"""Work in processes of its own: what comes back, and what is left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from detector.commands.parallel import Done, Failed, in_parallel
from producers.errors import RecordingError

ROOT = Path(__file__).resolve().parents[3]


def work(number: int) -> int:
    """Doubles; fails for 13, dies for 99, takes long for 1000."""
    if number == 13:
        raise RecordingError("13 is unlucky")
    if number == 99:
        os._exit(7)
    if number == 1_000:
        time.sleep(50)
    return number * 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_task_comes_back_under_its_own_number(jobs: int) -> None:
    """One case's figures would stand under another's name."""
    found = dict(in_parallel(work, [1, 13, 4], jobs=jobs))
    assert {key: one.result for key, one in found.items() if isinstance(one, Done)} == {0: 2, 2: 8}
    (failed,) = [one for one in found.values() if isinstance(one, Failed)]
    assert isinstance(failed.error, RecordingError)
    assert str(failed.error) == "13 is unlucky"


def test_a_process_that_dies_is_noticed() -> None:
    """The command would wait for it for ever."""
    with pytest.raises(RuntimeError, match="ended with code 7"):
        list(in_parallel(work, [99], jobs=2))


SLEEPERS = """
import os, sys, time
from pathlib import Path
from detector.commands.parallel import in_parallel

def work(folder):
    path = Path(folder) / str(os.getpid())
    path.write_text("")
    time.sleep(50)

if __name__ == "__main__":
    print(list(in_parallel(work, [sys.argv[1]] * 2, jobs=2)))
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)])
def test_processes_end_with_the_one_that_began_them(tmp_path: Path, how: signal.Signals) -> None:
    """Whoever ends the command, or runs out of memory in it, would leave its work behind on all cores."""
    script, folder = tmp_path / "sleepers.py", tmp_path / "pids"
    script.write_text(SLEEPERS)
    folder.mkdir()
    parent = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, str(script), str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    try:
        _until(lambda: len(list(folder.iterdir())) == 2)
        parent.send_signal(how)
        parent.wait(timeout=10)
        _until(lambda: not any(_lives(int(path.name)) for path in folder.iterdir()))
    finally:
        parent.kill()
        parent.wait(timeout=10)


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    """Whether a process runs; one that is over and waits to be asked for is none."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


def test_whoever_leaves_ends_what_still_runs() -> None:
    """Ctrl-C would leave processes behind that use up the machine."""
    outcomes = in_parallel(work, [1_000, 2], jobs=2)
    assert next(outcomes) == (1, Done(4))
    outcomes.close()  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []
