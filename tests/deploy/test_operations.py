"""The page for operators: what it names is there, and what there is to set is named."""

from __future__ import annotations

import re
import shlex

import pytest

from producers.kafka.settings import VARIABLES
from schemas.topics import TOPICS
from tests.kit.deployment_files import ROOT, commands_that_read, parse_command

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^cascade (.+)$", PAGE, re.MULTILINE)


def test_every_setting_is_explained() -> None:
    """Who needs it would have to read the source."""
    assert [variable for variable in VARIABLES if f"`{variable}`" not in PAGE] == []


def test_every_variable_that_it_names_is_read() -> None:
    """A setting that does not exist is silently without effect."""
    named = set(re.findall(r"\b(?:KAFKA|CASCADE)_[A-Z_]+\b", PAGE))
    of_compose = set(re.findall(r"\$\{(\w+):-", (ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    assert {name for name in named - of_compose if name not in VARIABLES and not commands_that_read(name)} == set()


def test_every_topic_that_it_names_exists() -> None:
    """Somebody would look for a record where there is none."""
    named = set(re.findall(r"\b(?:market|cascade)\.[a-z.]+\.v\d\b", PAGE))
    assert named <= {topic.name for topic in TOPICS}
    assert len(named) >= 8


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_can_be_typed_as_it_stands(command: str) -> None:
    """The page would be out of date, and found out by whoever is in a hurry."""
    parse_command(shlex.split(command, comments=True))


def test_there_are_commands_to_try() -> None:
    """The test above would test nothing."""
    assert len(COMMANDS) >= 3
