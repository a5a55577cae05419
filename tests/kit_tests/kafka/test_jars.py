from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.kafka.errors import Unavailable, WrongJars
from tests.kit.kafka.jars import HERE, LOCK, VERSION, find_jars, jar_folder

ROOT = HERE.parents[2]
CONTENT = b"a jar"

# Notes each call, is slow enough to be met in the act, and writes where it is told to.
MAVEN = """#!/bin/sh
echo called >> "$CALLS"
for argument; do case "$argument" in -DoutputDirectory=*) folder="${argument#*=}";; esac; done
sleep 0.3
mkdir -p "$folder"
printf '%s' "$SAYS" > "$folder/one.jar"
"""
FAILING_MAVEN = """#!/bin/sh
echo "[ERROR] Unknown host repo.example"
echo "[ERROR] more about it"
exit 1
"""
RESOLVER = """
import os, sys
from pathlib import Path
from tests.kit.kafka.jars import find_jars
print(find_jars(os.environ, lock=Path(sys.argv[1])))
"""


def with_maven(folder: Path, script: str) -> dict[str, str]:
    maven = folder / "bin" / "mvn"
    maven.parent.mkdir()
    maven.write_text(script)
    maven.chmod(0o755)
    path = f"{maven.parent}{os.pathsep}{os.environ['PATH']}"
    calls = str(folder / "calls")
    return {"PATH": path, "XDG_CACHE_HOME": str(folder / "cache"), "CALLS": calls, "SAYS": CONTENT.decode()}


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "jars.sha256"
    path.write_text(f"{hashlib.sha256(CONTENT).hexdigest()}  one.jar\n")
    return path


def test_jars_are_kept_outside_the_checkout_under_the_name_of_their_lock(tmp_path: Path) -> None:
    """Otherwise two checkouts with other pins would take each other's jars."""
    cache = jar_folder({"XDG_CACHE_HOME": str(tmp_path)})
    assert cache.parent == tmp_path / "cascade-detector"
    assert cache.name == f"kafka-{VERSION}-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:8]}"
    assert jar_folder({"CASCADE_KAFKA_JARS": "/srv/jars"}) == Path("/srv/jars")


def test_the_lock_holds_the_broker_of_the_version_that_is_announced() -> None:
    """Otherwise messages and documents would name a Kafka that nobody ran."""
    assert f"kafka_2.13-{VERSION}.jar" in LOCK.read_text()
    assert f"<version>{VERSION}</version>" in (HERE / "pom.xml").read_text()


def test_two_processes_at_once_resolve_once(tmp_path: Path, lock: Path) -> None:
    """Otherwise two test runs on a new machine would download twice, or one would see half of the jars."""
    environ = with_maven(tmp_path, MAVEN)
    command = [sys.executable, "-c", RESOLVER, str(lock)]
    pair = [
        subprocess.Popen(command, cwd=ROOT, env=environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE)  # noqa: S603
        for _ in range(2)
    ]
    folders = [process.communicate(timeout=30)[0].decode().strip() for process in pair]
    assert folders == [str(jar_folder(environ))] * 2
    assert (tmp_path / "calls").read_text() == "called\n"
    assert find_jars({**environ, "PATH": ""}, lock=lock) == jar_folder(environ)
    assert [path.name for path in jar_folder(environ).iterdir()] == ["one.jar"]


def test_jars_that_are_not_the_pinned_ones_never_reach_the_cache(tmp_path: Path, lock: Path) -> None:
    """Otherwise a tampered or broken download would be run, now and from then on."""
    environ = with_maven(tmp_path, MAVEN) | {"SAYS": "another jar"}
    with pytest.raises(WrongJars, match=r"one\.jar"):
        find_jars(environ, lock=lock)
    assert [path.name for path in jar_folder(environ).parent.iterdir()] == [f"{jar_folder(environ).name}.lock"]


@pytest.mark.parametrize("spoil", ["change", "add", "remove"])
def test_a_cache_that_was_changed_is_not_run(tmp_path: Path, lock: Path, spoil: str) -> None:
    """Otherwise a jar that went bad on the disk would show as a riddle in Java."""
    folder = tmp_path / "jars"
    folder.mkdir()
    (folder / "one.jar").write_bytes(CONTENT)
    environ = {"CASCADE_KAFKA_JARS": str(folder)}
    assert find_jars(environ, lock=lock) == folder
    match spoil:
        case "change":
            (folder / "one.jar").write_bytes(b"?")
        case "add":
            (folder / "two.jar").write_bytes(CONTENT)
        case "remove":
            (folder / "one.jar").unlink()
    with pytest.raises(WrongJars, match="delete it"):
        find_jars(environ, lock=lock)


def test_without_maven_the_reason_names_the_folder_and_the_tool(tmp_path: Path) -> None:
    """Otherwise a skipped test would not tell what to install."""
    with pytest.raises(Unavailable, match=r"no Kafka jars in .*no Maven"):
        find_jars({"PATH": "", "XDG_CACHE_HOME": str(tmp_path)})


def test_a_cache_that_cannot_be_made_is_a_reason_and_no_crash(tmp_path: Path) -> None:
    """Otherwise a read-only home would stop the whole test run before its first test."""
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="set CASCADE_KAFKA_JARS"):
        find_jars({"PATH": "", "XDG_CACHE_HOME": str(tmp_path / "file")})


def test_what_maven_says_first_is_the_reason(tmp_path: Path, lock: Path) -> None:
    """Otherwise a machine without a network would only say that something failed."""
    with pytest.raises(Unavailable, match=r"Unknown host repo\.example$"):
        find_jars(with_maven(tmp_path, FAILING_MAVEN), lock=lock)
