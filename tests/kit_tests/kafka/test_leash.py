from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.kit.kafka.jars import HERE
from tests.kit.kafka.leash import Leash

ROOT = HERE.parents[2]

# The process on the leash is started from a thread that ends: it must live on until its owner dies.
OWNER = """
import subprocess, sys, threading
from tests.kit.kafka.leash import Leash
kept = []
def start():
    kept.append(subprocess.Popen(["sleep", "600"], start_new_session=True))
    kept.append(Leash(kept[0].pid))
thread = threading.Thread(target=start)
thread.start()
thread.join()
print(kept[0].pid, flush=True)
sys.stdin.read()
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # An orphan that nobody collects is dead as well.
    command = ["/bin/ps", "-o", "stat=", "-p", str(pid)]
    state = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - nothing from outside
    return state.stdout.strip()[:1] not in {"", "Z"}


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_leashed_process_dies_with_its_owner_and_not_before(end: signal.Signals) -> None:
    """Otherwise an interrupted test run would leave brokers behind that eat memory and hold ports."""
    owner = subprocess.Popen(  # noqa: S603 - Python itself
        [sys.executable, "-c", OWNER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with owner:
        assert owner.stdout
        pid = int(owner.stdout.readline())
        assert alive(pid)
        owner.send_signal(end)
        owner.wait()
    deadline_s = time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert not alive(pid)


def test_a_leash_that_is_let_go_kills_nobody() -> None:
    """Otherwise a process that got a dead broker's number would be killed at the end of the tests."""
    with subprocess.Popen(["/bin/sleep", "600"]) as sleeper:
        Leash(sleeper.pid).let_go()
        assert sleeper.poll() is None
        sleeper.kill()
