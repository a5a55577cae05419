from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.kafka.choice import Choice, choose, shared_broker, verdict
from tests.kit.kafka.errors import BrokerError, Unavailable, WrongJars
from tests.kit.kafka.jars import HERE
from tests.kit.kafka.ports import free_ports

ROOT = HERE.parents[2]
ASKS = "def test_asks(broker):\n    pass\ndef test_asks_not():\n    pass\n"


def run_tests(folder: Path, marks: str, **environ: str) -> str:
    """The output of pytest over `ASKS`, with the fixtures of these tests, where there is no Java."""
    (folder / "test_asks.py").write_text(ASKS)
    options = ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT), "-p", "tests.conftest", "-m", marks]
    command = [sys.executable, "-m", "pytest", *options, "-p", "no:cacheprovider", str(folder)]
    inherited = {name: value for name, value in os.environ.items() if name not in {"CI", "KAFKA_BOOTSTRAP_SERVERS"}}
    bare = inherited | {"PATH": "", "JAVA_HOME": "", "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    done = subprocess.run(  # noqa: S603 - Python itself
        command, cwd=ROOT, env=bare | environ, capture_output=True, text=True, timeout=50, check=False
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("ci", [False, True])
def test_wrong_jars_and_broken_brokers_are_never_skipped(ci: bool) -> None:
    """Otherwise a broker that broke would look like a machine without Java."""
    assert verdict(WrongJars("x"), ci=ci) == "fail"
    assert verdict(BrokerError("x"), ci=ci) == "fail"


def test_a_machine_without_java_can_still_use_an_existing_broker() -> None:
    """Otherwise nobody could test against the cluster that they have."""
    match choose({"PATH": "", "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"}):
        case Choice(existing="kafka:9092", installation=Unavailable()):
            pass
        case other:
            pytest.fail(repr(other))


def test_the_default_suite_leaves_out_whatever_asks_for_a_broker(tmp_path: Path) -> None:
    """Otherwise a forgotten mark would make `make test` need Java."""
    assert "1 passed, 1 deselected" in run_tests(tmp_path, "not slow and not kafka")


@pytest.mark.slow
def test_without_a_broker_the_summary_says_why_and_what_helps(tmp_path: Path) -> None:
    """Otherwise people would take skipped tests for passed ones, and not know what to install."""
    said = run_tests(tmp_path, "kafka")
    assert "1 skipped, 1 deselected" in said
    assert "no java in PATH" in said
    assert "or set KAFKA_BOOTSTRAP_SERVERS" in said


@pytest.mark.slow
def test_under_ci_no_broker_is_a_failure(tmp_path: Path) -> None:
    """Otherwise CI would stay green for ever on a machine that lost its Java."""
    said = run_tests(tmp_path, "kafka", CI="true")
    assert "1 deselected, 1 error" in said
    assert "no java in PATH" in said


@pytest.mark.parametrize("bootstrap", ["127.0.0.1:{}", "nonsense", "127.0.0.1:port"])
def test_an_existing_broker_that_does_not_answer_is_one_clear_error(bootstrap: str) -> None:
    """Otherwise a wrong address would show as a hundred timeouts."""
    with pytest.raises(BrokerError, match="no plaintext broker answers"):
        shared_broker(bootstrap.format(free_ports(1)[0]))
