from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.kafka.errors import Unavailable
from tests.kit.kafka.installation import Installation, find_java


def java_home(folder: Path, says: str) -> dict[str, str]:
    java = folder / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    java.chmod(0o755)
    return {"JAVA_HOME": str(folder), "PATH": "/usr/bin:/bin"}


def test_a_java_that_is_new_enough_is_found(tmp_path: Path) -> None:
    """Otherwise the tests with a broker would be skipped on a machine that can run them."""
    assert find_java(java_home(tmp_path, 'openjdk version "21.0.2" 2024-01-16')) == str(tmp_path / "bin" / "java")


@pytest.mark.parametrize(
    ("says", "reason"),
    [('openjdk version "11.0.2"', "is Java 11"), ("Unable to locate a Java Runtime.", "does not tell its version")],
)
def test_a_java_that_cannot_run_a_broker_is_named(tmp_path: Path, says: str, reason: str) -> None:
    """Otherwise the broker would die with an UnsupportedClassVersionError, once a test."""
    with pytest.raises(Unavailable, match=reason):
        find_java(java_home(tmp_path, says))


def test_no_java_at_all_is_said() -> None:
    """Otherwise a skipped test would not tell what to install."""
    with pytest.raises(Unavailable, match="no java in PATH"):
        find_java({"PATH": ""})
    with pytest.raises(Unavailable, match="does not run"):
        find_java({"JAVA_HOME": "/nowhere"})


def test_a_program_of_the_jars_keeps_to_the_folder_that_it_is_given(tmp_path: Path) -> None:
    """Otherwise each killed broker would leave its native libraries in /tmp."""
    command = Installation("java", Path("/jars")).command("kafka.Kafka", "a", scratch=tmp_path)
    assert f"-Djava.io.tmpdir={tmp_path}" in command
    assert command[-3:] == ["/jars/*", "kafka.Kafka", "a"]
