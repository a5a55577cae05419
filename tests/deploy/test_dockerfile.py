"""The image, as far as it can be judged without building it."""

from __future__ import annotations

import re
import tomllib

import pytest

from producers.kafka.settings import VARIABLES
from tests.kit.deployment_files import (
    ROOT,
    Instruction,
    commands_that_read,
    dockerfile_stages,
    image_environment,
    parse_command,
)

PYTHON_READS = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "MPLCONFIGDIR"}
"""By the interpreter, or by a library that would warn of a home that cannot be written to."""
PIN = re.compile(r"^(?P<name>[a-z][a-z0-9./-]*):(?P<tag>[\w.-]*\d[\w.-]*)@sha256:[0-9a-f]{64}( AS \w+)?$")


def pins(lock: str) -> dict[str, str]:
    found = re.findall(r"^([\w.-]+)==(\S+)( ; [^\\]+)? \\$", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)
    return {f"{name}{marker}": version for name, version, marker in found}


def only(word: str) -> Instruction:
    found = [instruction for instruction in dockerfile_stages()[-1] if instruction.word == word]
    assert len(found) == 1
    return found[0]


def test_every_base_is_pinned_by_tag_and_digest_and_is_the_same() -> None:
    """The image of tomorrow would be another one, or an interpreter that the first stage did not build for."""
    bases = [stage[0].rest for stage in dockerfile_stages()]
    assert len(bases) == 2
    assert all(PIN.match(base) for base in bases)
    assert bases[0].removesuffix(" AS build") == bases[1]


def test_it_runs_as_a_user_without_rights_that_every_runtime_can_tell_is_not_root() -> None:
    """A cluster that refuses root cannot judge a name, only a number."""
    user, group = only("USER").rest.split(":")
    assert int(user) >= 1000
    assert int(group) >= 1000


def test_a_new_volume_of_the_spool_belongs_to_the_user() -> None:
    """The producer could not write what must not be lost."""
    user = only("USER").rest.split(":")[0]
    made = [i.rest for i in dockerfile_stages()[-1] if i.word == "RUN" and "/var/lib/cascade/spool" in i.rest]
    assert len(made) == 1
    assert f"--owner={user}" in made[0]


def test_what_it_starts_is_the_program_and_needs_no_shell() -> None:
    """Signals would reach a shell, and the spool would not be drained."""
    assert only("ENTRYPOINT").words() == ["cascade"]
    assert only("CMD").words() == ["--help"]


def test_the_health_check_is_a_command_of_the_program() -> None:
    """Every container would be unhealthy, or healthy whatever happens."""
    program, *arguments = only("HEALTHCHECK").words()
    assert program == "cascade"
    file = image_environment()["CASCADE_ALIVE_FILE"]
    assert str(parse_command([*arguments, file])["file"]) == file


def test_every_variable_is_one_that_is_read() -> None:
    """A setting with a typing error is silently the default."""
    unread = [
        name
        for name in image_environment()
        if name not in PYTHON_READS and name not in VARIABLES and not commands_that_read(name)
    ]
    assert unread == []


@pytest.mark.parametrize("command", ["produce", "detect", "notify"])
def test_who_is_asked_whether_it_lives_writes_the_file(command: str) -> None:
    """A producer that works would be called dead."""
    assert {command, "alive"} <= commands_that_read("CASCADE_ALIVE_FILE")


def test_what_is_copied_exists_and_is_let_in_by_the_ignore_file() -> None:
    """The build would fail, on somebody else's machine."""
    copied = [
        source
        for stage in dockerfile_stages()
        for instruction in stage
        if instruction.word == "COPY" and not instruction.rest.startswith("--from")
        for source in instruction.rest.split()[:-1]
    ]
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    assert "*" in lines
    for source in copied:
        assert (ROOT / source).exists()
        assert f"!{source}" in lines


def test_what_was_built_here_stays_here() -> None:
    """A kernel of this machine would hide the one that the image compiles."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    # Later lines win over earlier ones.
    assert {"**/__pycache__", "**/*.so", "detector/kernel.c"} <= set(lines[lines.index("!detector") :])


def test_the_version_is_the_packages() -> None:
    """Nobody could tell which image holds which release."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f'org.opencontainers.image.version="{version}"' in only("LABEL").rest


def test_what_it_installs_is_locked_as_it_is_tested() -> None:
    """The image would run on other versions than the tests."""
    installed, tested = pins("requirements-kafka.lock"), pins("requirements-dev.lock")
    assert installed.items() <= tested.items()
    assert {"aiokafka", "faust-streaming", "cython", "setuptools"} <= installed.keys()
    assert not {"pytest", "mypy", "ruff"} & installed.keys()


def test_the_client_of_kafka_can_read_what_is_written_with_zstandard() -> None:
    """Every program would fail at its first record: aiokafka brings the codec as an extra only."""
    assert "cramjam" in pins("requirements-kafka.lock")


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-kafka.lock", "requirements-dev.lock"])
def test_a_lock_names_no_host(lock: str) -> None:
    """Who installs would be sent to a mirror that only one network has."""
    assert "://" not in (ROOT / lock).read_text(encoding="utf-8")
