from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.kafka.choice import shared_broker
from tests.kit.kafka.jars import HERE
from tests.kit.kafka.ports import LOOPBACK, free_ports

ROOT = HERE.parents[2]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tests.kit.kafka", *arguments]


def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    """Otherwise people with a broker already running would see a page of Java."""
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        done = subprocess.run(  # noqa: S603 - Python itself
            command("--port", str(port)), cwd=ROOT, capture_output=True, text=True, timeout=50, check=False
        )
    assert done.returncode == 1
    assert done.stderr == f"port {port} is taken; choose another: make kafka PORT={port + 1}\n"


@pytest.mark.kafka
@pytest.mark.usefixtures("kafka_installation")
def test_a_broker_in_the_foreground_serves_ends_on_a_signal_and_keeps_its_data(tmp_path: Path) -> None:
    """Otherwise `make kafka` would leave a broker behind, or forget what a user stored in it."""
    port = free_ports(1)[0]
    data = tmp_path / "kept"
    clusters = []
    for end in (signal.SIGINT, signal.SIGTERM):
        with subprocess.Popen(  # noqa: S603 - Python itself
            command("--port", str(port), "--data", str(data)),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout
            bootstrap = process.stdout.readline().strip()
            assert bootstrap == f"{LOOPBACK}:{port}"
            shared_broker(bootstrap)
            process.send_signal(end)
            _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
        assert f"cascade topics create --kafka {bootstrap}" in said
        clusters.append((data / "data" / "meta.properties").read_text())
    assert clusters[0] == clusters[1]
